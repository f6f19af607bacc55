# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What Prometheus computes of the fleet is what one sidecar would of all the traffic."""

import math

import oracle
import pytest
from prometheus import JOB
from world import RECORDED, WINDOW, Fleet

NAMES = ["temp", "visib", "empty_bins", "constant", "carrier", "prediction"]


def close(found, expected):
    return abs(found - expected) <= 1e-9 * max(1, abs(expected))


def series(metric, feature, window=True):
    labels = {"job": JOB, **RECORDED, "feature": feature.name}
    if window:
        labels["window"] = WINDOW
    return f"{metric}{{{','.join(f'{key}={chr(34)}{value}{chr(34)}' for key, value in labels.items())}}}"


@pytest.fixture(params=NAMES)
def feature(request, fleet):
    return next(feature for feature in fleet.features if feature.name == request.param)


def test_js_and_psi_are_exact(prometheus, feature):
    for metric, expected in (("kedge:fleet_js_divergence", oracle.js_divergence(feature)),
                             ("kedge:fleet_psi", oracle.psi(feature))):
        found = prometheus.value(series(metric, feature))
        assert close(found, expected), (metric, found, expected)


def test_ks_is_within_the_largest_bin(prometheus, feature):
    found = prometheus.query(series("kedge:fleet_ks_statistic", feature))
    if not feature.is_numeric:
        assert found == []
        return
    (_, statistic), = found
    bound = prometheus.value(series("kedge:fleet_ks_error_bound", feature, window=False))
    assert close(statistic, oracle.ks_at_cuts(feature))
    assert close(bound, oracle.largest_bin(feature))
    assert statistic - 1e-9 <= oracle.ks_statistic(feature) <= statistic + bound + 1e-9


def test_rows_are_those_of_all_replicas(prometheus, feature):
    assert prometheus.value(series("kedge:fleet_window_rows", feature)) == len(feature.window)


def test_an_empty_window_has_no_statistics(prometheus):
    assert len(prometheus.query('kedge:fleet_window_rows{window="1d"} == 0')) == len(NAMES)
    for metric in ("js_divergence", "psi", "ks_statistic"):
        assert prometheus.query(f'kedge:fleet_{metric}{{window="1d"}}') == []


def test_nothing_recorded_is_not_a_number(prometheus):
    recorded = prometheus.query('{__name__=~"kedge:fleet_.+"}')
    assert len({labels["__name__"] for labels, _ in recorded}) == 12
    assert [labels for labels, value in recorded if not math.isfinite(value)] == []


def test_the_world_has_what_is_hard(seed):
    """Empty bins on either side, unseen categories, ties and replicas of unequal size."""
    world = {feature.name: feature for feature in Fleet(seed).features}
    p, q = oracle.distributions(world["empty_bins"])
    assert 0 in q and min(p[:-1]) > 0
    assert world["carrier"].counts(world["carrier"].window)["unseen"] > 0
    assert len(world["visib"].cuts) < 5 and len(world["constant"].cuts) == 1
    sizes = [len(world["temp"].of(replica)) for replica in range(3)]
    assert sizes[0] > 4 * sizes[2] > 0
