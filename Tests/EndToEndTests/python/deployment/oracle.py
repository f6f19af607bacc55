# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The statistics of a feature from all of its values, written down from their definitions."""

import math

FLOOR = 1e-4


def distributions(feature):
    """The shares of the bins in the reference and in the window, missing values included."""
    return [[count / len(values) for count in feature.counts(values).values()]
            for values in (feature.reference, feature.window)]


def js_divergence(feature):
    def divergence(left, right):
        return sum(a * math.log2(a / b) for a, b in zip(left, right) if a > 0)

    p, q = distributions(feature)
    mean = [(a + b) / 2 for a, b in zip(p, q)]
    return (divergence(p, mean) + divergence(q, mean)) / 2


def psi(feature):
    p, q = ([max(share, FLOOR) for share in shares] for shares in distributions(feature))
    return sum((b - a) * math.log(b / a) for a, b in zip(p, q))


def present(values):
    return sorted(value for value in values if value is not None)


def ks_statistic(feature):
    """Over all values, not over bins: the supremum is at one of them."""
    reference, window = present(feature.reference), present(feature.window)
    largest, i, j = 0.0, 0, 0
    for value in sorted({*reference, *window}):
        while i < len(reference) and reference[i] <= value:
            i += 1
        while j < len(window) and window[j] <= value:
            j += 1
        largest = max(largest, abs(i / len(reference) - j / len(window)))
    return largest


def ks_at_cuts(feature):
    reference, window = present(feature.reference), present(feature.window)

    def share(values, cut):
        return sum(value <= cut for value in values) / len(values)

    return max(abs(share(reference, cut) - share(window, cut)) for cut in feature.cuts)


def largest_bin(feature):
    reference = present(feature.reference)
    return max(count for name, count in feature.counts(reference).items()) / len(reference)
