# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""`kedge serve` over HTTP beside the floor and its peers, in one run. Results are Markdown.

    Benchmarks/run server [--rounds 8] [--seconds 2] [--only throughput,paced,logging,batch,memory,start]

Each server has core 0 to itself while it is asked; load generator and sidecar have core 1. Compare
figures of one run only, and rather the ratios: a shared machine moves absolute ones by 2x.
"""

import argparse
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from load import HERE, Load, interleave, medians
from processes import LOAD_CORE, SERVER_CORE, Pinned, free_port

ROOT = HERE.parent.parent
BUILD = ROOT / ".build"
MODELS = BUILD / "benchmark-models"
FLIGHTS = ROOT / "Tests" / "Fixtures" / "models"
PARTS = ["throughput", "paced", "logging", "batch", "memory", "start"]


class Bench:
    """The servers, started when a part first needs them and ended with the run."""

    def __init__(self, options, directory, stack):
        self.options, self.directory, self.stack = options, Path(directory), stack
        self.load = Load(MODELS / "bodies.ndjson", options.connections, options.seconds,
                         self.compiled("paced"))
        self.running = {}

    def compiled(self, name):
        """A C program of this folder, compiled anew."""
        binary = self.directory / name
        compiler = shutil.which("cc") or shutil.which("clang")
        subprocess.run([compiler, "-O2", "-o", binary, HERE / f"{name}.c"], check=True)
        return binary

    def server(self, name):
        if name not in self.running:
            self.running[name] = self.stack.enter_context(getattr(self, "start_" + name)())
        return self.running[name]

    def log(self, name):
        return self.directory / f"{name}.log"

    def start_floor(self):
        port = free_port()
        server = Pinned([self.compiled("floor"), port], core=SERVER_CORE, port=port,
                        log=self.log("floor"))
        server.wait("/")
        return server

    def start_fastapi(self, module, model):
        port = free_port()
        return Pinned(
            [sys.executable, "-m", "uvicorn", f"{module}:app", "--app-dir", HERE,
             "--port", port, "--workers", "1", "--loop", "uvloop", "--http", "httptools",
             "--no-access-log", "--log-level", "warning"],
            core=SERVER_CORE, port=port, ready="/ready", log=self.log(module),
            environment={"MODEL": str(model), "OMP_NUM_THREADS": "1"},
        )

    def start_onnx(self):
        return self.start_fastapi("fastapi_onnx", MODELS / "models/boosting/1/model.onnx")

    def start_sklearn(self):
        return self.start_fastapi("fastapi_sklearn", MODELS / "boosting.joblib")

    def start_sidecar(self):
        reference = self.directory / "reference.json"
        subprocess.run(
            [self.options.binary, "reference", "build", "--input", MODELS / "training.csv",
             "--model", "boosting", "--version", "1", "--prediction", "prediction",
             "--output", reference],
            check=True, capture_output=True,
        )
        port = free_port()
        return Pinned(
            [self.options.binary, "sidecar", "--reference", reference,
             "--socket", self.directory / "kedge.sock", "--listen", f"127.0.0.1:{port}",
             "--state", self.directory / "sidecar"],
            core=LOAD_CORE, port=port, ready="/ready", log=self.log("sidecar"),
        )

    def start_serve(self, name, models, *arguments):
        port = free_port()
        return Pinned(
            [self.options.binary, "serve", "--models", models,
             "--listen", f"127.0.0.1:{port}", *arguments],
            core=SERVER_CORE, port=port, ready="/ready", log=self.log(name),
        )

    def start_kedge(self):
        """With the prediction log on, as in production."""
        self.server("sidecar")
        return self.start_serve("kedge", MODELS / "models",
                                "--log-socket", self.directory / "kedge.sock")

    def start_silent(self):
        return self.start_serve("silent", MODELS / "models")

    def start_flights(self):
        return self.start_serve("flights", FLIGHTS)


def throughput(bench):
    names = {"floor": "C epoll loop, a constant (the floor)", "kedge": "`kedge serve`, logging",
             "onnx": "FastAPI + ONNX Runtime, async", "sklearn": "FastAPI + scikit-learn"}
    servers = {name: bench.server(name) for name in names}
    sent = logged(bench)
    samples = interleave(bench.options.rounds,
                         {name: partial(bench.load.saturate, server)
                          for name, server in servers.items()})
    results = {name: medians(samples[name]) for name in names}
    kedge = results["kedge"].rate
    yield "| `POST /predict`, 30 floats, one core | requests/s | kedge's multiple | p50 ms | p99 ms | CPU µs a request |"
    yield "|---|---|---|---|---|---|"
    for name, title in names.items():
        sample = results[name]
        yield (f"| {title} | {sample.rate:,.0f} | {kedge / sample.rate:.2f} "
               f"| {sample.p50_us / 1e3:.2f} | {sample.p99_us / 1e3:.2f} | {sample.cpu_us:.1f} |")
    bench.kedge_rate = kedge
    yield ""
    yield from account(bench, sent)


def logged(bench):
    """Records that the server appended to its log and those that it dropped, so far."""
    kedge = bench.server("kedge")
    return (kedge.metric("prediction_log_records_total"),
            kedge.metric("prediction_log_dropped_total"))


def account(bench, before):
    """Where the records of a part went; waits until the sidecar has read what was sent."""
    sidecar = bench.server("sidecar")
    deadline = time.monotonic() + 30
    while True:
        records, dropped = logged(bench)
        arrived = sidecar.metric("kedge_ingest_records_total")
        if arrived >= records - dropped or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    yield (f"Of {records - before[0]:,.0f} records logged meanwhile {dropped - before[1]:,.0f} "
           f"were dropped; {arrived:,.0f} of all {records:,.0f} have arrived at the sidecar.")


def paced(bench):
    kedge = bench.server("kedge")
    maximum = getattr(bench, "kedge_rate", None) or medians(
        [bench.load.saturate(kedge) for _ in range(3)]).rate
    rate = maximum / 2
    samples = interleave(bench.options.rounds, {
        name: partial(bench.load.pace, bench.server(name), rate) for name in ("floor", "kedge")})
    yield f"| at {rate:,.0f} requests/s, half of kedge's own maximum, open loop | p50 ms | p99 ms |"
    yield "|---|---|---|"
    for name, title in (("floor", "the floor"), ("kedge", "`kedge serve`, logging")):
        sample = medians(samples[name])
        yield f"| {title} | {sample.p50_us / 1e3:.3f} | {sample.p99_us / 1e3:.3f} |"


def logging(bench):
    rounds = max(8, bench.options.rounds)
    on, off = bench.server("kedge"), bench.server("silent")
    sent = logged(bench)
    samples = interleave(rounds, {"on": partial(bench.load.saturate, on),
                                  "off": partial(bench.load.saturate, off)})
    full = {name: medians(samples[name]) for name in samples}
    rate = full["off"].rate / 2
    samples = interleave(rounds, {"on": partial(bench.load.pace, on, rate),
                                  "off": partial(bench.load.pace, off, rate)})
    half = {name: medians(samples[name]) for name in samples}
    yield "| prediction log | requests/s | p99 ms at full load | p99 ms at half of it | CPU µs a request |"
    yield "|---|---|---|---|---|"
    for name in ("off", "on"):
        yield (f"| {name} | {full[name].rate:,.0f} | {full[name].p99_us / 1e3:.2f} "
               f"| {half[name].p99_us / 1e3:.3f} | {full[name].cpu_us:.1f} |")
    yield (f"| on ÷ off | {full['on'].rate / full['off'].rate:.3f} "
           f"| {full['on'].p99_us / full['off'].p99_us:.2f} "
           f"| {half['on'].p99_us / half['off'].p99_us:.2f} "
           f"| {full['on'].cpu_us / full['off'].cpu_us:.2f} |")
    yield ""
    yield from account(bench, sent)


def batch(bench):
    """The same rows as JSON and as a binary tensor: what the second does not take is JSON's."""
    server = bench.server("silent")
    as_json = (MODELS / "batch.json").read_bytes()
    tensor = (MODELS / "tensor.bin").read_bytes()
    rows = len(tensor) // (30 * 4)
    head = (f'{{"inputs":[{{"name":"features","shape":[{rows},30],"datatype":"FP32",'
            f'"parameters":{{"binary_data_size":{len(tensor)}}}}}],'
            '"parameters":{"binary_data_output":true}}').encode()
    binary = {"Content-Type": "application/octet-stream",
              "Inference-Header-Content-Length": str(len(head))}
    runs = {
        "json": partial(post, server, "/predict/batch", as_json,
                        {"Content-Type": "application/json"}),
        "binary": partial(post, server, "/v2/models/boosting/infer", head + tensor, binary),
    }
    samples = interleave(bench.options.rounds, runs)
    wall = {name: median(wall for wall, _ in samples[name]) for name in runs}
    cpu = {name: median(cpu for _, cpu in samples[name]) for name in runs}
    yield f"| {rows:,} rows in one request | ms | CPU ms | rows/s |"
    yield "|---|---|---|---|"
    for name, title in (("json", f"`/predict/batch`, JSON of {len(as_json):,} bytes"),
                        ("binary", f"`/v2/…/infer`, binary tensor of {len(tensor):,} bytes")):
        yield f"| {title} | {wall[name]:.2f} | {cpu[name]:.2f} | {rows / wall[name] * 1e3:,.0f} |"
    yield ""
    yield f"JSON is {1 - cpu['binary'] / cpu['json']:.0%} of the CPU time of a batch."


