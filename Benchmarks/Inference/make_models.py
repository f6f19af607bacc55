"""Trains the models of InferenceBenchmark and writes them, with rows to score, into a folder.

    python make_models.py OUT_DIR          (requirements: ../requirements.txt)

NAME.onnx takes rows of floats; NAME.rows holds 4,096 of them, little-endian, one after the other.
Everything is seeded: the same packages make the same files.
"""

import csv
import gzip
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from xgboost import XGBClassifier

warnings.filterwarnings("ignore")
FEATURES, ROWS, SEED = 30, 4_096, 7
FIXTURES = Path(__file__).parents[2] / "Tests/Fixtures"


def table(g, rows):
    x = g.normal(size=(rows, FEATURES)).astype(np.float32)
    weights = np.random.default_rng(SEED + 1).normal(size=FEATURES)
    score = x @ weights + 2 * x[:, 0] * x[:, 1] + 2 * np.sin(3 * x[:, 2])
    return x, (score + g.normal(size=rows) > 0).astype(int)


def flights_rows():
    with gzip.open(FIXTURES / "flights/reference.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))[:ROWS]
    names = list(rows[0])[2:12]
    return np.array([[float(r[n] or "nan") for n in names] for r in rows], dtype=np.float32)


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    g = np.random.default_rng(SEED)
    x, y = table(g, 20_000)
    queries, _ = table(g, ROWS)

    def save(name, model, rows):
        (out / f"{name}.onnx").write_bytes(model.SerializeToString())
        rows.astype("<f4").tofile(out / f"{name}.rows")

    boosted = XGBClassifier(n_estimators=100, max_depth=6, random_state=SEED, n_jobs=1).fit(x, y)
    save("xgboost", convert_xgboost(
        boosted, initial_types=[("x", FloatTensorType([None, FEATURES]))]), queries)
    options = {"zipmap": False}
    forest = RandomForestClassifier(100, max_depth=12, random_state=SEED).fit(x, y)
    save("forest", to_onnx(forest, x[:1], options=options), queries)
    save("logistic", to_onnx(LogisticRegression().fit(x, y), x[:1], options=options), queries)
    shutil.copy(FIXTURES / "models/delay/1/model.onnx", out / "flights.onnx")
    flights_rows().astype("<f4").tofile(out / "flights.rows")


main(Path(sys.argv[1]))
