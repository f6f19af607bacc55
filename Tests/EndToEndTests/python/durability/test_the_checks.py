# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The checks themselves: each sees the fault that it is there for."""

import json
import socket
import threading

import pytest
from feed import WINDOWS, Feed, await_counted
from producer import Producer, Violation
from sidecar import eventually
from world import Source, expected


class LyingSidecar:
    """Answers connections with lines that were made up before, one list a connection: the first
    after the hello, the others after some records."""

    RECORDS = 10

    def __init__(self, path, *scripts):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.scripts = scripts
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        for script in self.scripts:
            connection, _ = self.listener.accept()
            with connection, connection.makefile("rb") as lines:
                for index, line in enumerate(script):
                    for _ in range({0: 1, 1: self.RECORDS}.get(index, 0)):
                        lines.readline()
                    connection.sendall(json.dumps(line).encode() + b"\n")
                if script is self.scripts[-1]:
                    lines.read()  # until the producer has gone


LIES = [
    ("the hello answers 4,", [{"hello": {"seq": 0}}, {"ack": 5}], [{"hello": {"seq": 4}}]),
    ("the hello answers 1,", [{"hello": {"seq": 1}}]),
    ("1000000000 is acknowledged after 0;", [{"hello": {"seq": 0}}, {"ack": 10**9}]),
    ("4 is acknowledged after 5;", [{"hello": {"seq": 0}}, {"ack": 5}, {"ack": 4}]),
    ("5 is acknowledged after 5;", [{"hello": {"seq": 0}}, {"ack": 5}, {"ack": 5}]),
    ("no acknowledgement but", [{"hello": {"seq": 0}}, {"error": {"code": "x"}}]),
]


@pytest.mark.parametrize("complaint, scripts", [(text, lines) for text, *lines in LIES])
def test_a_producer_sees_a_lie(complaint, scripts, models, tmp_path, seed):
    LyingSidecar(tmp_path / "kedge.sock", *scripts)
    producer = Producer(Source(models[0], "a"), str(tmp_path / "kedge.sock"), seed=seed)
    producer.open()
    with pytest.raises(Violation, match=complaint):
        eventually("the lie to be seen", lambda: producer.check(), 5)


@pytest.mark.parametrize("fault", ["lost", "twice", "another"])
def test_the_oracle_sees_a_single_record(fault, make_sidecar, models):
    sidecar = make_sidecar(windows=WINDOWS).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(1_000)
    await_counted(sidecar, (feed.source, 1_000))
    wrong = {
        "lost": [(feed.source, 1_001)],
        "twice": [(feed.source, 999)],
        "another": [(feed.source, 999), (Source(models[0], "b", offset=7), 1)],
    }[fault]
    want, counted = expected(wrong)["first"], sidecar.counts("rows")["first"]
    assert counted != want and sum(want["c"]) == 1_000 + {"lost": 1, "twice": -1}.get(fault, 0)


def test_the_oracle_by_hand(models):
    """Arithmetic on whole periods against one record after the other."""
    for source in (Source(models[0], "a", 5), Source(models[0], "a", 5, gap=7)):
        for last in (0, 1, 996, 997, 998, 20_000):
            slowly = [0] * len(models[0].rows)
            for seq in range(1, last + 1):
                if source.is_sent(seq):
                    slowly[(5 + seq) % len(slowly)] += 1
            quickly = source.rows_through(last)
            assert [quickly[row] for row in range(len(slowly))] == slowly
