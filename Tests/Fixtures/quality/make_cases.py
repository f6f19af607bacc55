"""Makes cases.json: scores with ties and the figures that scikit-learn gives them.

    python make_cases.py > cases.json
"""

import json
import sys

import numpy
import sklearn
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, mean_squared_error
from sklearn.metrics import roc_auc_score

random = numpy.random.default_rng(10)


def classifier(rows, classes, decimals, sharpness):
    """Probabilities rounded to a few decimals, so that scores tie."""
    actual = random.integers(0, classes, rows)
    actual[:classes] = numpy.arange(classes)
    raw = random.random((rows, classes)) + sharpness * numpy.eye(classes)[actual]
    p = raw / raw.sum(axis=1, keepdims=True)
    p[:, :-1] = p[:, :-1].round(decimals)
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    p = p.clip(0, 1)
    labels = p.argmax(axis=1)
    one_hot = numpy.eye(classes)[actual]
    area = (
        roc_auc_score(actual, p[:, 1])
        if classes == 2
        else numpy.mean([roc_auc_score(one_hot[:, c], p[:, c]) for c in range(classes)])
    )
    eps = numpy.finfo(float).eps
    right = p[numpy.arange(rows), actual].clip(eps, 1 - eps)
    loss = -numpy.log(right).mean()
    # scikit-learn also divides by the sums of the rows, which are 1 to the last bit or two.
    assert abs(loss - log_loss(actual, p / p.sum(axis=1, keepdims=True), labels=range(classes))) < 1e-9
    return {
        "classes": classes,
        "probabilities": p.ravel().tolist(),
        "labels": labels.tolist(),
        "actual": actual.tolist(),
        "accuracy": accuracy_score(actual, labels),
        "auc": float(area),
        "log_loss": float(loss),
    }


def regressor(rows):
    actual, predicted = random.normal(5, 3, rows), random.normal(5, 3, rows)
    return {
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "mae": mean_absolute_error(actual, predicted),
        "rmse": float(mean_squared_error(actual, predicted) ** 0.5),
    }


json.dump(
    {
        "made_with": {"scikit-learn": sklearn.__version__},
        "classifiers": [
            classifier(rows, classes, decimals, sharpness)
            for rows, classes, decimals, sharpness in [
                (2, 2, 2, 0.0), (30, 2, 1, 0.3), (60, 2, 2, 0.0), (60, 2, 6, 1.0),
                (40, 2, 0, 0.2), (40, 3, 1, 0.3), (50, 4, 2, 0.5), (25, 5, 1, 0.0),
            ]
        ],
        "regressors": [regressor(rows) for rows in (1, 2, 40)],
    },
    sys.stdout,
    separators=(",", ":"),
)
