# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Asks a server for a prediction of every flight of the files, in their order, again and again.

    python3 traffic.py --server 127.0.0.1:8080 --rate 50 stream-quiet.csv.gz stream-summer.csv.gz
"""

import argparse
import csv
import gzip
import http.client
import itertools
import json
import sys
import time

TEXTS = {"carrier", "origin"}
NOT_FEATURES = {"id", "ts", "dest", "late", "prediction"}


def requests(path):
    """A body for /predict of each flight; an empty cell is missing."""
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            features = {name: (text if name in TEXTS else float(text)) if text else None
                        for name, text in row.items() if name not in NOT_FEATURES}
            yield json.dumps({"id": row["id"], "features": features})


class Client:
    """One keep-alive connection, made anew when it breaks."""

    def __init__(self, server):
        self.server, self.connection = server, None
        self.answered = self.refused = self.broken = 0

    def ask(self, body):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.server, timeout=5)
            self.connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.broken += 1
            self.connection.close()
            self.connection = None
            time.sleep(1)
            return
        if answer.status == 200:
            self.answered += 1
        else:
            self.refused += 1


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--server", default="127.0.0.1:8080")
    arguments.add_argument("--rate", type=float, default=50, help="requests a second")
    arguments.add_argument("--count", type=int, help="end after so many requests")
    arguments.add_argument("files", nargs="+")
    options = arguments.parse_args()

    client, due, told = Client(options.server), time.monotonic(), time.monotonic()
    bodies = itertools.chain.from_iterable(map(requests, itertools.cycle(options.files)))
    for body in itertools.islice(bodies, options.count):
        client.ask(body)
        due = max(due + 1 / options.rate, time.monotonic() - 1)
        time.sleep(max(0, due - time.monotonic()))
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{client.answered} answered, {client.refused} refused, "
                  f"{client.broken} connections broken", file=sys.stderr, flush=True)
    print(f"{client.answered} answered, {client.refused} refused, {client.broken} broken")
    return 0 if client.answered else 1


if __name__ == "__main__":
    sys.exit(main())
