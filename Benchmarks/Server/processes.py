# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Processes under measurement, each pinned to a core and seen from outside through /proc."""

import http.client
import os
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = 0, 1


def free_port():
    """A TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    """The status and the body of a GET on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Pinned:
    """A process on one core; its output goes to a file, shown when it does not start."""

    def __init__(self, command, *, core, log, port=None, ready=None, environment=None):
        self.port, self.log = port, log
        self.started = time.monotonic()
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(core), *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(environment or {})},
            )
        if ready:
            self.wait(ready)
        self.ready_ms = (time.monotonic() - self.started) * 1e3

    def wait(self, path, limit=120):
        """Asks until the path answers 200: every half millisecond, since the start is measured."""
        while time.monotonic() < self.started + limit:
            if self.process.poll() is not None:
                break
            try:
                if get(self.port, path)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.0005)
        raise SystemExit(f"{self.process.args} did not get ready:\n{open(self.log).read()[-4000:]}")

    @property
    def cpu_seconds(self):
        """User and system time of all threads so far."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def resident_mebibytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return float("nan")

    def metrics(self):
        """The series of /metrics by their text."""
        series = {}
        for line in get(self.port, "/metrics")[1].decode().splitlines():
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                series[name] = float(value)
        return series

    def metric(self, name):
        """The sum over all series of a name."""
        return sum(value for series, value in self.metrics().items()
                   if series == name or series.startswith(name + "{"))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
