# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, read-only or broken: measuring goes on, nothing is acknowledged that is not
kept, and all is well by itself once the disk is."""

import json
import resource
import subprocess

import pytest
from faults import calls, has_injected, injected, injection, small_disk
from feed import WINDOWS, Feed, await_counted, restart_and_check
from producer import Connection
from sidecar import eventually
from world import Source, expected


# Where the log is written, and where it is waited for. A write of nothing at all is the shortest.
FAULTS = {
    "write-full": "pwrite64:error=ENOSPC",
    "write-broken": "pwrite64:error=EIO",
    "write-read-only": "pwrite64:error=EROFS",
    "write-nothing": "pwrite64:retval=0",
    "sync-broken": "fdatasync:error=EIO",
    "sync-full": "fdatasync:error=ENOSPC",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_recovers_by_itself_from_failing_calls(fault, make_sidecar, models, draw, soak):
    for attempt in range(8 if soak else 1):
        sidecar = make_sidecar(f"sidecar-{attempt}", windows=WINDOWS).start()
        feed = Feed(sidecar, models[0])
        feed.connect()
        feed.send_kept(100)
        first = draw.randint(1, 12)
        last = first + (4 if soak else draw.randint(0, 1))
        print(f"{fault} from call {first} to {last}")
        with injected(sidecar, f"{fault}:when={first}..{last}"):
            while not has_injected(sidecar.directory):
                assert feed.last < 2_000, "no call has failed"
                feed.send_kept(10)
            feed.send_kept(10)
        await_counted(sidecar, (feed.source, feed.last))
        eventually("the journal to be up", lambda: sidecar.metric("kedge_journal_up") == 1)
        restart_and_check(sidecar, feed)


def test_writes_that_are_cut_short(make_sidecar, models):
    """At a limit on a file's size a write takes what still fits, and the next one fails."""
    sidecar = make_sidecar(windows=WINDOWS).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(100)
    log = sidecar.state / "kedge.sqlite-wal"
    resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE,
                     (log.stat().st_size + 5_000, resource.RLIM_INFINITY))
    feed.send(1_000)
    eventually("the journal to fail", lambda: sidecar.metric("kedge_journal_up") == 0)
    await_counted(sidecar, (feed.source, feed.last))
    assert feed.connection.answers(0.5) == []
    resource.prlimit(sidecar.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    feed.connection.await_ack(feed.last)
    restart_and_check(sidecar, feed)


@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
def test_killed_at_the_nth_call(call, make_sidecar, models, draw, soak):
    """A kill between any two steps of a commit, of a checkpoint, or of making the file."""
    numbers = range(1, 90) if soak else sorted(draw.sample(range(1, 50), 5))
    print(f"killed at {call} number {list(numbers)}")
    sidecar = make_sidecar(windows=WINDOWS)
    feed = Feed(sidecar, models[0])
    acknowledged = 0
    for number in numbers:
        trace = injection(sidecar.directory, f"{call}:signal=KILL:when={number}")
        sidecar.launch(trace)
        acknowledged = feed_until_killed(sidecar, feed, acknowledged)
        sidecar.start()
        counts = sidecar.counts("rows"), sidecar.counts("time")
        decided = feed.connect()
        assert decided >= acknowledged
        for window in counts:
            assert window["first"] == expected([(feed.source, decided)])["first"]
        acknowledged = decided
        sidecar.kill()
    assert acknowledged > 0


def feed_until_killed(sidecar, feed, acknowledged):
    """Sends until the sidecar dies; returns what was acknowledged by then."""
    while sidecar.process.poll() is None:
        try:
            decided = feed.connect()
            assert decided >= acknowledged
            acknowledged = decided
            while True:
                feed.send_kept(3)
                acknowledged = feed.last
        except (OSError, TypeError, AssertionError) as error:
            if isinstance(error, AssertionError) and "ended before" not in str(error):
                raise
    sidecar.reap()
    return acknowledged


def decided(sidecar, session):
    """How far a session has come by what is on the disk."""
    answer = subprocess.run(
        [sidecar.kedge, "journal", "inspect", "--state", sidecar.state, "--format", "json"],
        capture_output=True, timeout=60, check=True)
    return {each["session"]: each["decided"] for each in json.loads(answer.stdout)["sessions"]}[session]


def test_full_disk_that_is_freed_later(make_sidecar, models):
    sidecar = make_sidecar(windows=WINDOWS)
    with small_disk(sidecar, "3m") as disk:
        sidecar.start()
        feed = Feed(sidecar, models[0])
        feed.connect()
        feed.send_kept(500)

        disk.fill()
        feed.send(100)
        eventually("the journal to fail", lambda: sidecar.metric("kedge_journal_up") == 0)
        for _ in range(5):
            feed.send(200)
        await_counted(sidecar, (feed.source, feed.last))
        answers = feed.connection.answers(1.5)
        # A log that is written over needs no room, so that some of it may still have been kept.
        kept = decided(sidecar, feed.source.session)
        assert all(line["ack"] <= kept for line in answers), (answers, kept)
        assert sidecar.metric("kedge_journal_up") == 0
        assert sidecar.metric("kedge_journal_unjournaled_records_total") > 0
        journal = sidecar.journal()
        assert journal["status"] == "failing" and disk.full_reason in journal["reason"], journal
        second = Feed(sidecar, models[1], "b")
        assert second.connect() == 0, "the hello of a new session is answered all the same"

        disk.free()
        feed.connection.await_ack(feed.last)
        assert sidecar.metric("kedge_journal_up") == 1
        assert sidecar.journal() == {"status": "ok", "reason": None}
        feed.send_kept(100)
        second.send_kept(10)
        restart_and_check(sidecar, feed)


def test_started_on_a_full_disk(make_sidecar, models):
    """What was acknowledged before is neither forgotten nor overwritten."""
    sidecar = make_sidecar(windows=WINDOWS)
    with small_disk(sidecar, "3m") as disk:
        sidecar.start()
        feed = Feed(sidecar, models[0])
        feed.connect()
        feed.send_kept(500)
        acknowledged = feed.last
        sidecar.kill()

        disk.fill()
        sidecar.start(disk.prefix)
        assert sidecar.metric("kedge_journal_up") == 0
        anonymous = Source(models[1], "-", offset=5)
        with Connection(sidecar.socket) as connection:
            connection.send(b"".join(anonymous.line(seq) for seq in range(1, 51)))
            await_counted(sidecar, (anonymous, 50))
        disk.free()
        eventually("the journal to be up", lambda: sidecar.metric("kedge_journal_up") == 1)
        assert feed.connect() == acknowledged, sidecar.log
        feed.send_kept(100)
        await_counted(sidecar, (feed.source, feed.last))
        restart_and_check(sidecar, feed)
        sidecar.kill()


def test_what_waited_for_the_journal_is_kept(make_sidecar, models):
    """Records that stand behind a hello while it is not known where the session stands.

    Each line of the log takes long, so that they are counted while the journal is taken up again.
    """
    sidecar = make_sidecar(windows=WINDOWS)
    with small_disk(sidecar, "3m") as disk:
        sidecar.start()
        feed = Feed(sidecar, models[0])
        feed.connect()
        feed.send_kept(500)
        sidecar.kill()

        disk.fill()
        slow_log = injection(sidecar.directory, "write:delay_enter=30000", trace="trace=write")
        sidecar.start([*disk.prefix, *slow_log])
        feed.connection = Connection(sidecar.socket).hello("a")
        feed.send(100)
        assert feed.connection.answers(0.2) == [], "nobody knows yet where the session stands"
        disk.free()
        hello = feed.connection.answer()["hello"]["seq"]
        assert hello in (500, 600)
        if hello == 500:
            feed.connection.await_ack(600)
        restart_and_check(sidecar, feed)
        sidecar.kill()


@pytest.mark.parametrize("call", ["openat", "pread64", "ftruncate"])
def test_started_on_a_broken_disk(call, make_sidecar, models, draw, soak):
    """Some calls on the journal's files fail at the start: what could not be read then is later."""
    sidecar = make_sidecar(windows=WINDOWS).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(500)
    sidecar.kill()
    last = calls_at_start(sidecar, call)
    numbers = range(1, last + 1) if soak else {1, *draw.sample(range(1, last + 1), min(last, 2))}
    failed = []
    for number in sorted(numbers):
        print(f"{call} number {number} of about {last} fails")
        only = injection(sidecar.directory, f"{call}:error=EIO:when={number}",
                         trace=f"trace={call}", files=journal_files(sidecar))
        sidecar.start(only)
        failed += [number] if has_injected(sidecar.directory) else []
        acknowledged = feed.last
        assert feed.connect() == acknowledged, sidecar.log
        feed.send_kept(100)
        await_counted(sidecar, (feed.source, feed.last))
        restart_and_check(sidecar, feed)
        sidecar.kill()
    # How much of the log there is to read differs by a few calls from start to start.
    assert 1 in failed and len(failed) >= len(numbers) * 0.3, failed


def test_windows_that_cannot_be_read_at_the_start(make_sidecar, models, draw, soak):
    """The sessions can: what is acknowledged meanwhile must be counted beside what is read later."""
    large = [{"name": "rows", "rows": 1_000_000}, WINDOWS[1]]
    sidecar = make_sidecar(windows=large).start()
    feed = Feed(sidecar, models[0])
    feed.connect()
    feed.send_kept(150_000)  # more than SQLite's cache holds once the file was checked
    sidecar.kill()
    wanted = 40 if soak else 2
    failed = []
    # What there is to read is less once a log was written back, so that it is counted each time,
    # and still differs by some calls from start to start.
    for _ in range(wanted * 4):
        last = calls_at_start(sidecar, "pread64")
        number = draw.randint(last * 2 // 3, last * 9 // 10)
        print(f"pread64 number {number} of {last} fails")
        sidecar.start(injection(sidecar.directory, f"pread64:error=EIO:when={number}",
                                trace="trace=pread64", files=journal_files(sidecar)))
        failed += [number] if has_injected(sidecar.directory) else []
        acknowledged = feed.last
        assert feed.connect() == acknowledged, sidecar.log
        feed.send_kept(100)
        await_counted(sidecar, (feed.source, feed.last))
        restart_and_check(sidecar, feed)
        sidecar.kill()
        if len(failed) == wanted:
            break
    assert len(failed) == wanted, f"calls have failed in {len(failed)} starts only"


def calls_at_start(sidecar, call):
    """How many calls on the journal's files there are on the thread that opens it; the next starts
    have about as many. Rules count by the thread."""
    sidecar.start(injection(sidecar.directory, trace=f"trace={call}", files=journal_files(sidecar)))
    threads = [line.split()[0] for line in calls(sidecar.directory)]
    sidecar.kill()
    assert threads, "no call on the journal's files"
    return threads.count(threads[0])


def journal_files(sidecar):
    return [sidecar.state / f"kedge.sqlite{suffix}" for suffix in ("", "-wal", "-shm")]


def test_started_on_a_read_only_disk(make_sidecar, models):
    """It says so and ends: this is no disk that will be well by itself. Nothing is harmed."""
    sidecar = make_sidecar(windows=WINDOWS)
    with small_disk(sidecar, "3m") as disk:
        sidecar.start()
        feed = Feed(sidecar, models[0])
        feed.connect()
        feed.send_kept(500)
        sidecar.kill()
        disk.set_writable(False)
        sidecar.launch(disk.prefix)
        assert sidecar.reap() == 1
        assert "Read-only file system" in sidecar.log
        disk.set_writable(True)
        sidecar.start()
        restart_and_check(sidecar, feed)
        sidecar.kill()