def post(server, path, body, headers, times=50):
    """Milliseconds and CPU milliseconds of one request, of `times` one after another."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    before, start = server.cpu_seconds, time.monotonic()
    for _ in range(times):
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}: {text[:500]!r}")
    spent = (time.monotonic() - start, server.cpu_seconds - before)
    connection.close()
    return tuple(seconds * 1e3 / times for seconds in spent)


def memory(bench):
    server = bench.server("flights")
    idle = server.resident_mebibytes
    body = (b'{"features":{"dep_delay":-4,"sched_dep_hour":10.6,"distance":628,"temp":39.9,'
            b'"humid":40.7,"wind_speed":20.7,"precip":0,"visib":10,"pressure":1012.1,'
            b'"plane_age":10,"carrier":"EV","origin":"EWR"},"version":"%d"}')
    for version in (1, 2):
        post(server, "/predict", body % version, {"Content-Type": "application/json"}, 20_000)
    yield "| resident memory with both flights models | MiB |"
    yield "|---|---|"
    yield f"| after the start | {idle:.1f} |"
    yield f"| after 40,000 requests | {server.resident_mebibytes:.1f} |"


def start(bench):
    times = []
    for _ in range(max(10, bench.options.rounds)):
        with bench.start_flights() as server:
            times.append(server.ready_ms)
    yield "| from `exec` to `/ready` 200, both flights models | ms |"
    yield "|---|---|"
    yield f"| median of {len(times)} | {median(times):.0f} |"


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2, help="of one round of one server")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--binary", default=BUILD / "release" / "kedge", type=Path)
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    if unknown := set(chosen.only) - set(PARTS):
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return chosen


def main():
    chosen = options()
    if (os.cpu_count() or 1) < 2:
        sys.exit("two cores are needed: one for the servers, one for the load")
    # The trained models stay from run to run: training them takes longer than a part.
    if not (MODELS / "tensor.bin").exists():
        subprocess.run([sys.executable, HERE / "make_models.py", MODELS], check=True)
    with tempfile.TemporaryDirectory(prefix="kedge-bench-") as directory, ExitStack() as stack:
        bench = Bench(chosen, directory, stack)
        print(f"{chosen.rounds} interleaved rounds of {chosen.seconds:g} s, "
              f"{chosen.connections} connections; load average {os.getloadavg()[0]:.1f}\n")
        for part in chosen.only:
            for line in globals()[part](bench):
                print(line)
            print(flush=True)


if __name__ == "__main__":
    main()
