# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Three real sidecars, the flights of a summer dealt out unevenly, and what Prometheus makes of it."""

import csv
import gzip
import json
import random
import socket
import subprocess

import oracle
from manifests import DEPLOY, ROOT
from prometheus import JOB, Prometheus
from programs import fetch, free_address, wait
from test_fleet import close
from world import SHARES, Feature

FLIGHTS = ROOT / "Tests/Fixtures/flights"
TEXTS = {"carrier", "origin", "dest"}
IGNORED = {"id", "ts", "late"}
ROWS = 20_000


def flights(file, limit=None):
    with gzip.open(FLIGHTS / file, "rt", newline="") as lines:
        for place, row in enumerate(csv.DictReader(lines)):
            if place == limit:
                return
            yield {name: None if text == "" else text if name in TEXTS else float(text)
                   for name, text in row.items() if name not in IGNORED}


class Sidecars:
    """Three of them with one reference, each with its share of the records."""

    def __init__(self, start, kedge, directory, seed):
        reference = directory / "delay-1.json"
        subprocess.run([kedge, "reference", "build", "--input", FLIGHTS / "reference.csv.gz",
                        "--model", "delay", "--version", "1", "--prediction", "prediction",
                        "--ignore", ",".join(IGNORED), "--output", reference], check=True,
                       capture_output=True)
        before, after = list(flights("reference.csv.gz")), list(flights("stream-summer.csv.gz", ROWS))
        owners = random.Random(seed).choices(range(len(SHARES)), SHARES, k=len(after))
        self.features = [Feature(name, [row[name] for row in before], [row[name] for row in after],
                                 owners) for name in before[0]]
        self.targets = []
        for number in range(len(SHARES)):
            address, path = free_address(), directory / f"{number}.sock"
            start(kedge, "sidecar", "--config", DEPLOY / "base/settings/sidecar.yaml",
                  "--listen", address, "--state", directory / f"state-{number}", "--socket", path,
                  "--reference", reference, "--evaluate-every", "500ms")
            wait(lambda address=address: fetch(address, "/ready"))
            self.targets.append((address, "/metrics", f"sidecar-{number}"))
            self.send(path, [row for row, owner in zip(after, owners) if owner == number])

    def send(self, path, records):
        with socket.socket(socket.AF_UNIX) as log:
            log.connect(str(path))
            log.sendall(b"".join(json.dumps({
                "model": "delay", "version": "1", "prediction": row["prediction"],
                "features": {name: value for name, value in row.items() if name != "prediction"},
            }).encode() + b"\n" for row in records))


def test_the_fleet_is_measured_as_one(start, kedge, tmp_path, seed):
    sidecars = Sidecars(start, kedge, tmp_path, seed)
    with Prometheus(sidecars.targets, tmp_path) as prometheus:
        # Since more than one evaluation: the rules behind the first have seen the same rows.
        rows = 'kedge:fleet_window_rows{window="1h"}[5s]'
        settled = f"min_over_time({rows}) and count_over_time({rows}) >= 3"
        wait(lambda: {value for _, value in prometheus.query(settled)} == {ROWS}, timeout=120)
        for feature in sidecars.features:
            chosen = f'{{job="{JOB}",window="1h",feature="{feature.name}"}}'
            for metric, expected in (("js_divergence", oracle.js_divergence(feature)),
                                     ("psi", oracle.psi(feature))):
                found = prometheus.value(f"kedge:fleet_{metric}{chosen}")
                assert close(found, expected), (feature.name, metric, found, expected)
            if not feature.is_numeric:
                continue
            statistic = prometheus.value(f"kedge:fleet_ks_statistic{chosen}")
            bound = prometheus.value(f'kedge:fleet_ks_error_bound{{feature="{feature.name}"}}')
            assert close(statistic, oracle.ks_at_cuts(feature)), feature.name
            assert close(bound, oracle.largest_bin(feature)), feature.name
            assert statistic - 1e-9 <= oracle.ks_statistic(feature) <= statistic + bound + 1e-9
