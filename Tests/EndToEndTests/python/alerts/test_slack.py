# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Messages for people: Slack's blocks under whatever names there are, and PagerDuty's events.

What real drift of the flights looks like in Slack is checked by `test_flights`.
"""

import concurrent.futures
import re

from receiver import answer
from slack_blocks import message_breaches
from watched import rule, seconds_between

EVIL = {
    "mentions": "<!channel>", "bold": "*bold*",
    "user": "<@U012AB3CD> <https://evil.example|click>",
    "marks": "_i_ ~s~ `code` ```block```", "entities": "&lt;b&gt; &amp; a&b", "quotes": "\"'“”\\",
    "emoji": ":rotating_light: 👩‍👩‍👧‍👦🏴‍☠️", "long": "n" * 300,
    "long-wide": "ж" * 148 + "🙂",
    "lines": "two\nlines", "carriage": "a\r\nb\tc", "spaces": "  a  ", "escape": "\x1b[31mred\x07",
    "direction": "abc\u202edef\u2066ghi", "braces": "{{ $labels.x }} %s %n \\u0041",
    "quote": "> quoted", "equals": "a=b,c!=d", "zero-width": "a\u200bb",
}


CASES = {key: [name] for key, name in EVIL.items()} | {"all": list(EVIL.values())}


def test_names(watch, receiver, make_model):
    """Features, categories, a model, its version and an annotation of such a name."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        checks = {key: pool.submit(check_names, key, CASES[key], watch, receiver, make_model)
                  for key in CASES}
    faults = {key: check.exception() for key, check in checks.items() if check.exception()}
    assert not faults, "\n".join(f"{key}: {fault}" for key, fault in faults.items())


def check_names(key, names, watch, receiver, make_model):
    name = names[0]
    model = make_model(name=name, version=name, numbers=["x"] + [
        "n " + name for name in names], categories=["c " + name for name in names])
    slack, team, am = (receiver.place(path) for path in (
        f"slack-{key}", f"team-{key}", f"am-{key}/api/v2/alerts"))
    sidecar = watch([model], key, external_url="https://kedge.example", rules=[
        rule(features=["*"], annotations={"note": name, "*b*": "<!here> *b*"},
             runbook="https://runbooks.example/a?b=1&c=2"),
        {"name": "Unseen", "statistic": "unseen_ratio", "above": 0.2, "severity": "critical"}],
        receivers=[{"name": "slack", "slack": {"url": slack.url}},
                   {"name": "team", "webhook": {"url": team.url}},
                   {"name": "am", "alertmanager": {"url": f"{receiver.url}/am-{key}"}}])
    sidecar.start()
    drifting = ["x", *model.numbers, *model.categories]
    sidecar.send(model.lines(drifted=drifting, category=name))
    firing = slack.await_requests(1)[0]
    sidecar.steady(model=model)
    over = slack.await_request("the end", lambda it: "RESOLVED" in it.message["text"])
    for request in (firing, over):
        assert list(message_breaches(request.body.decode())) == []
    assert "FIRING" in firing.message["text"]
    # Elsewhere a name is what it is.
    request = team.await_requests(1)[0]
    assert request.message["groupLabels"] == {"model": name, "model_version": name}
    features = {alert["labels"]["feature"] for alert in request.message["alerts"]}
    assert features == {"x", *("n " + name for name in names), *("c " + name for name in names)}
    alert = am.await_requests(1)[0].message[0]
    assert alert["labels"]["model"] == name
    # A log is lines, whatever the names.
    assert not any("text" in record for record in sidecar.records), sidecar.text
    sidecar.close()


