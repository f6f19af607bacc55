# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""One session, a step at a time, and what must be counted of it."""

from producer import Connection
from sidecar import eventually
from world import Source, expected

# So long and so large that nothing leaves them; panes of a second close all the time.
WINDOWS = [{"name": "rows", "rows": 100_000}, {"name": "time", "panes": 3_600, "pane": "1s"}]


class Feed:
    """A session whose every step the test decides."""

    def __init__(self, sidecar, model, session="a", offset=0):
        self.source = Source(model, session, offset)
        self.sidecar = sidecar
        self.last = 0
        self.connection = None

    def connect(self):
        """Says hello anew, and returns how far the session has come."""
        self.connection = Connection(self.sidecar.socket)
        self.last = self.connection.resume(self.source.session)
        return self.last

    def send(self, count=1):
        """Sends the next records."""
        self.connection.send(self.lines(self.last + 1, self.last + count))
        self.last += count

    def send_kept(self, count=1):
        """Sends the next records and waits for their acknowledgement."""
        self.send(count)
        self.connection.await_ack(self.last)

    def lines(self, first, last):
        return b"".join(self.source.line(seq) for seq in range(first, last + 1))


def await_counted(sidecar, *decided):
    """Waits until the report holds what the oracle says, in both windows."""
    want = expected(decided)
    for window in ("rows", "time"):
        def counted():
            counts = sidecar.counts(window)
            return all(counts[model] == features for model, features in want.items())
        try:
            eventually("the oracle's counts", counted, 10)
        except AssertionError:
            rows = {model: sum(features["c"]) for model, features in sidecar.counts(window).items()}
            raise AssertionError(f"{window} has {rows} rows, not "
                                 f"{[last for _, last in decided]}\n{sidecar.log}") from None


def restart_and_check(sidecar, *feeds):
    """Kills the sidecar, and finds everything that was acknowledged in the next one, once."""
    acknowledged = [feed.last for feed in feeds]
    sidecar.kill()
    sidecar.start()
    before = {window["name"]: sidecar.counts(window["name"]) for window in WINDOWS}
    assert [feed.connect() for feed in feeds] == acknowledged, "the hello answers another number"
    want = expected([(feed.source, feed.last) for feed in feeds])
    for window, counts in before.items():
        for model, features in want.items():
            rows = sum(counts[model]["c"])
            assert counts[model] == features, (
                f"{window} of {model} has {rows} rows, decided {acknowledged}\n{sidecar.log}")
