# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Trains the model that every server of the benchmark serves, and makes its traffic.

    python make_models.py OUT_DIR

100 boosted trees of depth 6 over 30 features, by scikit-learn, and the same trees as ONNX. Boosting
is the kindest of scikit-learn's ensembles to a single row (a forest or the histogram boosting takes
more than ten times as long). OUT_DIR gets

    models/boosting/1/model.onnx   what kedge serves and ONNX Runtime loads
    boosting.joblib                what scikit-learn loads
    training.csv                   f0 … f29 and the prediction, for `kedge reference build`
    bodies.ndjson                  2,000 different bodies for /predict, one a line
    batch.json                     1,000 rows for /predict/batch
    tensor.bin                     the same rows as little-endian Float32
"""

import json
import sys
from pathlib import Path

import joblib
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier

SEED = 20261126
FEATURES = 30
TRAINING_ROWS = 10_000
BODIES = 2_000
BATCH_ROWS = 1_000


def table(generator, rows):
    """Rows of 30 features, rounded as clients' values are, and the class of each."""
    values = generator.normal(size=(rows, FEATURES)).round(6)
    score = 1.2 * values[:, 0] - values[:, 1] * values[:, 2] + np.sin(2 * values[:, 3])
    return values, (score + 0.8 * generator.normal(size=rows) > 0).astype(int)


def main(out):
    generator = np.random.default_rng(SEED)
    values, classes = table(generator, TRAINING_ROWS)
    model = GradientBoostingClassifier(
        n_estimators=100, max_depth=6, subsample=0.5, max_features=0.3, random_state=SEED
    ).fit(values, classes)
    version = out / "models" / "boosting" / "1"
    version.mkdir(parents=True, exist_ok=True)
    graph = to_onnx(
        model,
        initial_types=[("features", FloatTensorType([None, FEATURES]))],
        options={"zipmap": False},
        target_opset={"": 15, "ai.onnx.ml": 3},
    )
    (version / "model.onnx").write_bytes(graph.SerializeToString())
    joblib.dump(model, out / "boosting.joblib")

    probability = model.predict_proba(values)[:, 1]
    names = [f"f{index}" for index in range(FEATURES)]
    with open(out / "training.csv", "w") as file:
        file.write(",".join(names + ["prediction"]) + "\n")
        for row, predicted in zip(values, probability):
            file.write(",".join(repr(float(value)) for value in [*row, predicted]) + "\n")

    rows, _ = table(generator, BODIES)
    with open(out / "bodies.ndjson", "w") as file:
        for row in rows:
            file.write(json.dumps({"features": row.tolist()}, separators=(",", ":")) + "\n")
    batch = rows[:BATCH_ROWS]
    (out / "batch.json").write_text(
        json.dumps({"instances": batch.tolist()}, separators=(",", ":"))
    )
    batch.astype("<f4").tofile(out / "tensor.bin")

    session = onnxruntime.InferenceSession(version / "model.onnx")
    answered = session.run(None, {"features": rows.astype(np.float32)})[1][:, 1]
    # Both serve one model: a row whose value rounds to the other side of a threshold may differ.
    apart = np.abs(answered - model.predict_proba(rows)[:, 1]) > 1e-5
    if apart.mean() > 0.001:
        sys.exit(f"{apart.sum()} of {BODIES} rows differ between scikit-learn and ONNX Runtime")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