def test_one_message_a_second(watch, receiver, make_model):
    """Also when a reload asks for more, and after a refusal."""
    models = [make_model(name=f"m{number}") for number in range(4)]
    slack, team = receiver.place("slack"), receiver.place("team")
    slack.answers(answer(200, b"ok"), answer(400, b"invalid_blocks"), answer(200, b"ok"))
    sidecar = watch(models, receivers=[{"name": "slack", "slack": {"url": slack.url}},
                                       {"name": "team", "webhook": {"url": team.url}}])
    sidecar.start()
    for model in models:
        sidecar.drift(model=model)
    requests = slack.await_requests(4)
    assert all(wait >= 0.99 for wait in seconds_between(requests)), seconds_between(requests)
    assert len({request.message["text"] for request in requests}) == 4
    assert all("drifted" in request.message["text"] for request in requests)
    team.await_requests(4)
    # Coalesced: what fires and is over before its turn is one message.
    for model in models[:2]:
        sidecar.steady(model=model)
    requests = slack.await_requests(6)
    assert all(wait >= 0.99 for wait in seconds_between(requests))
    assert sum("RESOLVED" in request.message["text"] for request in requests) == 2


EVENT = {"routing_key", "event_action", "dedup_key", "client", "client_url", "payload", "links"}
PAYLOAD = {"summary", "source", "severity", "timestamp", "component", "group", "class",
           "custom_details"}


def check_event(request):
    """What PagerDuty's Events API v2 takes."""
    event = request.message
    assert event.keys() <= EVENT, event.keys()
    assert event["event_action"] in ("trigger", "resolve")
    assert 1 <= len(event["dedup_key"]) <= 255
    payload = event["payload"]
    assert payload.keys() <= PAYLOAD and {"summary", "source", "severity"} <= payload.keys()
    assert 1 <= len(payload["summary"]) <= 1_024 and payload["source"]
    assert payload["severity"] in ("critical", "error", "warning", "info")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", payload["timestamp"])
    assert all(link["href"].startswith("https://") and link["text"] for link in event["links"])
    assert len(request.body) < 512_000
    return event


def test_pagerduty(watch, receiver, make_model, tmp_path):
    key = "r0ut1ngk3y0123456789abcdef012345"
    (tmp_path / "key").write_text(key + "\n")
    model = make_model(name="<!channel>", numbers=[f"f{n}" for n in range(150)] + ["x"])
    pager = receiver.place("pager").answers(
        answer(429, b'{"status":"throttle exceeded"}'), answer(202, b'{"status":"success"}'))
    sidecar = watch([model], external_url="https://kedge.example", rules=[
        rule(features=["f*"], annotations={"note": "n" * 2_000}),
        rule("Grave", severity="critical", runbook="https://runbooks.example/x")],
        receivers=[{"name": "pager", "pagerduty": {
            "url": pager.url, "routing_key_file": str(tmp_path / "key")}}])
    sidecar.start()
    sidecar.drift(*model.numbers)
    first, again = pager.await_requests(2)
    assert first.message == again.message | {"payload": again.message["payload"] | {
        "timestamp": first.message["payload"]["timestamp"]}} | {"payload": first.message["payload"]}
    event = check_event(again)
    assert event["routing_key"] == key and event["event_action"] == "trigger"
    assert event["payload"]["severity"] == "critical"
    details = event["payload"]["custom_details"]
    assert details["num_firing"] == 151 and "left_out" in details
    assert {"href": "https://runbooks.example/x", "text": "Runbook of Grave"} in event["links"]
    # Less grave, and still the same incident.
    sidecar.drift(*model.numbers[:3])
    lesser = check_event(pager.await_request("less", lambda it: it.message["payload"][
        "severity"] == "warning"))
    assert lesser["event_action"] == "trigger"
    sidecar.steady()
    over = check_event(pager.await_request("the end", lambda it: it.message[
        "event_action"] == "resolve"))
    assert over["dedup_key"] == lesser["dedup_key"] == event["dedup_key"]
    answers = [sidecar.get(path)[1].decode() for path in ("/metrics", "/api/v1/alerts")]
    assert not any(key in text for text in (sidecar.text, *answers))
