# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A model behind FastAPI whose predictions are watched; what is marked is all that Kedge needs.

    uvicorn fastapi_app:app --workers 4
"""

from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Dict

from fastapi import FastAPI

from kedge import PredictionLog  # 1

log = PredictionLog(model="delay", version="1")  # 2


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    with log:  # 3: uvicorn ends by the signal that it was sent, without `atexit`
        yield


app = FastAPI(lifespan=lifespan)  # 4


@app.post("/predict")
@log.predictions(prediction=lambda answer: answer["probability"])  # 5
def predict(features: Dict[str, Any]) -> Dict[str, float]:
    return {"probability": min(1.0, max(0.0, float(features.get("temp") or 0) / 100))}
