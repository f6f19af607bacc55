# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Builds the references of the examples: the training rows with the predictions of the model that
is served, at a resolution that fits a ConfigMap.

    python3 deploy/base/flights/make_references.py --kedge .build/release/kedge [--output DIRECTORY]

The same binary and rows give the same files, byte for byte.
"""

import argparse
import contextlib
import csv
import gzip
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

DEPLOY = pathlib.Path(__file__).resolve().parents[2]
ROWS = DEPLOY.parent / "Tests/Fixtures/flights/reference.csv.gz"
BYO = DEPLOY / "overlays/bring-your-own-server"
NUMERIC = ["dep_delay", "sched_dep_hour", "distance", "temp", "humid", "wind_speed", "precip",
           "visib", "pressure", "plane_age"]
TEXTS = ["carrier", "origin"]
RESOLUTION = 200


def training_rows():
    with gzip.open(ROWS, "rt", newline="") as file:
        for row in csv.DictReader(file):
            numbers = {name: float(row[name]) if row[name] else None for name in NUMERIC}
            yield numbers | {name: row[name] or None for name in TEXTS}


@contextlib.contextmanager
def serving(kedge, directory):
    """A server with the model of the base."""
    version = pathlib.Path(directory) / "models/delay/2"
    version.mkdir(parents=True)
    for name in ("model.onnx", "model.yaml", "golden.json"):
        shutil.copy(DEPLOY / "base/flights" / name, version)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [kedge, "serve", "--models", str(version.parents[1]), "--listen", address]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(urllib.error.URLError):
                urllib.request.urlopen(f"http://{address}/ready").close()
                break
            if server.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        server.wait()


def predictions(address, rows):
    """The probability of "late", as it is logged."""
    for start in range(0, len(rows), 1_000):
        body = json.dumps({"instances": rows[start:start + 1_000]}).encode()
        request = urllib.request.Request(f"http://{address}/predict/batch", body,
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            yield from (pair[1] for pair in json.load(answer)["probabilities"])


def build(kedge, rows, model, version, output):
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    subprocess.run(
        [kedge, "reference", "build", "--input", "-", "--model", model, "--version", version,
         "--prediction", "prediction", "--resolution", str(RESOLUTION), "--output", str(output)],
        input=lines.encode(), stdout=subprocess.DEVNULL, check=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kedge", default=".build/release/kedge")
    arguments.add_argument("--output", type=pathlib.Path, help="instead of where the examples are")
    options = arguments.parse_args()
    kedge = os.path.abspath(options.kedge)
    served, own = [options.output or place for place in (DEPLOY / "base/flights", BYO)]

    rows = list(training_rows())
    with tempfile.TemporaryDirectory() as directory, serving(kedge, directory) as address:
        probabilities = list(predictions(address, rows))
    build(kedge, [row | {"prediction": p} for row, p in zip(rows, probabilities)],
          "delay", "2", served / "delay-2.json")

    sys.path[:0] = [str(BYO), str(DEPLOY / "clients/python")]
    import app
    build(kedge, [{"dep_delay": row["dep_delay"], "visib": row["visib"],
                   "prediction": app.probability(row)} for row in rows],
          "baseline", "1", own / "baseline-1.json")


if __name__ == "__main__":
    main()
