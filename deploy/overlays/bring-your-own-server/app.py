# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Somebody else's model server, of the standard library alone: two features, one formula.

What is marked is all that Kedge needs.
"""

import json
import math
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kedge import PredictionLog  # 1

log = PredictionLog(os.environ.get("KEDGE_SOCKET", "/run/kedge/kedge.sock"),
                    model="baseline", version="1", producer=os.environ.get("PRODUCER"))  # 2


def probability(features):
    """How likely a flight arrives late, from its delay at push-back and the visibility."""
    delay, miles = features.get("dep_delay") or 0.0, features.get("visib")
    fog = 10.0 - (10.0 if miles is None else miles)
    return 1 / (1 + math.exp(2.2 - 0.11 * min(max(delay, -30.0), 120.0) - 0.12 * fog))


@log.predictions()  # 3
def predict(features):
    return probability(features)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        known = self.path in ("/health", "/ready")
        self.answer(200 if known else 404, {"status": "ok" if known else "not found"})

    def do_POST(self):
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            value = predict(json.loads(body)["features"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return self.answer(422, {"error": str(error)})
        return self.answer(200, {"probability": value})

    def log_message(self, *_):
        pass


def main():
    host, _, port = os.environ.get("LISTEN", "0.0.0.0:8080").rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    with log:  # 4: what is queued is sent before the process ends
        server.serve_forever()


if __name__ == "__main__":
    main()
