# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A sidecar that dies again and again has the very state of one that never did."""

import json

from producer import Producer
from sidecar import eventually
from test_kill import kill_at_start, pause
from world import Source

# All of them roll: nothing that is in them at the end was there at the beginning.
WINDOWS = [
    {"name": "rows", "rows": 5_000},
    {"name": "few", "rows": 700},
    {"name": "minutes", "panes": 5, "pane": "1m"},
    {"name": "quarter", "panes": 3, "pane": "5m"},
    {"name": "odd", "panes": 4, "pane": "7m"},
]


def monitors(sidecar):
    """The report of the model that has records, a line each member."""
    with_records = [each for each in sidecar.report()["monitors"] if each["model"] == "first"]
    return json.dumps(with_records, indent=1).splitlines()


def await_equal(one, other):
    """Waits until both have looked at all of their records, and found the same."""
    try:
        eventually("the same report", lambda: monitors(one) == monitors(other), 10)
    except AssertionError:
        pairs = zip(monitors(one), monitors(other))
        raise AssertionError([pair for pair in pairs if pair[0] != pair[1]][:20]) from None


def test_the_report_is_that_of_a_sidecar_that_never_died(make_sidecar, models, draw, seed, soak):
    count, kills = (400_000, 150) if soak else (40_000, 8)
    # Times lie up to 90 s back, of which a pane waits for 30: many records are late.
    source = Source(models[0], "a", start=1_700_000_000.0, step=0.1, jitter=90)
    settings = {"clock": "event", "lateness": "30s", "windows": WINDOWS}
    steady = make_sidecar("steady", **settings).start()
    witness = Producer(source, steady.socket, seed=seed, target=count)
    witness.open()
    mortal = make_sidecar("mortal", **settings)
    producer = Producer(source, mortal.socket, seed=seed, window=1_000, target=count)
    for kill in range(1, kills + 1):
        mortal.start()
        producer.open()
        producer.await_acknowledged(count * kill // (kills + 1) - draw.randrange(1_000))
        pause(draw.uniform(0, 0.05))
        mortal.kill()
        producer.shut()
        producer.check()
        if draw.random() < 0.3:
            kill_at_start(mortal, draw)
    mortal.start()
    producer.open()
    witness.finish()
    producer.finish()
    await_equal(steady, mortal)
    late = 'kedge_ingest_rejected_total{reason="late"}'
    assert steady.metric(late) > count / 10, "the windows were to reject some"
    report = steady.report()["monitors"][0]["windows"]
    assert [window["rows"] for window in report[:2]] == [5_000, 700]
    assert all(0 < window["rows"] < count / 3 for window in report)

    # And once more from the disk alone: what a later process reads is that too.
    expected = monitors(steady)
    mortal.kill()
    mortal.start()
    assert monitors(mortal) == expected
