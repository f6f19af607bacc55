# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The producer against a running `kedge sidecar` that watches version 1 of the model `delay`.

    pytest sidecar_proof.py --socket /run/kedge/kedge.sock --metrics 127.0.0.1:9095

Named so that it is run only when it is asked for. Nobody else may write to the sidecar meanwhile.
"""

import os
import time
import urllib.request
from collections import defaultdict

import numpy
import pytest
from support import FEATURES, kedge


class Metrics(dict):
    """The sums of the counters of a sidecar by their name."""

    def __init__(self, address):
        super().__init__()
        sums = defaultdict(float)
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line and line[0] != "#":
                    name, _, value = line.rpartition(" ")
                    sums[name.partition("{")[0]] += float(value)
        self.update(sums)


@pytest.fixture
def growth(sidecar):
    """Waits until counters have grown as expected since the test began; no others may have."""
    before = Metrics(sidecar.metrics)

    def wait(**expected):
        expected = {"dropped": 0, "actuals": 0, **expected}
        names = {"records": "kedge_ingest_records_total", "dropped": "kedge_producer_dropped_total",
                 "actuals": "kedge_ingest_actuals_total"}
        deadline = time.monotonic() + 20
        while True:
            now = Metrics(sidecar.metrics)
            found = {key: now.get(names[key], 0) - before.get(names[key], 0) for key in expected}
            if found == expected or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        assert found == expected
        for name in ("kedge_ingest_rejected_total", "kedge_ingest_invalid_values_total",
                     "kedge_ingest_unknown_features_total"):
            assert now.get(name, 0) == before.get(name, 0), name

    return wait


@pytest.fixture(params=[False, True], ids=["sent", "acknowledged"])
def open_log(request, sidecar):
    """Opens logs with and without acknowledgements."""
    return lambda **options: kedge.PredictionLog(
        sidecar.socket, "delay", "1", acknowledge=request.param, **options)


def test_what_is_logged_is_counted(open_log, growth, sidecar):
    with open_log() as log:
        for number in range(5_000):
            log.log({**FEATURES, "temp": numpy.float32(number / 100)}, number / 5_000, id=number)
        log.log({"temp": float("nan"), "wind_speed": numpy.float64("nan")}, numpy.float32(0.5))
        log.log(FEATURES, None, outcome="failed", model="delay", version="1")
        log.log_actual(7, 1)
        assert log.flush(10)
    counts = log.counts
    assert (counts.logged, counts.sent, counts.dropped, counts.queued) == (5_003, 5_003, 0, 0)
    acknowledges = log._acknowledge and not sidecar.no_acknowledgements
    assert counts.acknowledged == (5_003 if acknowledges else 0)
    growth(records=5_002, actuals=1)


def test_drops_are_counted_on_both_sides(open_log, growth):
    with open_log(capacity_bytes=20_000) as log:
        for _ in range(20_000):
            log.log(FEATURES, 0.5)
        log.log({"temp": object()}, 0.5)
        log.log(FEATURES, 0.5)
        log.close(10)
    counts = log.counts
    assert counts.dropped > 1 and counts.queued == 0
    growth(dropped=counts.dropped)
    # With acknowledgements what is dropped may be on its way already, and what is sent come again.
    if not log._acknowledge:
        assert counts.sent + counts.dropped == counts.logged == 20_002
        growth(records=counts.sent, dropped=counts.dropped)


def test_forked_children_are_counted(open_log, growth):
    with open_log() as log:
        log.log(FEATURES, 0.5)
        children = []
        for _ in range(4):
            child = os.fork()
            if not child:
                for _ in range(500):
                    log.log(FEATURES, 0.5)
                log.close(10)
                os._exit(0 if log.counts.sent == 500 else 1)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    growth(records=2_001)


def test_a_decorated_function_is_counted(open_log, growth):
    with open_log() as log:
        @log.predictions(prediction=float)
        def predict(features):
            return features["temp"] / 100

        for _ in range(100):
            predict(FEATURES)
        with pytest.raises(KeyError):
            predict({})
    growth(records=101)
