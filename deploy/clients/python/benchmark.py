# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What a logged prediction of 12 features costs the thread that logs it, and the process.

    python3 benchmark.py [--rounds 30] [--acknowledge]

The sidecar is a process that reads and forgets (and acknowledges what it has read): there, absent,
or stopped by SIGSTOP with its socket and the ring full. The cases take turns, block by block, so
that a noisy machine disturbs all of them alike; figures are medians over the blocks.
"""

import argparse
import contextlib
import json
import logging
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from kedge import PredictionLog

FEATURES = {
    "dep_delay": -9.0, "sched_dep_hour": 10.5, "distance": 628, "temp": 39.9, "humid": 40.7,
    "wind_speed": 20.7, "precip": 0.0, "visib": 10.0, "pressure": 1012.1, "plane_age": None,
    "carrier": "US", "origin": "JFK",
}
BLOCK = 250

SIDECAR = r"""
import re, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(8)
print("listening", flush=True)
while True:
    peer, _ = listener.accept()
    while True:
        data = peer.recv(1 << 20)
        if not data:
            break
        numbers = re.findall(rb'"seq":(\d+)', data)
        if b'"ack":true' in data:
            peer.send(b'{"hello":{"seq":0}}\n')
        elif numbers:
            peer.send(b'{"ack":%s}\n' % numbers[-1])
"""


@contextlib.contextmanager
def sidecar(path):
    """A process that takes what is sent to a path."""
    process = subprocess.Popen([sys.executable, "-c", SIDECAR, path],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.send_signal(signal.SIGCONT)
        process.wait()


def block(call):
    """Microseconds of this thread, and of the clock, that one of BLOCK calls takes."""
    cpu, wall = time.thread_time(), time.perf_counter()
    for _ in range(BLOCK):
        call()
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    return cpu / BLOCK * 1e6, wall / BLOCK * 1e6


def paced(call, rate, seconds):
    """Microseconds of all threads of this process that one of `rate` calls a second takes."""
    start, cpu = time.perf_counter(), time.process_time()
    count = int(rate * seconds)
    for number in range(count):
        time.sleep(max(0, start + number / rate - time.perf_counter()))
        call()
    return (time.process_time() - cpu) / count * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--acknowledge", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.WARNING)

    def record(log):
        return lambda: log.log(FEATURES, 0.0823, id="f133603", latency=0.0004)

    def dumps():
        json.dumps({"ts": time.time(), "features": FEATURES, "prediction": 0.0823,
                    "id": "f133603", "latency": 0.0004})

    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        paths = {name: os.path.join(directory, name) for name in ("present", "absent", "stopped")}
        logs = {name: PredictionLog(path, "delay", "1", acknowledge=options.acknowledge)
                for name, path in paths.items()}
        stack.enter_context(sidecar(paths["present"]))
        stopped = stack.enter_context(sidecar(paths["stopped"]))
        calls = {"a call of nothing": lambda: None, "json.dumps of the record": dumps}
        calls.update({f"log, sidecar {name}": record(log) for name, log in logs.items()})
        for call in calls.values():
            block(call)
        stopped.send_signal(signal.SIGSTOP)
        while not (logs["stopped"].counts.dropped and logs["absent"].counts.dropped):
            block(calls["log, sidecar stopped"])
            block(calls["log, sidecar absent"])

        costs = {name: [] for name in calls}
        for _ in range(options.rounds):
            for name, call in calls.items():
                costs[name].append(block(call))
                time.sleep(0.005)
        medians = {name: [statistics.median(part) for part in zip(*cost)]
                   for name, cost in costs.items()}
        nothing, present = (medians[name][0] for name in ("a call of nothing",
                                                          "log, sidecar present"))
        print(f"{'microseconds a record':28} {'thread':>7} {'clock':>7} {'x nothing':>10} "
              f"{'x present':>10}")
        for name, (cpu, wall) in medians.items():
            print(f"{name:28} {cpu:7.2f} {wall:7.2f} {cpu / nothing:10.0f} {cpu / present:10.2f}")

        idle = paced(lambda: None, 1_000, 2)
        busy = paced(calls["log, sidecar present"], 1_000, 2)
        print(f"all threads, 1,000 records a second: {busy - idle:.0f} us of CPU a record")

        call, counts = calls["log, sidecar present"], logs["present"].counts
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(100_000):
            call()
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        dropped = logs["present"].counts.dropped - counts.dropped
        print(f"all threads, as fast as one can log: {100_000 / wall:,.0f} records/s, "
              f"{cpu / 0.1:.1f} us of CPU a record, {dropped} dropped")
        for log in logs.values():
            log.close(0)


if __name__ == "__main__":
    main()
