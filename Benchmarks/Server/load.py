# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The two load generators: wrk for a closed loop at full speed, `paced` for an open one."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from processes import LOAD_CORE

HERE = Path(__file__).parent


@dataclass
class Sample:
    """What one round saw."""

    rate: float
    p50_us: float
    p99_us: float
    cpu_us: float
    """CPU time of the server for one request, which a busy neighbour hardly moves."""


@dataclass
class Load:
    bodies: Path
    connections: int
    seconds: float
    paced_binary: Path

    def saturate(self, server):
        """wrk with one request under way on every connection."""
        return self._run(server, [
            "wrk", "-t1", f"-c{self.connections}", f"-d{self.seconds:g}s",
            "-s", HERE / "predict.lua", f"http://127.0.0.1:{server.port}", "--",
            "/predict", self.bodies,
        ])

    def pace(self, server, rate):
        """Requests due at a fixed rate; latency from the moment each was due."""
        return self._run(server, [
            self.paced_binary, server.port, "/predict", f"{rate:.0f}", f"{self.seconds:g}",
            self.connections, self.bodies,
        ])

    def _run(self, server, command):
        before = server.cpu_seconds
        output = subprocess.run(
            ["taskset", "-c", str(LOAD_CORE), *map(str, command)],
            check=True, capture_output=True, text=True,
        ).stdout
        spent = server.cpu_seconds - before
        figures = json.loads(output.splitlines()[-1])
        if figures["refused"] or figures.get("broken"):
            raise SystemExit(f"{server.process.args} failed requests: {output}")
        if not figures["answered"]:
            raise SystemExit(f"{server.process.args} answered nothing: {output}")
        rate = figures.get("rate") or figures["answered"] / figures["seconds"]
        return Sample(rate, figures["p50_us"], figures["p99_us"],
                      spent * 1e6 / figures["answered"])


def interleave(rounds, runs):
    """Runs every entry once a round, each round beginning with another: drift of the machine
    meets all of them alike. Returns the samples by name."""
    samples = {name: [] for name in runs}
    order = list(runs)
    for index in range(rounds):
        shift = index % len(order)
        for name in order[shift:] + order[:shift]:
            samples[name].append(runs[name]())
    return samples


def medians(samples):
    """The sample whose every figure is the median of its column."""
    return Sample(*(median(getattr(sample, field) for sample in samples)
                    for field in ("rate", "p50_us", "p99_us", "cpu_us")))
