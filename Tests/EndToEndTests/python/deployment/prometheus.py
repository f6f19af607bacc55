# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus with our rules, which scrapes every second."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml
from manifests import DEPLOY
from programs import fetch, free_address, wait

JOB = "kedge"


def executable(name):
    path = shutil.which(name)
    assert path, f"{name} is not installed"
    return path


class Prometheus:
    """`with Prometheus(targets, directory) as prometheus`: asks it, and waits for what it has.

    A target is its address, the path of its metrics and what it is called.
    """

    def __init__(self, targets, directory):
        self.address = free_address()
        static = [{"targets": [address], "labels": {"instance": name, "__metrics_path__": path}}
                  for address, path, name in targets]
        configuration = directory / "prometheus.yml"
        configuration.write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(DEPLOY / "prometheus/rules/*.yaml")],
            "scrape_configs": [{"job_name": JOB, "static_configs": static}]}))
        self.command = [executable("prometheus"), f"--config.file={configuration}",
                        f"--storage.tsdb.path={directory / 'tsdb'}",
                        f"--web.listen-address={self.address}"]
        self.log = directory / "log"

    def __enter__(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self.command, stderr=log, stdout=log)
        try:
            wait(lambda: fetch(self.address, "/-/ready"))
        except AssertionError:
            self.__exit__()
            raise AssertionError(self.log.read_text()[-2000:]) from None
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}?{query}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None

    def query(self, expression):
        """An instant query: the series, each with labels and value."""
        return [(item["metric"], float(item["value"][1]))
                for item in self.get("/api/v1/query", query=expression)["result"]]

    def value(self, expression):
        (_, value), = self.query(expression)
        return value

    def settle(self, timeout=180):
        """Waits for three scrapes of everything and the rules after them."""
        deadline, last = time.monotonic() + timeout, None
        while time.monotonic() < deadline:
            try:
                last = self.query(f'min(count_over_time(up{{job="{JOB}"}}[5m])) >= 3 '
                                  "and on () count(kedge:fleet_ks_error_bound) "
                                  "and on () count(kedge:prediction_latency_seconds:p99_rate5m)")
                if last:
                    return
            except (OSError, AssertionError) as error:
                last = error
            time.sleep(0.2)
        raise AssertionError(f"Prometheus did not settle: {last}\n{self.log.read_text()[-2000:]}")
