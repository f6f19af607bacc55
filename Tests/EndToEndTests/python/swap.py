# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Promotes the two versions of `delay` in turn, and reloads the model `spare` every tenth time.

    python swap.py --server HOST:PORT --token TOKEN --times N
"""

import argparse
import sys

import requests

parser = argparse.ArgumentParser()
parser.add_argument("--server", required=True)
parser.add_argument("--token", required=True)
parser.add_argument("--times", type=int, required=True)
options = parser.parse_args()

with requests.Session() as session:
    session.headers["Authorization"] = f"Bearer {options.token}"

    def post(path, body=None):
        answer = session.post(f"http://{options.server}{path}", json=body or {})
        if answer.status_code != 200:
            sys.exit(f"{path} {body}: {answer.status_code} {answer.text}")

    for index in range(options.times):
        post("/api/v1/models/delay/promote", {"version": str(index % 2 + 1)})
        if index % 10 == 0:
            post("/v2/repository/models/spare/unload")
            post("/v2/repository/models/spare/load")
