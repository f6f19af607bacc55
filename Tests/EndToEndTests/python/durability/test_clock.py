# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps, forwards and backwards: no pane is lost, and none counts twice."""

import glob

import pytest
from feed import Feed
from sidecar import eventually
from test_ledger import lines
from world import expected

WINDOWS = [{"name": "rows", "rows": 100_000}, {"name": "time", "panes": 50_000, "pane": "1s"}]
HOUR = 3_600


class Clock:
    """The wall clock of a process, so many seconds beside the real one."""

    def __init__(self, directory):
        libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        assert libraries, "libfaketime is missing: apt-get install faketime"
        self.file = directory / "clock"
        # Twice, as the library changes the environment of the first program that it is in, and
        # a program's arguments are looked for beside its environment.
        self.prefix = ["env", f"LD_PRELOAD={libraries[0]}", f"FAKETIME_TIMESTAMP_FILE={self.file}",
                       "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "env"]
        self.set(0)

    def set(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.file)


# By how much the clock is off, step by step; what comes before a restart is marked.
JUMPS = {
    "forwards": [0, 600, 2 * HOUR],
    "backwards": [HOUR, HOUR - 1, HOUR - 2, HOUR - 600, 0],
    "back-and-forth": [HOUR, 0, HOUR, -HOUR, 10 * HOUR, 0],
    "over-a-restart": [HOUR, "restart", 0, "restart", 2 * HOUR, "kill", HOUR, "kill", 3 * HOUR],
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
