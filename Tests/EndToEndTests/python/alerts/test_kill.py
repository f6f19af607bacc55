# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at every step from pending to resolved: nothing is lost, and nothing told twice but for
an answer that did not reach the commit, and that under the same id."""

import contextlib
import sqlite3
import time
from collections import defaultdict

import pytest
from faults import injection
from producer import Connection
from receiver import Gate, answer, reset
from sidecar import Ended, eventually
from watched import epoch, rule, webhook

OK = answer(200, b"ok")


class History:
    """What one place was told of each alert, in order, whatever lived and died meanwhile.

    Each life of the process has another `external_url`, by which its requests are known.
    """

    def __init__(self, requests, bad_answers=()):
        self.alerts = defaultdict(list)
        self.by_id = defaultdict(list)
        for request in requests:
            self.by_id[request.id].append(request)
            for alert in request.message["alerts"]:
                key = alert["fingerprint"], alert["startsAt"]
                self.alerts[key].append((alert["status"], request.id, alert["endsAt"]))
        self.bad_answers = bad_answers

    def check(self):
        for id, requests in self.by_id.items():
            for former, later in zip(requests, requests[1:]):
                lives = [request.message["externalURL"] for request in (former, later)]
                assert lives[0] != lives[1] or former in self.bad_answers, f"{id} twice in {lives}"
            contents = {str([(a["fingerprint"], a["startsAt"], a["status"], a["endsAt"])
                             for a in request.message["alerts"]]) for request in requests}
            assert len(contents) == 1, f"{id} says different things: {contents}"
        for key, told in self.alerts.items():
            states = [state for state, _, _ in told]
            assert states == sorted(states), f"{key} fires after it was over: {told}"
            for state in set(states):
                ids = {id for other, id, _ in told if other == state}
                assert len(ids) == 1, f"{key} is {state} under {ids}"
            assert len({end for state, _, end in told if state == "resolved"}) <= 1
        # Of one fingerprint a new one begins when the former is over.
        starts = defaultdict(list)
        for fingerprint, start in self.alerts:
            starts[fingerprint].append(epoch(start))
        assert all(times == sorted(times) for times in starts.values()), f"out of order: {starts}"

    def last(self):
        """What was told last by fingerprint: one that fires again says that it was over."""
        starts = {}
        for fingerprint, start in self.alerts:
            starts[fingerprint] = max(start, starts.get(fingerprint, ""), key=_start)
        return {key[0]: self.alerts[key][-1][0] for key in starts.items()}

    def check_all_over(self):
        assert set(self.last().values()) <= {"resolved"}, f"nobody was told the end: {self.alerts}"

    def firing(self, fingerprint):
        return self.last().get(fingerprint) == "firing"


def _start(text):
    return epoch(text) if text else 0


class Lives:
    """Starts and kills a sidecar, each life with its number in its messages."""

    def __init__(self, sidecar):
        self.sidecar = sidecar
        self.count = 0

    def start(self, prefix=()):
        self.count += 1
        self.sidecar.write(external_url=f"https://life-{self.count}.example")
        self.sidecar.start(prefix)
        return self.sidecar

    def restart(self, prefix=()):
        if self.sidecar.is_running:
            self.sidecar.kill()
        else:
            self.sidecar.reap()
        return self.start(prefix)


def send_kept(sidecar, data, count, session):
    """Sends records that are in the journal when this returns."""
    with Connection(sidecar.socket) as connection:
        if connection.hello(session).answer() is None:
            raise Ended
        lines = [b'{"seq":%d,' % number + line[1:]
                 for number, line in enumerate(data.splitlines(keepends=True), 1)]
        connection.send(b"".join(lines))
        connection.await_ack(count)


@pytest.mark.parametrize("wait, interval", [("0s", "0s"), ("200ms", "300ms")])
def test_random_moments(wait, interval, watch, receiver, make_model, draw, soak):
    """Models begin and cease to drift, a receiver fails now and then, and the process dies."""
    models = [make_model(name=f"m{number}") for number in range(4)]
    steady, shaky = receiver.place("steady"), receiver.place("shaky")
    bad = []

    def fail_sometimes(connection, request):
        mode = draw.choice([OK, OK, OK, answer(500), reset])
        if mode is not OK:
            bad.append(request)
        mode(connection, request)

    shaky.answers(fail_sometimes)
    sidecar = watch(models, receivers=[webhook(steady, "steady"), webhook(shaky, "shaky")],
                    group_wait=wait, group_interval=interval)
    lives = Lives(sidecar)
    lives.start()
    for moment in range(200 if soak else 12):
        for model in draw.sample(models, draw.randint(1, 3)):
            lines = model.lines(drifted=("x",) if draw.random() < 0.6 else ())
            send_kept(sidecar, lines, 50, f"{moment}-{model.name}")
        time.sleep(draw.uniform(0, 0.5))
        lives.restart()
    for model in models:
        sidecar.drift(model=model)
    sidecar.await_alerts(len(models), "firing")

    def seen():
        return {alert["fingerprint"] for request in steady.requests
                for alert in request.message["alerts"]}

    receiver.wait_for(lambda: len(seen()) == len(models), "every model to be told of")
    prints = seen()
    shaky.answers(OK)
    for place in (steady, shaky):
        receiver.wait_for(lambda: all(History(place.requests).firing(one) for one in prints),
                          f"every alert to be told at {place.url}")
    for model in models:
        sidecar.steady(model=model)
    for place, answers in ((steady, []), (shaky, bad)):
        receiver.wait_for(lambda: not any(History(place.requests).firing(one) for one in prints),
                          f"every end to be told at {place.url}")
        history = History(place.requests, answers)
        history.check()
        history.check_all_over()
    sidecar.eventually("nothing pending", lambda: not any(
        value for _, value in sidecar.samples("kedge_notifications_pending")))
    repeated = sum(len(requests) > 1 for requests in History(steady.requests).by_id.values())
    print(f"{len(steady.requests)} and {len(shaky.requests)} requests, {repeated} of the first "
          "repeated by another life")


@pytest.mark.parametrize("status, end", [
    ("firing", "kill"), ("resolved", "kill"), ("resolved", "stop")])
def test_while_the_answer_is_held(status, end, watch, receiver):
    """Nobody knows whether it was heard: the next life says it again, under the same id."""
    place = receiver.place("team")
    gate = Gate()
    place.answers(*([gate] if status == "firing" else [OK, gate]), OK)
    sidecar = watch(receivers=[webhook(place)])
    lives = Lives(sidecar)
    lives.start()
    sidecar.drift()
    if status == "resolved":
        sidecar.await_outcomes("team", delivered=1)
        sidecar.steady()
    place.await_request("it", lambda request: request.states[0][2] == status)
    count = len(place.requests)
    sidecar.kill() if end == "kill" else sidecar.stop()
    gate.open()
    lives.start()
    again = place.await_requests(count + 1)[-1]
    assert again.id == place.requests[count - 1].id
    sidecar.await_outcomes("team", delivered=1)
    if status == "firing":
        sidecar.steady()
        place.await_requests(count + 2)
    history = History(place.requests)
    history.check()
    history.check_all_over()
    assert len(place.requests) == 3


@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_right_after_the_answer(status, watch, receiver, draw):
    """The answer may have been kept or not; another id would be a lie."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)])
    lives = Lives(sidecar)
    pause = draw.uniform(0, 0.02)

    def answer_and_kill(connection, request):
        OK(connection, request)
        time.sleep(pause)
        sidecar.process.kill()

    lives.start()
    place.answers(*([] if status == "firing" else [OK]), answer_and_kill, OK)
    sidecar.drift()
    if status == "resolved":
        sidecar.await_outcomes("team", delivered=1)
        sidecar.steady()
    sidecar.reap()
    lives.start()
    if status == "firing":
        sidecar.steady()
    receiver.wait_for(lambda: set(History(place.requests).last().values()) == {"resolved"},
                      "the end")
    sidecar.await_alerts(0)
    sidecar.eventually("nothing pending", lambda: not sidecar.sample(
        "kedge_notifications_pending", receiver="team"))
    History(place.requests).check()
    assert len(place.requests) in (2, 3)


