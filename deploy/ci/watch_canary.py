# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Watches a model version on Prometheus while it is a canary.

    python3 watch_canary.py --prometheus https://prometheus.example --model delay --version 3 \\
        --minutes 30

Exits with 0 when it served for that long without an alert, with 1 when an alert fires, with 2 when
it serves nothing or Prometheus does not answer: what cannot be seen is not good.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Prometheus:
    def __init__(self, address):
        self.address = address.rstrip("/")

    def query(self, expression):
        query = urllib.parse.urlencode({"query": expression})
        request = urllib.request.Request(f"{self.address}/api/v1/query?{query}")
        if token := os.environ.get("PROMETHEUS_TOKEN"):
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=15) as answer:
            return json.load(answer)["data"]["result"]


def selector(model, version):
    return f"model={json.dumps(model)},model_version={json.dumps(version)}"


def look(prometheus, model, version):
    """What fires, and how many requests a second are served."""
    chosen = selector(model, version)
    firing = prometheus.query(f'ALERTS{{alertname=~"Kedge.+",alertstate="firing",{chosen}}}')
    rate = prometheus.query(f"sum(rate(prediction_requests_total{{{chosen}}}[5m]))")
    return firing, float(rate[0]["value"][1]) if rate else 0.0


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--prometheus", required=True)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--version", required=True)
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--start", type=float, default=5, help="minutes until it must serve")
    arguments.add_argument("--every", type=float, default=15, help="seconds between two looks")
    options = arguments.parse_args()

    prometheus, start = Prometheus(options.prometheus), time.monotonic()
    served, failures = False, 0
    while (passed := (time.monotonic() - start) / 60) < options.minutes or not served:
        try:
            firing, rate = look(prometheus, options.model, options.version)
            failures = 0
        except (urllib.error.URLError, OSError, KeyError, ValueError) as error:
            failures += 1
            print(f"Prometheus does not answer: {error}", file=sys.stderr)
            if failures == 5:
                return 2
            time.sleep(options.every)
            continue
        if firing:
            for series in firing:
                print(f"firing: {series['metric']}", file=sys.stderr)
            return 1
        served = rate > 0
        if not served and passed > options.start:
            print("the version serves no requests", file=sys.stderr)
            return 2
        time.sleep(options.every)
    print(f"{options.model}:{options.version} served for {options.minutes:g} minutes without an alert")
    return 0


if __name__ == "__main__":
    sys.exit(main())
