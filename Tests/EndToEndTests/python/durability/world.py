# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Made-up models, their traffic, and the oracle: what a sidecar must have counted.

The oracle knows nothing of cells or knots. It is DESIGN.md's definition of a bin, on the training
values: cut points at the ranks ceil(j*n/20), a bin (a, b] each, then missing; a category each, then
unseen, then missing.
"""

import bisect
import csv
import math
import random
import subprocess
from collections import Counter
from dataclasses import dataclass

TRAINING_ROWS = 2_000
DISTINCT_RECORDS = 997  # a prime: no step of a sequence falls in with it
CATEGORIES = "abcde"
FEATURES = ("x", "y", "c", "prediction")


class NumericBins:
    def __init__(self, values):
        ordered = sorted(value for value in values if value is not None)
        ranks = (math.ceil(j * len(ordered) / 20) for j in range(1, 20))
        self.cuts = sorted({ordered[rank - 1] for rank in ranks})
        self.count = len(self.cuts) + 2

    def bin(self, value):
        return self.count - 1 if value is None else bisect.bisect_left(self.cuts, value)


class CategoricalBins:
    def __init__(self, values):
        self.categories = sorted({value for value in values if value is not None})
        self.count = len(self.categories) + 2

    def bin(self, value):
        if value is None:
            return self.count - 1
        return self.categories.index(value) if value in self.categories else self.count - 2


@dataclass(frozen=True)
class Row:
    """A record's values, and the part of its line that does not change from one to the next."""
    values: tuple
    tail: bytes


class Model:
    """A model with its reference file and a table of records."""

    def __init__(self, name, kedge, directory, seed):
        self.name = name
        self.draw = random.Random(f"{seed} {name}")
        training = [self._values(drift=0.0) for _ in range(TRAINING_ROWS)]
        self.reference = directory / f"{name}.json"
        self._build(kedge, directory / f"{name}.csv", training)
        columns = zip(*training)
        kinds = (NumericBins, NumericBins, CategoricalBins, NumericBins)
        self.bins = [kind(column) for kind, column in zip(kinds, columns)]
        self.rows = [self._row() for _ in range(DISTINCT_RECORDS)]
        self._row_bins = [[bins.bin(value) for bins, value in zip(self.bins, row.values)]
                          for row in self.rows]

    def line(self, row, *, seq=None, ts=None):
        """A record, with its newline."""
        head = b'{"model":"%s","version":"1"' % self.name.encode()
        if seq is not None:
            head += b',"seq":%d' % seq
        if ts is not None:
            head += b',"ts":%.3f' % ts
        return head + self.rows[row % DISTINCT_RECORDS].tail

    def count(self, times_by_row):
        """Bin counts by feature, of so many records of each row of the table."""
        counts = {name: [0] * bins.count for name, bins in zip(FEATURES, self.bins)}
        for row, times in times_by_row.items():
            for name, bin in zip(FEATURES, self._row_bins[row]):
                counts[name][bin] += times
        return counts

    def _values(self, drift):
        draw = self.draw
        return (
            None if draw.random() < 0.03 else draw.randrange(1_000) / 10 + drift,
            round(draw.gauss(drift, 1), 4),
            "zz" if draw.random() < drift else draw.choice(CATEGORIES),
            round(draw.random(), 3),
        )

    def _row(self):
        x, y, c, prediction = values = self._values(drift=0.25)
        number = "null" if x is None else repr(x)
        return Row(values, b',"features":{"x":%s,"y":%s,"c":"%s"},"prediction":%s}\n' % tuple(
            str(part).encode() for part in (number, y, c, prediction)))

    def _build(self, kedge, path, training):
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(FEATURES)
            writer.writerows(["" if value is None else value for value in row] for row in training)
        subprocess.run(
            [kedge, "reference", "build", "--input", path, "--model", self.name, "--version", "1",
             "--prediction", "prediction", "--output", self.reference],
            check=True, capture_output=True)


@dataclass
class Source:
    """The records of one session: which row of the table each sequence number is.

    With `gap` every so-manieth number is never sent. With `start` records have times, `step` seconds
    apart, and up to `jitter` seconds earlier than that.
    """
    model: Model
    session: str
    offset: int = 0
    gap: int = 0
    start: float | None = None
    step: float = 0.0
    jitter: int = 0

    def is_sent(self, seq):
        return not self.gap or seq % self.gap != 0

    def time(self, seq):
        """When a record is said to have been, in Unix seconds; None without times."""
        if self.start is None:
            return None
        early = seq * 7_919 % (1_000 * self.jitter) / 1_000 if self.jitter else 0
        return self.start + seq * self.step - early

    def line(self, seq):
        return self.model.line(self.offset + seq, seq=seq, ts=self.time(seq))

    def rows_through(self, last):
        """How many records of each row of the table are sent up to a number."""
        period = DISTINCT_RECORDS * max(self.gap, 1)
        times = Counter()
        for seq in range(1, min(last, period) + 1):
            if self.is_sent(seq):
                times[(self.offset + seq) % DISTINCT_RECORDS] += (last - seq) // period + 1
        return times


def expected(decided):
    """Bin counts by model and feature, given [(source, the last number decided)]."""
    times = {}
    for source, last in decided:
        times.setdefault(source.model, Counter()).update(source.rows_through(last))
    return {model.name: model.count(rows) for model, rows in times.items()}
