# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The ledger: the same records make the same one, replicas add up, and coverage is the truth."""

import csv
import json
import subprocess
import time
from collections import Counter
from datetime import UTC, datetime

from feed import Feed
from producer import Producer
from sidecar import eventually
from test_kill import pause
from world import FEATURES, Source

WINDOWS = [{"name": "minutes", "panes": 60, "pane": "1m"}]
EVENT = {"clock": "event", "lateness": "30s", "windows": WINDOWS}
START = 1_700_000_040.0
QUARTER = 900


def export(sidecar, *flags):
    """The ledger as the program writes it."""
    answer = subprocess.run(
        [sidecar.kedge, "journal", "export", "--state", sidecar.state, "--ledger", *flags],
        capture_output=True, timeout=60)
    assert answer.returncode == 0, answer.stderr.decode()
    return answer.stdout


def lines(sidecar, *flags):
    return [json.loads(line) for line in export(sidecar, *flags).splitlines()]


def counts(*sidecars):
    """Rows and bin counts by model version and quarter, added up."""
    sums = Counter()
    for sidecar in sidecars:
        for line in lines(sidecar, "--without-coverage"):
            key = (line["model"], line["version"], line["quarter"])
            sums[key] += line["rows"]
            for name, feature in line["features"].items():
                for bin, count in enumerate(feature["counts"]):
                    sums[(*key, name, feature["bins"], bin)] += count
    return +sums


def test_two_replays_make_the_same_ledger(make_sidecar, models, tmp_path):
    model, count = models[0], 20_000
    table = tmp_path / "rows.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("ts", *FEATURES))
        for seq in range(count):
            row = model.rows[seq % len(model.rows)]
            values = ["" if value is None else value for value in row.values]
            writer.writerow((START + seq * 0.5, *values))
    exports = []
    for name in ("first", "second"):
        sidecar = make_sidecar(name, **EVENT).start()
        subprocess.run(
            [sidecar.kedge, "replay", "--input", table, "--socket", sidecar.socket, "--speed",
             "max", "--reference", model.reference], check=True, capture_output=True, timeout=60)
        eventually("every record",
                   lambda: sidecar.metric("kedge_ingest_records_total") == count)
        assert sidecar.stop() == 0
        exports.append(export(sidecar, "--without-coverage"))
    assert exports[0] == exports[1]
    assert len(exports[0].splitlines()) >= count * 0.5 // QUARTER


def test_the_ledger_is_that_of_the_records(make_sidecar, models, seed, draw, soak):
    """Killed again and again, it counts each record of a closed quarter once, by its time."""
    count, kills = (300_000, 60) if soak else (20_000, 5)
    source = Source(models[0], "a", start=START, step=0.5)
    sidecar = make_sidecar(**EVENT)
    producer = Producer(source, sidecar.socket, seed=seed, window=500, target=count)
    for kill in range(1, kills + 1):
        sidecar.start()
        producer.open()
        producer.await_acknowledged(count * kill // (kills + 1))
        pause(draw.uniform(0, 0.05))
        sidecar.kill()
        producer.shut()
        producer.check()
    sidecar.start()
    producer.open()
    producer.finish()
    assert sidecar.stop() == 0
    times = Counter(int(source.time(seq) // QUARTER) for seq in range(1, count + 1))
    ledger = {line["quarter"]: line for line in lines(sidecar)}
    whole = sorted(times)[:-1]  # the last is not closed
    for quarter in whole:
        line = ledger[datetime.fromtimestamp(quarter * QUARTER, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")]
        seqs = [seq for seq in range(1, count + 1) if source.time(seq) // QUARTER == quarter]
        rows = Counter((source.offset + seq) % len(models[0].rows) for seq in seqs)
        want = models[0].count(rows)
        assert line["rows"] == len(seqs) == times[quarter]
        assert {name: feature["counts"] for name, feature in line["features"].items()} == want


def test_ledgers_of_replicas_add_up(make_sidecar, models, draw):
    """The stream dealt out between two sidecars, and all of it to a third."""
    source = Source(models[0], "a", start=START, step=0.5)
    dealt = {seq: draw.randrange(2) for seq in range(1, 12_001)}
    one, left, right = (make_sidecar(name, **EVENT).start() for name in ("one", "left", "right"))
    for index, sidecar in enumerate((left, right, one)):
        feed = Feed(sidecar, models[0])
        feed.connect()
        seqs = [seq for seq, owner in dealt.items() if owner == index or sidecar is one]
        feed.connection.send(b"".join(source.line(seq) for seq in seqs))
        # Far enough ahead that every pane before it closes.
        feed.connection.send(models[0].line(0, seq=20_000, ts=START + 30_000))
        feed.connection.await_ack(20_000)
        assert sidecar.stop() == 0
    assert sum(count for key, count in counts(one).items() if len(key) == 3) >= 12_000
    assert counts(left, right) == counts(one) != counts(left)


def coverage(sidecar):
    answer = subprocess.run(
        [sidecar.kedge, "journal", "inspect", "--state", sidecar.state, "--format", "json"],
        capture_output=True, timeout=60, check=True)
    return json.loads(answer.stdout)["coverage"]


def test_coverage_is_the_time_that_was_served(make_sidecar, models):
    """Over an end, a pause and a kill, to a second. What is measured is time: it has to pass."""
    sidecar = make_sidecar(windows=WINDOWS)
    feed = Feed(sidecar, models[0])
    served = 0.0
    for end in ("stop", "kill", "stop"):
        sidecar.start()
        begin = time.time()
        feed.connect()
        while time.time() < begin + 1.2:
            feed.send_kept()
        served += time.time() - begin
        assert getattr(sidecar, end)() in (0, None)
        pause(1.2)
    feed.connection.close()
    covered = sum(quarter["seconds"] for quarter in coverage(sidecar))
    assert abs(covered - served) <= 1


def test_coverage_tells_what_was_dropped(make_sidecar, models):
    sidecar = make_sidecar(windows=WINDOWS).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.connection.send(b'{"dropped":41}\n')
    feed.send_kept()
    sidecar.kill()
    sidecar.start()
    feed.connect()
    feed.connection.send(b'{"dropped":42}\n')
    feed.send_kept()
    assert sidecar.stop() == 0
    assert sum(quarter["dropped"] for quarter in coverage(sidecar)) == 42