def test_what_was_kept_is_not_told_again(watch, receiver, make_model):
    """Two models: that the second is told shows that the first had its time."""
    models = [make_model(name="first"), make_model(name="second")]
    place = receiver.place("team")
    sidecar = watch(models, receivers=[webhook(place)])
    lives = Lives(sidecar)
    lives.start()
    sidecar.drift(model=models[0])
    sidecar.await_outcomes("team", delivered=1)
    # What was answered is kept before the receiver is told anything else.
    sidecar.drift(model=models[1])
    sidecar.await_outcomes("team", delivered=2)
    lives.restart()
    sidecar.await_alerts(2, "firing")
    for model in models:
        sidecar.steady(model=model)
    told = {model.name: [] for model in models}
    receiver.wait_for(lambda: sum(request.states[0][2] == "resolved"
                                  for request in place.requests) >= 2, "both ends")
    for request in place.requests:
        told[request.message["groupLabels"]["model"]].append(request.states[0][2])
    assert told["first"] == ["firing", "resolved"]
    History(place.requests).check()


# Calls are counted by the thread, and two or more threads do them.
CALLS = {"fdatasync": range(1, 5), "pwrite64": range(1, 13)}


@pytest.mark.parametrize("call", CALLS)
def test_at_each_write(call, watch, receiver, draw, soak):
    """The process dies at the n-th call on the file of the alerts: one life after the other."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)])
    lives = Lives(sidecar)
    lives.start()
    sidecar.drift()
    sidecar.await_outcomes("team", delivered=1)
    sidecar.steady()
    sidecar.await_outcomes("team", delivered=2)
    files = [sidecar.state / f"alerts.sqlite{suffix}" for suffix in ("", "-wal")]
    numbers = CALLS[call] if soak else sorted({1, *draw.sample(CALLS[call], 2)})
    deaths = 0
    for number in numbers:
        rules = injection(sidecar.directory, f"{call}:signal=KILL:when={number}",
                          trace=f"trace={call}", files=files)
        try:
            lives.restart(rules)
            cycle(sidecar, place, f"{call}-{number}")
        except (Ended, OSError, AssertionError):
            # Whatever was waited for comes in the next life.
            eventually("the end of this one", lambda: not sidecar.is_running, 5)
        deaths += not sidecar.is_running
        lives.restart()
        cycle(sidecar, place, f"{call}-{number}-again")
        History(place.requests).check()
    History(place.requests).check_all_over()
    print(f"{deaths} of {len(numbers)} calls were reached")
    assert 2 * deaths >= len(numbers)


def cycle(sidecar, place, session):
    """Drifts until that is told, and is steady until that is."""
    def is_told(state):
        if not sidecar.is_running:
            raise Ended
        return list(History(place.requests).last().values()) == [state]

    for state, drifted in (("firing", ("x",)), ("resolved", ())):
        send_kept(sidecar, sidecar.model.lines(drifted=drifted), 50, f"{session}-{state}")
        eventually(f"it to be {state}", lambda: is_told(state))


def kept_alerts(sidecar):
    """How many alerts the file holds."""
    uri = f"file:{sidecar.state / 'alerts.sqlite'}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
        return database.execute("SELECT count(*) FROM alert").fetchone()[0]


def test_pending_over_a_restart(watch, receiver):
    """What held for a while before goes on to count."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=[rule(**{"for": "4s"})])
    lives = Lives(sidecar)
    lives.start()
    send_kept(sidecar, sidecar.model.lines(drifted=("x",)), 50, "a")
    before, = sidecar.await_alerts(1, "pending")
    sidecar.eventually("it to be kept", lambda: kept_alerts(sidecar) == 1)
    for _ in range(3):
        lives.restart()
        after, = sidecar.await_alerts(1)
        assert after["activeAt"] == before["activeAt"]
    request, = place.await_requests(1)
    alert, = request.message["alerts"]
    assert epoch(alert["startsAt"]) - epoch(before["activeAt"]) >= 4
    sidecar.steady()
    place.await_requests(2)
    History(place.requests).check()
    assert len(place.requests) == 2
