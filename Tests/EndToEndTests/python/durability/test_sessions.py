# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Sessions: who is answered what, and that nothing sent twice is counted twice."""

import json

import pytest
from feed import WINDOWS, Feed, await_counted, restart_and_check
from producer import Connection
from sidecar import eventually
from world import Source


@pytest.fixture
def sidecar(make_sidecar):
    return make_sidecar(windows=WINDOWS).start()


@pytest.fixture
def feed(sidecar, models):
    feed = Feed(sidecar, models[0])
    feed.connect()
    return feed


def test_what_is_sent_again_counts_once(sidecar, feed):
    feed.send_kept(50)
    feed.connection.send(feed.lines(1, 50) + feed.lines(50, 50) + feed.lines(7, 20))
    feed.send_kept(5)
    await_counted(sidecar, (feed.source, 55))
    assert sidecar.metric("kedge_ingest_duplicates_total") == 50 + 1 + 14
    restart_and_check(sidecar, feed)
    feed.connection.send(feed.lines(1, 55))
    feed.send_kept(5)
    await_counted(sidecar, (feed.source, 60))


def test_gaps_are_allowed(sidecar, models):
    feed = Feed(sidecar, models[0])
    feed.source = Source(models[0], "gaps", offset=3, gap=2)  # 1, 3, 5, …
    feed.connect()
    lines = [feed.source.line(seq) for seq in range(1, 1_000, 2)]
    feed.connection.send(b"".join(lines))
    feed.last = 999
    feed.connection.await_ack(999)
    # What comes late into a gap was not sent in order: it is a duplicate by its number.
    feed.connection.send(feed.source.line(500))
    feed.connection.send(feed.source.line(1_001))
    feed.last = 1_001
    feed.connection.await_ack(1_001)
    await_counted(sidecar, (feed.source, 1_001))
    assert sidecar.metric("kedge_ingest_duplicates_total") == 1
    restart_and_check(sidecar, feed)


def test_a_half_closed_producer_gets_its_last_acknowledgement(sidecar, feed):
    feed.send(2_000)
    feed.connection.half_close()
    feed.connection.await_ack(2_000)
    assert feed.connection.answer() is None, "then the connection ends"
    restart_and_check(sidecar, feed)


def test_a_half_closed_producer_that_has_sent_nothing_gets_its_answer(sidecar):
    with Connection(sidecar.socket) as connection:
        connection.hello("brief").half_close()
        assert connection.answer() == {"hello": {"seq": 0}}
        assert connection.answer() is None


def test_a_second_connection_ends_the_first(sidecar, feed):
    feed.send_kept(10)
    first = feed.connection
    feed.send(3_000)
    with Connection(sidecar.socket) as second:
        decided = second.resume("a")
        # What the first had sent was read out before, and is committed.
        assert decided == feed.last
        assert [line for line in iter(first.answer, None)][-1:] in ([], [{"ack": decided}])
        second.send(feed.lines(decided - 100, decided + 10))
        second.await_ack(decided + 10)
        await_counted(sidecar, (feed.source, decided + 10))
    feed.last = decided + 10
    restart_and_check(sidecar, feed)


def test_many_connections_of_one_session(sidecar, feed):
    """Each takes over from the one before; those that never came to it are ended."""
    feed.send(100)
    crowd = [Connection(sidecar.socket).hello("a") for _ in range(20)]
    decided = crowd[-1].answer()["hello"]["seq"]
    assert decided == 100
    for connection in crowd[:-1]:
        lines = [line for line in iter(connection.answer, None)]
        assert lines in ([], [{"hello": {"seq": 100}}])
    crowd[-1].send(feed.lines(1, 200))
    crowd[-1].await_ack(200)
    await_counted(sidecar, (feed.source, 200))
    eventually("the others to be closed",
               lambda: sidecar.metric("kedge_ingest_connections") == 1)
    assert sidecar.metric("kedge_ingest_sessions") == 1


@pytest.mark.parametrize("session", [None, "", 300 * "x"], ids=["none", "empty", "long"])
def test_a_hello_without_a_session(session, sidecar, models):
    """It is told that no acknowledgement will come; its records count as anybody's."""
    source = Source(models[0], "-")
    with Connection(sidecar.socket) as connection:
        members = {} if session is None else {"session": session}
        connection.send(hello_line(ack=True, **members))
        assert connection.answer()["error"]["code"] == "ack_unsupported"
        # Without a session numbers mean nothing.
        connection.send(source.line(1) + source.line(2) + source.line(1))
        with_duplicate = [(source, 2), (Source(models[0], "-"), 1)]
        await_counted(sidecar, *with_duplicate)


def hello_line(**members):
    return json.dumps({"hello": members}).encode() + b"\n"


def test_without_a_state_directory(make_sidecar, models):
    sidecar = make_sidecar("stateless", windows=WINDOWS, state=False).start()
    source = Source(models[0], "-")
    with Connection(sidecar.socket) as connection:
        line = connection.hello("a").answer()
        assert line["error"]["code"] == "ack_unsupported"
        assert "no state directory" in line["error"]["message"]
        connection.send(source.line(1))
        await_counted(sidecar, (source, 1))
        assert connection.answers(0.3) == []


