# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""500 flights and what ONNX Runtime answers for each, for both versions of the model."""

import json
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).resolve().parents[2] / "Fixtures"
TOLERANCE = 1e-6


class Version:
    """One version of the model `delay`: its features in order, its rows and the answers."""

    def __init__(self, number, names, rows, probabilities):
        self.number, self.names, self.rows, self.probabilities = number, names, rows, probabilities
        self.labels = [int(probability > 0.5) for probability in probabilities]

    def named(self, index):
        """A row as an object."""
        return dict(zip(self.names, self.rows[index]))

    def column(self, name, indices=None):
        """The values of a feature, of all rows or of some."""
        place = self.names.index(name)
        rows = self.rows if indices is None else [self.rows[index] for index in indices]
        return [row[place] for row in rows]

    def is_text(self, name):
        return isinstance(self.column(name)[0], str)

    def tensor(self, name):
        """All values of a feature as [500, 1]: Float32 with NaN for missing, or texts."""
        values = self.column(name)
        if self.is_text(name):
            return np.array(values, dtype=np.object_).reshape(-1, 1)
        numbers = [np.nan if value is None else value for value in values]
        return np.array(numbers, dtype=np.float32).reshape(-1, 1)

    def matrix(self):
        """All numeric features as [500, n]."""
        return np.hstack([self.tensor(name) for name in self.names if not self.is_text(name)])

    @property
    def complete(self):
        """The indices of the rows in which nothing is missing."""
        return [index for index, row in enumerate(self.rows) if None not in row]


def load():
    """Both versions, by their number."""
    file = json.loads((FIXTURES / "flights" / "expected-predictions.json").read_text())
    numeric, rows = file["numeric"], file["rows"]
    texts = zip(rows, file["carrier"], file["origin"])
    return {
        "1": Version("1", numeric, rows, file["v1_probability"]),
        "2": Version("2", numeric + ["carrier", "origin"],
                     [[*row, carrier, origin] for row, carrier, origin in texts],
                     file["v2_probability"]),
    }


def farthest(found, expected):
    """The largest distance between two lists of numbers of the same length."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max())
