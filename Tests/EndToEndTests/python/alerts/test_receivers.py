# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What receivers are sent for every way in which they may answer: when, how often, under which id.

Only the least time that something takes is checked: a busy machine makes everything late.
"""

import datetime
import email.utils
from dataclasses import dataclass, field

import pytest
from clock import Clock
from receiver import Gate, Receiver, answer, drip, hang, redirect, reset, unfinished
from watched import Watched, seconds_between, webhook

TOLD = {"delivered": 1}
#: The next attempt after a failure: half of what is left at random of 1 s, 2 s, 4 s …
FIRST_WAIT, SECOND_WAIT = 0.5, 1.0
OK = answer(200, b"ok")


def at_a_date(connection, request):
    """429, and the time at which the receiver wants to hear again, in the words of HTTP."""
    date = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=4)
    answer(429, Retry_After=email.utils.format_datetime(date, usegmt=True))(connection, request)


@dataclass
class Case:
    """How a receiver answers, and what it must come to."""
    modes: list
    outcomes: dict
    waits: list = field(default_factory=list)
    kind: str = "webhook"
    timeout: str = "15s"
    is_disabled: bool = False


FAILED_ONCE = {"failed": 1, "delivered": 1}
CASES = {
    "ok": Case([OK], TOLD),
    "other-text": Case([answer(200, b"thank you")], TOLD),
    "empty": Case([answer(204)], TOLD),
    "accepted": Case([answer(202, b'{"status":"queued"}')], TOLD),
    "seconds": Case([answer(429, Retry_After=3), OK], FAILED_ONCE, [3.0]),
    # A date has whole seconds.
    "date": Case([at_a_date, OK], FAILED_ONCE, [3.0]),
    "nonsense": Case([answer(429, Retry_After="soon"), OK], FAILED_ONCE, [FIRST_WAIT]),
    "overloaded": Case([answer(500), answer(503, b"busy"), OK], {"failed": 2, "delivered": 1},
                       [FIRST_WAIT, SECOND_WAIT]),
    "hang": Case([hang, OK], FAILED_ONCE, [FIRST_WAIT], timeout="500ms"),
    "reset": Case([reset, OK], FAILED_ONCE, [FIRST_WAIT]),
    "slow": Case([drip(b"okay")], TOLD),
    # The status says what became of it, however slowly the rest comes.
    "unfinished": Case([unfinished(200), OK], TOLD, timeout="500ms"),
    "unfinished-wish": Case([unfinished(429, Retry_After=3), OK], FAILED_ONCE, [3.0],
                            timeout="500ms"),
    "unfinished-gone": Case([unfinished(410, b"gone"), OK], {"abandoned": 1}, is_disabled=True),
    "redirect": Case(["redirect", OK], {"rejected": 1}),
    "moved": Case(["moved", OK], {"rejected": 1}),
    "unknown": Case([answer(404, b"no such hook"), OK], {"rejected": 1}),
    "bad": Case([answer(400, b'{"error":"bad"}'), OK], {"rejected": 1}),
    "forbidden": Case([answer(401), OK], {"rejected": 1}),
    "gone": Case([answer(410, b"gone"), OK], {"abandoned": 1}, is_disabled=True),
    "slack": Case([OK], TOLD, kind="slack"),
    "slack-json": Case([answer(200, b'{"ok": true}')], TOLD, kind="slack"),
    "slack-refusal": Case([answer(200, b"no_text"), OK], {"rejected": 1}, kind="slack"),
    "slack-json-refusal": Case([answer(200, b'{"ok":false}'), OK], {"rejected": 1}, kind="slack"),
    "slack-slow": Case([drip(b"ok")], TOLD, kind="slack", timeout="500ms"),
    "slack-unfinished": Case([unfinished(200, b"ok")], TOLD, kind="slack", timeout="500ms"),
    "slack-silent": Case([unfinished(200), OK], FAILED_ONCE, [FIRST_WAIT], "slack", "500ms"),
    "slack-limited": Case([answer(429, b"rate_limited", Retry_After=2), OK], FAILED_ONCE, [2.0],
                          "slack"),
    "pager": Case([answer(202, b'{"status":"success"}')], TOLD, kind="pagerduty"),
    "pager-bad": Case([answer(400, b'{"status":"invalid event"}'), OK], {"rejected": 1},
                      kind="pagerduty"),
    "am": Case([answer(200)], TOLD, kind="alertmanager"),
}


@pytest.fixture(scope="module")
def scene(kedge, built, tmp_path_factory):
    """A sidecar with a receiver of each kind of answer, and one that nobody is at, told once."""
    built.sent = 0
    directory = tmp_path_factory.mktemp("scene")
    (directory / "key").write_text("R0UT1NGK3Y")
    receiver = Receiver()
    settings = []
    for name, case in CASES.items():
        path = f"{name}/api/v2/alerts" if case.kind == "alertmanager" else name
        modes = [{"redirect": redirect(receiver), "moved": redirect(receiver, 302)}.get(mode, mode)
                 if isinstance(mode, str) else mode for mode in case.modes]
        receiver.place(path).answers(*modes)
        connection = {"url": f"{receiver.url}/{name}", "timeout": case.timeout}
        if case.kind == "pagerduty":
            connection["routing_key_file"] = str(directory / "key")
        settings.append({"name": name, case.kind: connection})
    absent = Receiver()
    absent.close()
    settings.append(webhook(absent.place("nobody"), "nobody"))
    sidecar = Watched(kedge, directory / "sidecar", [built], receivers=settings)
    sidecar.start()
    sidecar.drift()
    yield sidecar, receiver
    sidecar.close()
    receiver.close()
    receiver.check()


def place_of(receiver, name):
    path = f"{name}/api/v2/alerts" if CASES[name].kind == "alertmanager" else name
    return receiver.place(path)


@pytest.mark.xdist_group("scene")
@pytest.mark.parametrize("name", CASES)
def test_an_answer(name, scene):
    sidecar, receiver = scene
    case, place = CASES[name], place_of(receiver, name)
    sidecar.await_outcomes(name, **case.outcomes)
    requests = place.await_requests(len(case.waits) + 1)
    assert len(requests) == len(case.waits) + 1
    for wait, least in zip(seconds_between(requests), case.waits):
        assert wait >= least, (seconds_between(requests), case.waits)
    assert len({request.id for request in requests}) == 1, "an attempt has another id"
    assert sidecar.sample("kedge_receiver_disabled", receiver=name) == case.is_disabled
    assert sidecar.sample("kedge_notifications_pending", receiver=name) == 0
    if case.kind == "webhook":
        assert all(request.states == [("Drift", "x", "firing")] for request in requests)
        starts = {request.message["alerts"][0]["startsAt"] for request in requests}
        assert len(starts) == 1
        assert abs(int(requests[-1].field("webhook-timestamp")) - requests[-1].wall) < 30
        assert "." not in requests[0].id


@pytest.mark.xdist_group("scene")
def test_nobody_there(scene):
    sidecar, _ = scene
    sidecar.eventually("attempts", lambda: sidecar.outcomes("nobody").get("failed", 0) >= 2)
    assert sidecar.outcomes("nobody").keys() == {"failed"}
    assert sidecar.sample("kedge_notifications_pending", receiver="nobody") == 1
    assert sidecar.sample("kedge_receiver_disabled", receiver="nobody") == 0


@pytest.mark.xdist_group("scene")
def test_when_it_is_over(scene):
    """Whoever is not gone is told once more, under another id."""
    sidecar, receiver = scene
    for name, case in CASES.items():
        sidecar.await_outcomes(name, **case.outcomes)
    assert sidecar.sample("kedge_alerts", state="firing") == 1
    sidecar.steady()
    for name, case in CASES.items():
        if not case.is_disabled:
            place = place_of(receiver, name)
            first, last = place.await_requests(len(case.waits) + 2)[-2:]
            assert first.id != last.id or case.kind != "webhook"
            if case.kind == "webhook":
                assert last.states == [("Drift", "x", "resolved")]
            sidecar.eventually(f"{name} to have had its last request",
                               lambda: len(place.requests) == sum(sidecar.outcomes(name).values()))
    sidecar.eventually("no alert", lambda: sidecar.sample("kedge_alerts", state="firing") == 0)
    assert len(receiver.place("gone").requests) == 1


@pytest.mark.xdist_group("scene")
def test_the_log_says_why(scene):
    sidecar, receiver = scene
    for name, words in {
        "hang": "no answer within", "reset": "reset", "overloaded": "answered 500",
        "redirect": "redirects are not followed", "gone": "answered 410: gone",
        "unknown": "answered 404: no such hook", "slack-refusal": "answered 200: no_text",
        "nobody": "refused",
    }.items():
        def said():
            return [record for record in list(sidecar.records)
                    if record.get("receiver") == name and "reason" in record]
        sidecar.eventually(f"the log to name {name}", said)
        assert words in said()[0]["reason"], said()[0]


def test_a_slow_receiver_delays_nobody(watch, receiver):
    slow, quick = receiver.place("slow"), receiver.place("quick")
    gate = Gate()
    slow.answers(gate, OK)
    sidecar = watch(receivers=[webhook(slow, "slow", timeout="60s"), webhook(quick, "quick")])
    sidecar.start()
    sidecar.drift()
    slow.await_requests(1)
    for number in range(1, 4):
        # Fires and is over again and again, while the first request to the other one is held.
        quick.await_request("it fires", lambda it: it.states[0][2] == "firing")
        sidecar.steady()
        quick.await_requests(2 * number)
        sidecar.drift()
        quick.await_requests(2 * number + 1)
    assert len(slow.requests) == 1
    assert sidecar.sample("kedge_notifications_pending", receiver="slow") == 1
    assert sidecar.metric("kedge_ingest_records_total") == 7 * 50
    gate.open()
    # It knows of one that fired, and another fires now, which is news; what was between is not.
    states = [request.states for request in slow.await_requests(2)]
    assert states == [[("Drift", "x", "firing")], [("Drift", "x", "firing")]]
    starts = [request.message["alerts"][0]["startsAt"] for request in slow.requests]
    assert starts[0] < starts[1]
    assert quick.requests[-1].message["alerts"][0]["startsAt"] == starts[1]


def test_repeats(watch, receiver):
    """Every four hours, by a clock that the test sets."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], group_interval="5m")
    clock = Clock(sidecar.directory)
    clock.set(0)
    sidecar.start(clock.prefix)
    sidecar.drift()
    place.await_requests(1)
    for number in range(1, 4):
        sidecar.await_outcomes("team", delivered=number)
        clock.set(number * 14_400 - 60)
        sidecar.await_a_look()
        assert len(place.requests) == number
        clock.set(number * 14_400 + 1)
        place.await_requests(number + 1)
    assert len(set(place.ids)) == 4, "a repetition is another notification"
    assert len({request.message["alerts"][0]["startsAt"] for request in place.requests}) == 1
    sidecar.steady()
    sidecar.await_alerts(0)
    clock.set(4 * 14_400)
    over = place.await_requests(5)[4]
    assert over.states == [("Drift", "x", "resolved")]
    sidecar.await_outcomes("team", delivered=5)
    clock.set(9 * 14_400)
    sidecar.await_a_look()
    assert len(place.requests) == 5, "what is over is repeated"