def test_malformed_lines_in_between(sidecar, feed):
    """They are decided too, by the next number that can be read."""
    feed.send_kept(1)
    feed.connection.send(
        b'{"model":"first","version":"1","seq":2,"features":{"x":\n'
        b'{"model":"nobody","version":"1","seq":3,"features":{}}\n'
        b"\xff\xfe\n" + b"z" * 70_000 + b"\n" + b'{"seq":"five","model":"first"}\n')
    feed.connection.send(feed.source.line(6))
    feed.connection.await_ack(6)
    eventually("the oracle's counts",
               lambda: sum(sidecar.counts("rows")["first"]["c"]) == 2)
    for reason, count in [("no_reference", 1), ("too_long", 1)]:
        assert sidecar.metric(f'kedge_ingest_rejected_total{{reason="{reason}"}}') == count
    sidecar.kill()
    sidecar.start()
    assert sum(sidecar.counts("rows")["first"]["c"]) == 2
    assert feed.connect() == 6


def test_a_rejected_record_is_decided(sidecar, feed):
    """The last line has a number and no reference: it is acknowledged all the same."""
    feed.send_kept(3)
    feed.connection.send(b'{"model":"nobody","version":"1","seq":4,"features":{"x":1}}\n')
    feed.connection.await_ack(4)
    sidecar.kill()
    sidecar.start()
    assert feed.connect() == 4


@pytest.mark.parametrize("last", [2**53 - 1, 2**53 - 2, 2**32])
def test_large_numbers_are_exact(last, sidecar, feed):
    feed.connection.send(feed.source.line(last - 1))
    feed.connection.await_ack(last - 1)
    feed.connection.send(feed.source.line(last - 1) + feed.source.line(last))
    feed.connection.await_ack(last)
    sidecar.kill()
    sidecar.start()
    assert feed.connect() == last
    assert sum(sidecar.counts("rows")["first"]["c"]) == 2


@pytest.mark.parametrize("seq", [2**53, 2**53 + 1, 2**63, 2**64 - 1, 2**64, 10**30])
def test_larger_numbers_are_refused(seq, sidecar, feed):
    """From 2^53 on no JSON reader is exact: such a record is malformed, and decides nothing."""
    feed.connection.send(feed.source.line(seq))
    feed.send_kept(1)
    assert feed.connection.answers(0.1) == []
    assert sidecar.metric('kedge_ingest_rejected_total{reason="malformed"}') == 1
    restart_and_check(sidecar, feed)


@pytest.mark.parametrize("seq", ["-1", "1.5", '"7"', "true", "1e999"])
def test_what_is_no_number(seq, sidecar, feed):
    """The record is malformed; the session goes on."""
    feed.connection.send(feed.source.line(1).replace(b'"seq":1,', b'"seq":%s,' % seq.encode()))
    feed.send_kept(5)
    assert sidecar.metric('kedge_ingest_rejected_total{reason="malformed"}') == 1
    restart_and_check(sidecar, feed)


def test_dropped_is_counted_once(sidecar, feed):
    """It is cumulative by session, over connections and over restarts of the sidecar."""
    feed.connection.send(b'{"dropped":5}\n{"dropped":12}\n')
    feed.send_kept(1)
    assert sidecar.metric("kedge_producer_dropped_total") == 12
    feed.connect()
    feed.connection.send(b'{"dropped":12}\n{"dropped":15}\n')
    feed.send_kept(1)
    assert sidecar.metric("kedge_producer_dropped_total") == 15
    sidecar.kill()
    sidecar.start()
    assert feed.connect() == 2
    feed.connection.send(b'{"dropped":15}\n{"dropped":22}\n')
    feed.send_kept(1)
    # The counter is the process's own and begins at 0; the session goes on from 15.
    assert sidecar.metric("kedge_producer_dropped_total") == 7


def test_a_forgotten_session_that_comes_back_at_once(make_sidecar, models):
    """The table is full; who was silent the longest makes room, and returns before the commit."""
    limit, at_once = 4_096, 500
    sidecar = make_sidecar(windows=WINDOWS, socket_max_connections=2 * at_once).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(1)
    feed.connection.close()
    for start in range(1, limit, at_once):
        names = range(start, min(start + at_once, limit))
        crowd = [Connection(sidecar.socket).hello(f"filler-{name}") for name in names]
        for connection in crowd:
            assert connection.answer() == {"hello": {"seq": 0}}
            connection.close()
    assert sidecar.metric("kedge_ingest_sessions") == limit
    with Connection(sidecar.socket) as newcomer, Connection(sidecar.socket) as again:
        newcomer.hello("newcomer")
        again.hello("a")
        again.send(feed.lines(2, 6))
        assert newcomer.answer() == {"hello": {"seq": 0}}
        if again.answer() != {"hello": {"seq": 6}}:
            again.await_ack(6)
    sidecar.kill()
    sidecar.start()
    assert feed.connect() == 6, "less than was acknowledged"
