# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps, forwards and backwards: no pane is lost, and none counts twice."""

import pytest
from clock import Clock
from feed import Feed
from sidecar import eventually
from test_ledger import lines
from world import expected

WINDOWS = [{"name": "rows", "rows": 100_000}, {"name": "time", "panes": 50_000, "pane": "1s"}]
HOUR = 3_600


# By how much the clock is off, step by step, and ends of the process in between.
JUMPS = {
    "forwards": [0, 600, 2 * HOUR],
    "backwards": [HOUR, HOUR - 1, HOUR - 2, HOUR - 600, 0],
    "back-and-forth": [HOUR, 0, HOUR, -HOUR, 10 * HOUR, 0],
    "over-a-restart": [HOUR, "stop", 0, "stop", 2 * HOUR, "kill", HOUR, "kill", 3 * HOUR],
}


@pytest.mark.parametrize("jumps", JUMPS.values(), ids=JUMPS)
def test_jumps(jumps, make_sidecar, models, tmp_path):
    sidecar = make_sidecar(windows=WINDOWS)
    clock = Clock(sidecar.directory)
    clock.set(jumps[0])
    sidecar.start(clock.prefix)
    feed = Feed(sidecar, models[0])
    feed.connect()
    for jump in [*jumps, "kill"]:
        if isinstance(jump, str):
            sidecar.kill() if jump == "kill" else sidecar.stop()
            sidecar.start(clock.prefix)
            before = sidecar.counts("rows"), sidecar.counts("time")
            decided = feed.connect()
            want = expected([(feed.source, decided)])["first"]
            assert decided > 0
            assert [counts["first"] for counts in before] == [want, want], f"after {jump}"
            continue
        clock.set(jump)
        feed.send_kept(100)
        for window in ("rows", "time"):
            want = expected([(feed.source, feed.last)])["first"]
            eventually(f"every record in {window} at {jump:+} s",
                       lambda: sidecar.counts(window)["first"] == want, 5)
    # The open pane closes, so that the ledger has everything.
    clock.set(20 * HOUR)
    eventually("the ledger to hold every record",
               lambda: sum(line["rows"] for line in lines(sidecar)) == feed.last, 15)
