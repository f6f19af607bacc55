# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A quiet month of flights, then a summer: two alerts, once each, neither in the quiet month."""

import csv
import gzip
import pathlib
import subprocess
import types

import numpy
import pytest
from slack_blocks import message_breaches
from watched import Watched, epoch, webhook

FLIGHTS = pathlib.Path(__file__).resolve().parents[3] / "Fixtures" / "flights"
QUIET_ROWS, SUMMER_ROWS = 23_611, 55_368
WINDOW, LEAST = 5_000, 4_800
RULES = {"temp": 0.6, "prediction": 0.15}


@pytest.fixture(scope="module")
def reference(kedge, tmp_path_factory):
    path = tmp_path_factory.mktemp("flights") / "reference.json"
    subprocess.run(
        [kedge, "reference", "build", "--input", FLIGHTS / "reference.csv.gz", "--model", "delay",
         "--version", "1", "--prediction", "prediction", "--ignore", "id,ts,late",
         "--output", path], check=True, capture_output=True)
    return path


class Oracle:
    """When a window of the last 5,000 rows first exceeds a threshold, seen at every full hour."""

    def __init__(self):
        self.reference = list(self._rows("reference"))
        self.rows = [*self._rows("stream-quiet"), *self._rows("stream-summer")]
        times = numpy.array([float(row["ts"]) for row in self.rows])
        self.times, self.borders = times, numpy.flatnonzero(numpy.diff(times)) + 1

    def _rows(self, name):
        with gzip.open(FLIGHTS / f"{name}.csv.gz", "rt", newline="") as file:
            yield from csv.DictReader(file)

    def first(self, feature):
        """The hour after which the condition holds."""
        known = self._column(self.reference, feature)
        values = self._column(self.rows, feature)
        for border in self.borders:
            # All of the quiet month would take long: its last hours show enough.
            if border < QUIET_ROWS - 500:
                continue
            window = values[border - WINDOW:border]
            if (~numpy.isnan(window)).sum() >= LEAST and distance(known, window) > RULES[feature]:
                return self.times[border - 1]
        raise AssertionError(f"{feature} never exceeds its threshold")

    def _column(self, rows, feature):
        return numpy.array([float(row[feature] or "nan") for row in rows])


def distance(first, second):
    """The two-sample Kolmogorov-Smirnov statistic."""
    first, second = (numpy.sort(values[~numpy.isnan(values)]) for values in (first, second))
    both = numpy.concatenate([first, second])
    shares = (numpy.searchsorted(v, both, "right") / len(v) for v in (first, second))
    return float(numpy.abs(numpy.subtract(*shares)).max())


def replay(sidecar, name, rows):
    subprocess.run(
        [sidecar.kedge, "replay", "--input", FLIGHTS / f"stream-{name}.csv.gz", "--socket",
         sidecar.socket, "--speed", "max", "--model", "delay", "--version", "1",
         "--ignore", "late"], check=True, capture_output=True)
    sidecar.eventually(f"{rows} records", lambda: sidecar.metric(
        "kedge_ingest_records_total") == rows)


@pytest.mark.parametrize("clock", ["event", "arrival"])
def test_a_quiet_month_then_a_summer(clock, kedge, reference, receiver, tmp_path):
    rules = [
        {"name": f"Drift.{feature}", "statistic": "ks_statistic", "features": [feature],
         "window": "5k", "above": above, "min_rows": LEAST} for feature, above in RULES.items()
    ] + [{"name": "Categories", "statistic": "js_divergence", "features": ["carrier", "origin"],
          "window": "5k", "above": 0.02, "min_rows": LEAST}]
    team, slack = receiver.place("team"), receiver.place("slack")

    model = types.SimpleNamespace(reference=reference)
    sidecar = Watched(kedge, tmp_path / "sidecar", [model], clock=clock, expire="366d", rules=rules,
                      min_rows=200, windows=[{"name": "5k", "rows": WINDOW}],
                      receivers=[webhook(team), {"name": "slack", "slack": {"url": slack.url}}])
    try:
        sidecar.start()
        replay(sidecar, "quiet", QUIET_ROWS)
        reported = sidecar.messages("notification delivered")
        sidecar.eventually("a report of all", lambda: sidecar.rows() == WINDOW)
        assert sidecar.alerts() == [] and reported == 0 and not team.requests
        replay(sidecar, "summer", QUIET_ROWS + SUMMER_ROWS)
        fired = {}

        def told():
            for request in team.requests:
                for alert in request.message["alerts"]:
                    fired.setdefault(alert["labels"]["feature"], set()).add(
                        (alert["status"], alert["startsAt"]))
            return fired.keys() == RULES.keys()

        receiver.wait_for(told, f"both to be told, not {fired}")
        sidecar.await_alerts(2, "firing")
        told()
        # Each once, and neither is over.
        assert all(len(times) == 1 for times in fired.values()), fired
        assert {status for times in fired.values() for status, _ in times} == {"firing"}
        if clock == "event":
            oracle = Oracle()
            for feature, ((_, start),) in fired.items():
                # All rows of an hour have the same time; the pane that holds them is a minute.
                assert epoch(start) == oracle.first(feature) + 60, feature
        breaches = [breach for request in slack.requests
                    for breach in message_breaches(request.body.decode())]
        assert not breaches
        text = "".join(request.body.decode() for request in slack.requests)
        assert "`temp` drifted" in text and "→" in text and "noise floor" in text
    finally:
        sidecar.close()
