# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""More than the disk can take, and the end under load."""

import threading

from faults import injected
from feed import WINDOWS, Feed
from producer import Connection, Producer
from sidecar import eventually
from world import Source, expected

LARGE = [{"name": "rows", "rows": 4_000_000}, WINDOWS[1]]
MEBIBYTE = 1 << 20
# Keeping.limitBytes, what may wait to be kept before acknowledged producers are read no further; a
# connection may add one read to it.
LIMIT = 8 * MEBIBYTE


def test_a_slow_disk_holds_acknowledged_producers_back(make_sidecar, models):
    """One wait for the disk takes very long. What waits is bounded, and nothing is lost; those who
    wait for no acknowledgement are counted in memory."""
    sidecar = make_sidecar(windows=LARGE).start()
    feeds = [Feed(sidecar, models[0], name, offset) for name, offset in [("a", 1), ("b", 500)]]
    for feed in feeds:
        feed.connect()
        feed.send_kept(10)
    before = sidecar.resident_bytes()
    # Eight bytes a row: both together send half as much again as may wait.
    total = LIMIT * 3 // 2 // 8 // len(feeds)
    senders = [threading.Thread(target=flood, args=(feed, total), daemon=True) for feed in feeds]
    with injected(sidecar, "fdatasync:delay_enter=60000000:when=1"):
        for sender in senders:
            sender.start()
        eventually("as much to wait as may",
                   lambda: sidecar.metric("kedge_journal_pending_bytes") >= LIMIT)
        eventually("producers to be read no further", lambda: is_constant(
            lambda: sidecar.metric("kedge_ingest_bytes_total")))
        assert any(sender.is_alive() for sender in senders), "everything was taken"
        pending = sidecar.metric("kedge_journal_pending_bytes")
        assert pending < LIMIT + len(feeds) * MEBIBYTE

        anonymous = Source(models[1], "-")
        with Connection(sidecar.socket) as connection:
            connection.send(b"".join(anonymous.line(seq) for seq in range(1, 5_001)))
            eventually("anonymous records to be counted all the same", lambda:
                       sidecar.counts("rows")["second"] == expected([(anonymous, 5_000)])["second"])
        assert sidecar.metric("kedge_journal_unjournaled_records_total") == 5_000
        assert sidecar.metric("kedge_journal_up") == 1
        # The rings and the panes, what waits, and as much again for what the allocator keeps.
        grown = sidecar.resident_bytes() - before
        assert grown < 6 * LIMIT, f"{grown / MEBIBYTE:.0f} MiB more"
    for feed, sender in zip(feeds, senders):
        sender.join(30)
        assert not sender.is_alive(), "a producer is still held back"
        feed.connection.await_ack(feed.last)
    sidecar.kill()
    sidecar.start()
    counted = sidecar.counts("rows")["first"]
    decided = [(feed.source, feed.connect()) for feed in feeds]
    assert [last for _, last in decided] == [10 + total] * 2
    assert counted == expected(decided)["first"]


def flood(feed, count):
    feed.connection.socket.settimeout(120)
    for _ in range(0, count, 1_000):
        feed.send(min(1_000, count + 10 - feed.last))


def is_constant(probe, times=30):
    """Whether a probe, which takes a while, has the same answer so many times in a row."""
    first = probe()
    return all(probe() == first for _ in range(times))


def test_the_end_under_load(make_sidecar, models, seed, draw, soak):
    """SIGTERM while everybody sends: what was acknowledged is there, and it ends in time."""
    sidecar = make_sidecar(windows=LARGE)
    sources = [Source(models[index % 2], name, offset=index * 100)
               for index, name in enumerate("abc")]
    # Few enough under way that nothing leaves the windows in the long run.
    producers = [Producer(source, sidecar.socket, seed=seed, window=200 if soak else 20_000)
                 for source in sources]
    for _ in range(25 if soak else 2):
        sidecar.start()
        counted = sidecar.counts("rows")
        for producer in producers:
            producer.open()
        decided = [(producer.source, producer.await_resumed()) for producer in producers]
        want = expected(decided)
        assert all(sum(features["c"]) < LARGE[0]["rows"] for features in want.values())
        assert {model: counted[model] for model in want} == want
        goal = producers[0].acknowledged + draw.randrange(1, 20_000)
        producers[0].await_acknowledged(goal)
        for producer in producers:
            producer.shut()
        assert sidecar.stop() == 0
        for producer in producers:
            producer.check()
    for producer in producers:
        producer.stop()


def test_the_last_acknowledgement_is_delivered_at_the_end(make_sidecar, models, draw):
    sidecar = make_sidecar(windows=LARGE)
    feed = Feed(sidecar, models[0])
    for _ in range(5):
        sidecar.start()
        feed.connect()
        feed.send(draw.randrange(1, 5_000))
        sidecar.process.terminate()
        feed.connection.await_ack(feed.last)
        assert feed.connection.answer() is None, "then the connection ends"
        assert sidecar.reap() == 0
    sidecar.start()
    assert sidecar.counts("rows")["first"] == expected([(feed.source, feed.last)])["first"]