def test_a_disabled_receiver_is_tried_after_a_reload(watch, receiver):
    place = receiver.place("team").answers(answer(410), OK)
    sidecar = watch(receivers=[webhook(place)])
    sidecar.start()
    sidecar.drift()
    sidecar.await_outcomes("team", abandoned=1)
    assert sidecar.sample("kedge_receiver_disabled", receiver="team") == 1
    sidecar.steady()
    sidecar.await_alerts(0)
    sidecar.drift()
    sidecar.await_alerts(1)
    assert len(place.requests) == 1
    sidecar.reload()
    assert place.await_requests(2)[1].states == [("Drift", "x", "firing")]
    sidecar.await_outcomes("team", abandoned=1, delivered=1)
    assert sidecar.sample("kedge_receiver_disabled", receiver="team") == 0


def test_a_receiver_that_comes_back(watch, make_receiver):
    """Away while an alert fired and was over: one message, with its times."""
    absent = make_receiver()
    absent.close()
    there = make_receiver()
    sidecar = watch(receivers=[webhook(absent.place("team")), webhook(there.place("log"), "log")])
    sidecar.start()
    sidecar.drift()
    there.place("log").await_requests(1)
    sidecar.eventually("an attempt", lambda: sidecar.outcomes("team").get("failed", 0) >= 1)
    sidecar.steady()
    fired, over = there.place("log").await_requests(2)
    back = make_receiver(port=absent.port)
    request = back.place("team").await_requests(1)[0]
    assert request.states == [("Drift", "x", "resolved")]
    alert, = request.message["alerts"]
    assert alert["startsAt"] == fired.message["alerts"][0]["startsAt"]
    assert alert["endsAt"] == over.message["alerts"][0]["endsAt"]
    sidecar.eventually("it to be told", lambda: sidecar.outcomes("team").get("delivered") == 1)
    assert len(back.place("team").requests) == 1
