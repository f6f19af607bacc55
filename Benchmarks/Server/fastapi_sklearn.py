# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The template that most people start from: FastAPI over a scikit-learn model, synchronous.

    MODEL=boosting.joblib uvicorn fastapi_sklearn:app --loop uvloop --http httptools --no-access-log
"""

import os

import joblib
import numpy
from fastapi import FastAPI
from pydantic import BaseModel

model = joblib.load(os.environ["MODEL"])
app = FastAPI()


class Request(BaseModel):
    features: list[float]


@app.post("/predict")
def predict(request: Request):
    row = numpy.array([request.features])
    label = model.predict(row)[0]
    probabilities = model.predict_proba(row)[0]
    return {"prediction": int(label), "probability": float(probabilities[label])}


@app.get("/ready")
def ready():
    return {"ready": True}
