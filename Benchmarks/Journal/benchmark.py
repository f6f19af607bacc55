#!/usr/bin/env python3
# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What durability costs: acknowledged ingest, the wait for an acknowledgement, the restart.

    Benchmarks/run journal [--binary PATH] [--rounds N] [--only ingest,latency,restart] [--state DIR]
"""

import argparse
import csv
import json
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Server"))
from processes import LOAD_CORE, SERVER_CORE, Pinned, free_port  # noqa: E402

NUMERIC, CATEGORIES, DISTINCT, SEED = 10, [f"carrier-{index}" for index in range(16)], 20_000, 1
COLUMNS = [*(f"feature_{index}" for index in range(NUMERIC)), "category_a", "category_b", "prediction"]
KIBIBYTE = 1 << 10


class Workload:
    """Records of about 330 bytes with 12 features and a prediction, seeded."""

    def __init__(self, directory):
        self.draw = random.Random(SEED)
        self.training, self.lines = directory / "train.csv", directory / "lines"
        with self.training.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(self._row() for _ in range(10_000))
        self.lines.write_text("".join(self._line(self._row()) for _ in range(DISTINCT)))

    def _row(self):
        draw = self.draw
        numbers = []
        for index in range(NUMERIC):
            value = draw.gauss(0, 10 * (index + 1))
            digits = {0: 2, 1: 0, 2: 4, 3: 12 if index < 4 else 4}[index % 4]
            is_missing = index % 4 == 0 and draw.random() < 0.05
            numbers.append("" if is_missing else f"{value:.{digits}f}")
        words = [CATEGORIES[int(draw.random() * draw.random() * 16)] for _ in range(2)]
        return [*numbers, *words, f"{draw.random():.7f}"]

    def _line(self, row):
        *features, prediction = row
        members = ",".join(
            f'"{name}":' + (f'"{value}"' if name.startswith("category") else value or "null")
            for name, value in zip(COLUMNS, features))
        return ('{"model":"bench","version":"1","seq":1000000000,"features":{%s},"prediction":%s,'
                '"latency":0.0004,"outcome":"ok"}\n' % (members, prediction))


class Bench:
    def __init__(self, options, directory):
        self.binary, self.rounds, self.directory = options.binary, options.rounds, directory
        self.workload = Workload(directory)
        self.reference = directory / "reference.json"
        subprocess.run(
            [self.binary, "reference", "build", "--input", self.workload.training, "--model", "bench",
             "--version", "1", "--prediction", "prediction", "--output", self.reference],
            check=True, capture_output=True)
        self.load = directory / "acknowledged"
        compiler = shutil.which("cc") or shutil.which("clang")
        subprocess.run([compiler, "-O2", "-o", self.load, HERE / "acknowledged.c"], check=True)
        self.state = directory / "state"

    def sidecar(self, windows=None):
        port = free_port()
        command = [self.binary, "sidecar", "--reference", self.reference, "--socket",
                   self.directory / "kedge.sock", "--listen", f"127.0.0.1:{port}"]
        command += ["--state", self.state] if self.state else []
        command += ["--windows", windows] if windows else []
        return Pinned(command, core=SERVER_CORE, log=self.directory / "log", port=port, ready="/ready")

    def send(self, records, rate=0):
        answer = subprocess.run(
            ["taskset", "-c", str(LOAD_CORE), self.load, self.directory / "kedge.sock",
             self.workload.lines, str(records), str(rate)],
            capture_output=True, text=True, timeout=600)
        if answer.returncode:
            raise SystemExit(f"the load ended: {answer.stderr}{answer.stdout}")
        return json.loads(answer.stdout)

    def ingest(self):
        """Records per CPU second of the whole process; the load generator needs less beside it."""
        sidecar = self.sidecar()
        rates, shares = [], []
        for _ in range(self.rounds):
            before, load = sidecar.cpu_seconds, cpu_seconds_of_children()
            run = self.send(1_000_000)
            seconds, load = sidecar.cpu_seconds - before, cpu_seconds_of_children() - load
            rates.append(run["records"] / seconds / 1e6)
            shares.append(load / seconds)
        sidecar.stop()
        rate = statistics.median(rates)
        print(f"record                    {run['bytes']:.0f} bytes, 12 features and a prediction")
        print(f"acknowledged ingest       {rate:.2f} M records per CPU second    target 0.5, "
              f"{rate / 0.5:.2f} of it")
        print(f"load generator            {statistics.median(shares):.0%} of the sidecar's time")

    def latency(self):
        """From the moment a batch was due to its acknowledgement, at 100,000 records a second."""
        sidecar = self.sidecar()
        self.send(100_000, 100_000)
        runs, ratios = [], []
        for _ in range(max(3, self.rounds // 2)):
            commits, written = self.commits(sidecar), self.written(sidecar)
            run = self.send(500_000, 100_000)
            size = int((self.written(sidecar) - written) / max(1, self.commits(sidecar) - commits))
            floor = self.bare_sync(size)
            limit = 2 * floor + 50
            runs.append((run["p50_ms"], run["p99_ms"], floor, limit, size))
            ratios.append(run["p99_ms"] / limit)
        sidecar.stop()
        p50, p99, floor, limit, size = (statistics.median(column) for column in zip(*runs))
        print(f"acknowledgement           p50 {p50:.1f} ms, p99 {p99:.1f} ms at 100,000 records/s")
        print(f"bare fdatasync            p99 {floor:.1f} ms after {size / KIBIBYTE:.0f} KiB, a commit's")
        print(f"p99 against 2 × that + 50 {statistics.median(ratios):.2f}, of {limit:.0f} ms")

    def restart(self):
        """60 s of 20,000 records/s that an open pane needs, then SIGKILL, then `exec` to /ready."""
        shutil.rmtree(self.state, ignore_errors=True)
        # A pane that no hour's end closes, which would prune what is to be measured.
        windows = '[{"name":"day","panes":1,"pane":"8784h"},{"name":"10k","rows":10000}]'
        sidecar = self.sidecar(windows)
        records = 1_200_000
        self.send(records, 20_000)
        times = []
        for _ in range(max(3, self.rounds)):
            sidecar.process.kill()
            sidecar.process.wait()
            sidecar = self.sidecar(windows)
            times.append(sidecar.ready_ms)
        rows = sum(value for key, value in sidecar.metrics().items()
                   if key.startswith("kedge_window_rows") and 'window="day"' in key)
        assert rows == records, f"{rows} rows came back, not {records}"
        memory = sidecar.resident_mebibytes
        sidecar.stop()
        file = (self.state / "kedge.sqlite").stat().st_size
        empty = self.start_without_state(windows)
        ready = statistics.median(times)
        print(f"restart with 60 s         {ready:.0f} ms from exec to ready (without a journal "
              f"{empty:.0f})   target 1000, {ready / 1_000:.2f} of it")
        print(f"resident then             {memory:.0f} MiB")
        values = file / records / len(COLUMNS)
        print(f"journal before pruning    {values:.2f} bytes a feature value ({file / records:.1f} a "
              f"record)   target 3, {values / 3:.2f} of it")

    def start_without_state(self, windows):
        state, self.state = self.state, None
        times = []
        for _ in range(max(3, self.rounds)):
            sidecar = self.sidecar(windows)
            times.append(sidecar.ready_ms)
            sidecar.stop()
        self.state = state
        return statistics.median(times)

    def bare_sync(self, size, times=200):
        """The p99 of writing so many bytes to a file's end and waiting for the disk, in ms."""
        path, data, waits = self.state / "bare", os.urandom(size), []
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for _ in range(times):
            start = time.perf_counter()
            os.write(file, data)
            os.fdatasync(file)
            waits.append((time.perf_counter() - start) * 1e3)
            time.sleep(0.02)  # as far apart as commits are
        os.close(file)
        path.unlink()
        return sorted(waits)[times * 99 // 100]

    @staticmethod
    def commits(sidecar):
        return sidecar.metrics()["kedge_journal_commits_total"]

    @staticmethod
    def written(sidecar):
        with open(f"/proc/{sidecar.process.pid}/io") as file:
            return int(dict(line.split(": ") for line in file)["write_bytes"])


def cpu_seconds_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    parts = ["ingest", "latency", "restart"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=".build/release/kedge")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--only", type=lambda text: text.split(","), default=parts)
    parser.add_argument("--state", help="a directory on the disk to measure; else the temporary one")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    with tempfile.TemporaryDirectory(prefix="kedge-journal-", dir=options.state) as directory:
        bench = Bench(options, pathlib.Path(directory))
        for part in options.only:
            shutil.rmtree(bench.state, ignore_errors=True)
            getattr(bench, part)()


if __name__ == "__main__":
    main()
