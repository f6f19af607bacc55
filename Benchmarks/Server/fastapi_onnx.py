# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The faster peer: FastAPI over ONNX Runtime, asynchronous, one worker, one thread.

    MODEL=model.onnx uvicorn fastapi_onnx:app --loop uvloop --http httptools --no-access-log
"""

import os

import numpy
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options)
app = FastAPI()


class Request(BaseModel):
    features: list[float]


@app.post("/predict")
async def predict(request: Request):
    row = numpy.array([request.features], dtype=numpy.float32)
    label, probabilities = session.run(None, {"features": row})
    return {"prediction": int(label[0]), "probability": float(probabilities[0, label[0]])}


@app.get("/ready")
async def ready():
    return {"ready": True}
