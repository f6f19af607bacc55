# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The file of the alerts damaged, taken away, on a full disk: alerts go on, and the log says so."""

import shutil

import pytest
from clock import Clock
from faults import injection, small_disk
from watched import rule, webhook


def started(watch, receiver, **settings):
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], **settings)
    return sidecar, place


def file_of(sidecar):
    return sidecar.state / "alerts.sqlite"


@pytest.mark.parametrize("damage", ["header", "middle", "cut", "empty", "text"])
def test_damaged(damage, watch, receiver):
    """Set aside: what fires is told anew, since nobody knows any more what was told."""
    sidecar, place = started(watch, receiver)
    sidecar.start()
    sidecar.drift()
    place.await_requests(1)
    sidecar.await_outcomes("team", delivered=1)
    assert sidecar.stop() == 0
    file = file_of(sidecar)
    data = file.read_bytes()
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    file.write_bytes({
        "header": b"X" * 100 + data[100:],
        "middle": data[:4_096] + bytes(range(256)) * 16 + data[8_192:],
        "cut": data[:len(data) // 2], "empty": b"", "text": b"this is no database\n" * 300,
    }[damage])
    sidecar.start()
    again = place.await_requests(2)[1]
    assert again.states == [("Drift", "x", "firing")]
    assert again.id != place.requests[0].id
    if damage != "empty":
        said = [record for record in sidecar.records if "alerts" in str(record)
                and record.get("level") in ("error", "warning")]
        assert said, sidecar.log
    sidecar.steady()
    place.await_requests(3)
    # From now on it is kept again.
    assert sidecar.stop() == 0
    sidecar.start()
    sidecar.drift()
    place.await_requests(4)
    assert [request.states[0][2] for request in place.requests] == [
        "firing", "firing", "resolved", "firing"]


@pytest.mark.parametrize("whose", ["file", "all"])
def test_removed_while_it_runs(whose, watch, receiver):
    """Whoever removes it loses what it held; the alerts of the running process are told all the
    same."""
    sidecar, place = started(watch, receiver)
    sidecar.start()
    sidecar.drift()
    sidecar.await_outcomes("team", delivered=1)
    for file in sidecar.state.glob("alerts.sqlite*" if whose == "all" else "alerts.sqlite"):
        file.unlink()
    for number in range(1, 4):
        sidecar.steady()
        place.await_requests(2 * number)
        sidecar.drift()
        place.await_requests(2 * number + 1)
    states = [request.states[0][2] for request in place.requests]
    assert states == ["firing", "resolved"] * 3 + ["firing"]
    sidecar.kill()
    sidecar.start()
    sidecar.eventually("the alert", lambda: sidecar.alerts())
    sidecar.steady()
    place.await_request("the end", lambda it: it.states[0][2] == "resolved"
                        and it is not place.requests[5] and it.at > place.requests[6].at)


def test_a_file_that_cannot_be_read(watch, receiver):
    """Nobody knows what was told: for a minute it is left alone, then alerts are more important."""
    sidecar, place = started(watch, receiver)
    file_of(sidecar).mkdir(parents=True)
    (file_of(sidecar) / "something").touch()
    clock = Clock(sidecar.directory)
    clock.set(0)
    sidecar.start(clock.prefix)
    sidecar.await_log("alerts cannot be read; notifications wait")
    sidecar.drift()
    sidecar.await_alerts(1, "firing")
    sidecar.await_a_look()
    assert not place.requests
    clock.set(61)
    place.await_requests(1)
    sidecar.steady()
    place.await_requests(2)
    # Whoever mends it needs no restart.
    shutil.rmtree(file_of(sidecar))
    sidecar.drift()
    place.await_requests(3)
    sidecar.await_log("alerts are kept again")


def test_a_full_disk(watch, receiver, make_model):
    """Alerts of many features, so that what is kept grows."""
    names = [f"f{number}" for number in range(60)]
    model = make_model(numbers=["x", *names])
    place = receiver.place("team")
    sidecar = watch([model], receivers=[webhook(place)], rules=[rule(features=["*"])])
    with small_disk(sidecar, "4m") as disk:
        sidecar.start()
        sidecar.drift("x")
        sidecar.await_outcomes("team", delivered=1)
        disk.fill()
        sidecar.drift("x", *names)
        assert len(place.await_requests(2)[1].states) == 61
        sidecar.await_log("alerts are not kept")
        sidecar.steady()
        assert place.await_requests(3)[2].message["status"] == "resolved"
        sidecar.await_outcomes("team", delivered=3)
        disk.free()
        sidecar.await_log("alerts are kept again")
        sidecar.drift(*names[:2])
        sidecar.await_outcomes("team", delivered=4)
        assert sidecar.stop() == 0
        sidecar.start()
        sidecar.await_alerts(2, "firing")
        sidecar.steady()
        assert place.await_requests(5)[4].message["status"] == "resolved"
        sidecar.await_outcomes("team", delivered=1)
        assert len(place.ids) == len(set(place.ids)) == 5
        sidecar.close()


def test_started_on_a_full_disk(watch, receiver):
    """What was told is not known, until it can be read: meanwhile nothing is told twice."""
    sidecar, place = started(watch, receiver)
    with small_disk(sidecar, "4m") as disk:
        sidecar.start()
        sidecar.drift()
        sidecar.await_outcomes("team", delivered=1)
        sidecar.kill()
        disk.fill()
        sidecar.start(disk.prefix)
        sidecar.eventually("the alert", lambda: sidecar.alerts())
        disk.free()
        sidecar.steady()
        assert place.await_requests(2)[1].states == [("Drift", "x", "resolved")]
        sidecar.await_outcomes("team", delivered=1)
        sidecar.close()


def test_without_a_state_directory(watch, receiver):
    """Nothing is kept, and everything is told."""
    sidecar, place = started(watch, receiver, state=False)
    sidecar.start()
    sidecar.drift()
    place.await_requests(1)
    sidecar.steady()
    place.await_requests(2)


def test_a_disk_that_hangs(watch, receiver):
    """Nobody is told before it is kept, and nothing else waits for the disk."""
    sidecar, place = started(watch, receiver)
    log = sidecar.state / "alerts.sqlite-wal"
    sidecar.start(injection(sidecar.directory, "fdatasync:delay_enter=3000000",
                            trace="trace=fdatasync", files=[log]))
    sidecar.drift()
    sidecar.await_alerts(1, "firing")
    answers = 0
    while not place.requests:
        assert sidecar.request("GET", "/health")[0] == 200
        answers += 1
    assert answers >= 10, "the process waited for the disk"
    place.await_requests(1)
