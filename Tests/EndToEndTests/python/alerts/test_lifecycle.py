# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What becomes an alert, for how long, and who is told of it or is not."""

import datetime
import json

import pytest
from clock import Clock
from producer import Connection
from watched import ROWS, epoch, rule, webhook


def described(request, feature=None):
    """The description of an alert in a webhook's body."""
    return next(alert["annotations"]["description"] for alert in request.message["alerts"]
                if feature in (None, alert["labels"].get("feature")))


def states(alerts):
    return sorted((alert["labels"]["alertname"], alert["labels"].get("feature"), alert["state"])
                  for alert in alerts)


# How long

def test_for(watch, receiver):
    """Pending first; what clears before is never told."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=[rule(**{"for": "1s"}), rule("Long", **{
        "for": "1h"})])
    sidecar.start()
    sidecar.drift()
    pending = sidecar.await_alerts(2)
    assert sidecar.sample("kedge_alerts", state="pending") >= 1
    since = {alert["activeAt"] for alert in pending}
    request, = place.await_requests(1)
    assert request.states == [("Drift", "x", "firing")]
    alert, = request.message["alerts"]
    assert len(since) == 1 and epoch(alert["startsAt"]) - epoch(since.pop()) >= 1
    assert states(sidecar.alerts()) == [("Drift", "x", "firing"), ("Long", "x", "pending")]
    assert sidecar.sample("kedge_alerts", state="pending") == 1
    assert sidecar.sample("kedge_alerts", state="firing") == 1
    sidecar.steady()
    assert place.await_requests(2)[1].states == [("Drift", "x", "resolved")]
    sidecar.await_alerts(0)


def test_keep_firing_for(watch, receiver):
    """On the event clock, so that no machine is too slow: a window is five minutes of records."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], clock="event",
                    rules=[rule(keep_firing_for="10m")], windows=[{"name": "5m", "panes": 5}])
    sidecar.start()
    minute = 28_333_334

    def pass_minutes(count, **members):
        nonlocal minute
        sidecar.send(sidecar.model.lines(60 * count, ts=minute * 60, step=1, **members))
        minute += count

    pass_minutes(10, drifted=("x",))
    fired = epoch(place.await_requests(1)[0].message["alerts"][0]["startsAt"])
    # Interrupted for less than ten minutes: it is the same alert.
    pass_minutes(9)
    pass_minutes(6, drifted=("x",))
    steady = minute * 60
    pass_minutes(25)
    over = place.await_requests(2)[1]
    assert over.states == [("Drift", "x", "resolved")]
    alert, = over.message["alerts"]
    assert epoch(alert["startsAt"]) == fired
    # Half of the window is new after three minutes, and then ten more.
    assert epoch(alert["endsAt"]) == steady + 3 * 60 + 10 * 60
    assert len(place.requests) == 2


def test_learning_holds(watch, receiver, make_model):
    """A promoted reference begins its windows anew: meanwhile nothing fires and nothing is over."""
    other = make_model(numbers=("y", "x"))
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=[rule(min_rows=ROWS - 10)])
    sidecar.start()
    sidecar.drift()
    place.await_requests(1)
    sidecar.promote(other)
    held = sidecar.eventually("the alert to be held", lambda: [
        alert for alert in sidecar.alerts() if alert["held"]])
    assert states(held) == [("Drift", "x", "firing")]
    assert sidecar.metric("kedge_alerts_held") == 1
    assert "learning" in held[0]["annotations"]["description"]
    sidecar.steady(ROWS - 11, model=other)
    sidecar.eventually("the records to be counted", lambda: sidecar.rows() == ROWS - 11)
    assert sidecar.alerts()[0]["held"] and len(place.requests) == 1
    sidecar.steady(1, model=other)
    assert place.await_requests(2)[1].states == [("Drift", "x", "resolved")]
    assert "(cleared)" in described(place.requests[1])


def test_a_model_version_that_goes_away(watch, receiver):
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], expire="2s")
    sidecar.start()
    sidecar.drift()
    fired, over = place.await_requests(2)
    assert over.states == [("Drift", "x", "resolved")]
    assert "(no_data)" in described(over)
    alert, = over.message["alerts"]
    assert epoch(alert["endsAt"]) >= epoch(alert["startsAt"])
    sidecar.await_alerts(0)
    # It comes back, and drifts still: a new alert.
    sidecar.drift()
    again = place.await_requests(3)[2]
    assert again.states == [("Drift", "x", "firing")]
    assert again.message["alerts"][0]["startsAt"] > alert["startsAt"]


def test_a_reference_that_is_taken_away(watch, receiver, model, make_model):
    other = make_model(name="other")
    place = receiver.place("team")
    sidecar = watch([model, other], receivers=[webhook(place)])
    sidecar.start()
    sidecar.drift()
    place.await_requests(1)
    sidecar.reload(references=[str(other.reference)])
    over = place.await_requests(2)[1]
    assert over.states == [("Drift", "x", "resolved")]
    assert "(no_data)" in described(over)


def test_reload(watch, receiver):
    """Rules, receivers and routes change while alerts fire."""
    first, second = receiver.place("first"), receiver.place("second")
    sidecar = watch(receivers=[webhook(first, "first")], rules=[
        rule("Stays"), rule("Goes", features=["x", "y"])])
    sidecar.start()
    sidecar.drift("x", "y")
    assert len(first.await_requests(1)[0].states) == 3
    sidecar.reload(rules=[rule("Stays"), rule("Goes", features=["y"]), rule("Comes", above=0.6)])
    told = first.await_request("what is over", lambda it: "resolved" in str(it.states))
    assert ("Goes", "x", "resolved") in told.states
    over = next(alert for alert in told.message["alerts"] if alert["status"] == "resolved")
    assert "(rule_removed)" in over["annotations"]["description"]
    first.await_request("the new one", lambda it: ("Comes", "x", "firing") in it.states)
    sidecar.reload(receivers=[webhook(second, "second")])
    assert second.await_requests(1)[0].states == [
        ("Comes", "x", "firing"), ("Goes", "y", "firing"), ("Stays", "x", "firing")]
    sidecar.reload(rules=[rule("Stays")])
    assert second.await_requests(2)[1].states == [
        ("Comes", "x", "resolved"), ("Goes", "y", "resolved"), ("Stays", "x", "firing")]
    count = len(first.requests)
    # A faulty file changes nothing.
    before = sidecar.messages("configuration reloaded")
    sidecar.write(rules=[rule("Stays", above="high")])
    sidecar.hang_up()
    record = sidecar.await_log("configuration not reloaded")
    assert "rules[0].above" in json.dumps(record)
    assert sidecar.messages("configuration reloaded") == before
    sidecar.steady()
    assert second.await_request("the end", lambda it: it.states == [("Stays", "x", "resolved")])
    assert len(first.requests) == count


# Together, and to whom

def test_one_message_for_many_features(watch, receiver, make_model):
    names = [f"f{number:02}" for number in range(30)]
    model, second = (make_model(version=version, numbers=names) for version in ("1", "2"))
    place, slack = receiver.place("team"), receiver.place("slack")
    sidecar = watch([model, second], group_wait="30s", rules=[rule(features=["f*"])], receivers=[
        webhook(place), {"name": "slack", "slack": {"url": slack.url}}])
    clock = Clock(sidecar.directory)
    clock.set(0)
    sidecar.start(clock.prefix)
    sidecar.drift(*names[:15], model=model)
    sidecar.await_alerts(15, "firing")
    sidecar.drift(*names, model=model)
    sidecar.drift(*names[:2], model=second)
    sidecar.await_alerts(32, "firing")
    clock.set(15)
    sidecar.await_a_look()
    assert not place.requests
    clock.set(31)
    requests = place.await_requests(2)
    sizes = {request.message["groupLabels"]["model_version"]: len(request.states)
             for request in requests}
    assert sizes == {"1": 30, "2": 2} and len(requests) == 2
    texts = [json.dumps(request.message) for request in slack.await_requests(2)]
    assert sum("20 more are left out" in text for text in texts) == 1, texts
    assert len(slack.requests) == 2
    sidecar.steady(model=model)
    sidecar.steady(model=second)
    sidecar.await_alerts(0)
    clock.set(90)
    requests = place.await_requests(4)
    assert [request.message["status"] for request in requests[2:]] == ["resolved"] * 2


def test_the_worst_comes_first(watch, receiver):
    """Within a message features are ranked by how far they are over their threshold."""
    slack = receiver.place("slack")
    sidecar = watch(rules=[rule(features=["x", "y"], above=0.2)],
                    receivers=[{"name": "slack", "slack": {"url": slack.url}}])
    sidecar.start()
    # y: a third of the rows, x: all of them.
    data = sidecar.model.lines(20, drifted=("x", "y")) + sidecar.model.lines(30, drifted=("x",))
    sidecar.send(data)
    request, = slack.await_requests(1)
    text = json.dumps(request.message["blocks"])
    assert text.index("`x` drifted") < text.index("`y` drifted")


def test_group_interval(watch, receiver):
    """A change of a group waits until it has been told nothing for so long."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=[rule(features=["x", "y"])],
                    group_interval="5m")
    clock = Clock(sidecar.directory)
    clock.set(0)
    sidecar.start(clock.prefix)
    sidecar.drift("x")
    sidecar.await_outcomes("team", delivered=1)
    sidecar.drift("x", "y")
    sidecar.await_alerts(2, "firing")
    clock.set(200)
    sidecar.await_a_look()
    assert len(place.requests) == 1
    clock.set(301)
    first, second = place.await_requests(2)
    assert first.states == [("Drift", "x", "firing")]
    assert second.states == [("Drift", "x", "firing"), ("Drift", "y", "firing")]


def test_over_before_it_is_due(watch, receiver):
    """What is over before the group was to be told is nobody's business."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], group_wait="30s")
    clock = Clock(sidecar.directory)
    clock.set(0)
    sidecar.start(clock.prefix)
    sidecar.drift()
    sidecar.await_alerts(1, "firing")
    sidecar.steady()
    sidecar.await_alerts(0)
    clock.set(60)
    sidecar.await_a_look()
    assert not place.requests
    assert sidecar.sample("kedge_notifications_pending", receiver="team") == 0


def test_routes(watch, receiver, model, make_model):
    other = make_model(name="fraud-1")
    places = {name: receiver.place(name) for name in ("pager", "fraud", "rest", "nobody")}
    sidecar = watch([model, other], receivers=[webhook(p, n) for n, p in places.items()], rules=[
        rule("Grave", severity="critical", features=["y"]), rule("Light", severity="info")],
        routes=[{"severity": "critical", "models": ["fraud*"], "receivers": ["pager", "fraud"]},
                {"severity": "critical", "receivers": ["pager"]},
                {"models": ["fraud*"], "receivers": ["fraud"]},
                {"severity": "warning", "receivers": ["nobody"]},
                {"receivers": ["rest"]}])
    sidecar.start()
    for one in (model, other):
        sidecar.drift("x", "y", model=one)
    sidecar.await_alerts(4, "firing")
    for one in (model, other):
        sidecar.steady(model=one)
    sidecar.await_alerts(0)
    expected = {"pager": {("m", "Grave"), ("fraud-1", "Grave")},
                "fraud": {("fraud-1", "Grave"), ("fraud-1", "Light")},
                "rest": {("m", "Light")}, "nobody": set()}
    for name, place in places.items():
        def told():
            return {(alert["labels"]["model"], alert["labels"]["alertname"], alert["status"])
                    for request in place.requests for alert in request.message["alerts"]}
        want = {(*one, status) for one in expected[name] for status in ("firing", "resolved")}
        receiver.wait_for(lambda: told() == want, f"{name}: {want}, not {told()}")


# Silences

def test_silences_by_command(watch, receiver):
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=[rule(features=["x", "y"])])
    sidecar.start()
    assert sidecar.run("silences")[0] == "no silences\n"
    assert sidecar.run("list")[0] == "no alerts\n"
    id = sidecar.run("silence", "--match", "feature=x", "--for", "2h", "--reason", "new sensor")[0]
    sidecar.drift("x", "y")
    assert place.await_requests(1)[0].states == [("Drift", "y", "firing")]
    listing = sidecar.run("list")[0]
    assert "firing, silenced" in listing and listing.count("firing") == 2, listing
    assert sidecar.metric("kedge_alerts_silenced") == 1
    silences = sidecar.run("silences")[0]
    assert all(word in silences for word in (id.strip(), "active", "feature=x", "new sensor"))
    by_feature = {alert["labels"]["feature"]: alert for alert in sidecar.alerts()}
    assert by_feature["x"]["silencedBy"] == [id.strip()] and not by_feature["y"]["silencedBy"]
    # It survives a restart.
    sidecar.kill()
    sidecar.start()
    sidecar.eventually("the silence", lambda: sidecar.metric("kedge_alerts_silenced") == 1)
    assert len(place.requests) == 1
    sidecar.run("unsilence", id.strip())
    told = place.await_requests(2)[1]
    assert told.states == [("Drift", "x", "firing"), ("Drift", "y", "firing")]
    assert "expired" in sidecar.run("silences")[0]
    # What is known to fire is told to be over, silenced or not.
    sidecar.run("silence", "--match", "model=m", "--match", "feature!=y", "--for", "1d",
                "--reason", "again")
    sidecar.steady()
    over = place.await_request("both to be over", lambda it: it.message["status"] == "resolved")
    assert over.states == [("Drift", "x", "resolved"), ("Drift", "y", "resolved")]


def test_a_silence_ends(watch, receiver):
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)])
    clock = Clock(sidecar.directory)
    clock.set(0)
    sidecar.start(clock.prefix)
    sidecar.run("silence", "--match", "feature=?", "--for", "2h", "--reason", "r")
    sidecar.drift()
    sidecar.await_alerts(1, "firing")
    clock.set(7_100)
    sidecar.await_a_look()
    assert not place.requests
    clock.set(7_201)
    assert place.await_requests(1)[0].states == [("Drift", "x", "firing")]
    sidecar.steady()
    place.await_requests(2)
    # An alert that begins and is over under a silence is never told.
    sidecar.run("silence", "--match", "alertname=Dr*", "--for", "9h", "--reason", "r")
    sidecar.drift()
    sidecar.await_alerts(1, "firing")
    sidecar.steady()
    sidecar.await_alerts(0)
    sidecar.await_a_look()
    assert len(place.requests) == 2


def test_silences_that_are_refused(watch):
    sidecar = watch()
    sidecar.start()
    for arguments, words in [
        (["silence", "--match", "colour=red", "--for", "1h", "--reason", "r"], "colour"),
        (["silence", "--match", "feature=*", "--for", "1h", "--reason", "r"], "every alert"),
        (["silence", "--match", "feature=x", "--for", "0s", "--reason", "r"], "--for"),
        (["silence", "--match", "feature=x", "--for", "1h", "--reason", ""], "reason"),
        (["silence", "--for", "1h", "--reason", "r"], "--match"),
    ]:
        answer = sidecar.command(*arguments)
        assert answer.returncode != 0 and words in answer.stderr, answer
    answer = sidecar.command("unsilence", "0123456789abcdef")
    assert answer.returncode == 1 and "no silence" in answer.stderr


def silence(seconds=3_600, **members):
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return {"matchers": [{"name": "feature", "value": "x", "isRegex": False}],
            "endsAt": end.isoformat(), "createdBy": "ops", "comment": "known"} | members


def test_silences_over_the_network(watch, receiver, tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret-t0ken\n")
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], token_file=str(token))
    sidecar.start()
    path = "/api/v1/silences"
    assert sidecar.request("POST", path, silence())[0] == 401
    assert sidecar.request("POST", path, silence(), "wrong")[0] == 403
    assert sidecar.request("DELETE", f"{path}/x")[0] == 401
    assert sidecar.request("POST", "/api/v1/receivers/test", {"receiver": "team"})[0] == 401
    assert json.loads(sidecar.get(path)[1]) == []
    status, body = sidecar.request("POST", path, silence(), "s3cret-t0ken")
    assert status == 200
    id = json.loads(body)["silenceID"]
    found, = json.loads(sidecar.get(path)[1])
    assert found["id"] == id and found["status"] == {"state": "active"}
    assert found["matchers"] == [
        {"name": "feature", "value": "x", "isRegex": False, "isEqual": True}]
    assert (found["createdBy"], found["comment"]) == ("ops", "known")
    sidecar.drift()
    sidecar.await_alerts(1, "firing")
    assert sidecar.metric("kedge_alerts_silenced") == 1 and not place.requests
    # The same id again changes it.
    status, _ = sidecar.request("POST", path, silence(7_200, id=id), "s3cret-t0ken")
    assert status == 200 and len(json.loads(sidecar.get(path)[1])) == 1
    assert sidecar.request("DELETE", f"{path}/{id}", token="s3cret-t0ken")[0] == 200
    place.await_requests(1)
    for body, words in [
        ({}, "matchers"), (silence(matchers=[]), "matchers"), (silence(-5), "endsAt"),
        (silence(comment=""), "comment"), (silence(endsAt="soon"), "2026-12-24T18:00:00Z"),
        (silence(matchers=[{"name": "feature", "value": "x", "isRegex": True}]), "isRegex"),
        (silence(matchers=[{"name": "team", "value": "x"}]), "alertname, feature, model"),
        (silence(400 * 86_400), "366 days"), (silence(id="config-1"), "id"), ("text", "silence"),
    ]:
        status, answer = sidecar.request("POST", path, body, "s3cret-t0ken")
        error = json.loads(answer)["error"]
        assert status == 400 and words in error["message"], (body, answer)
    assert sidecar.request("DELETE", f"{path}/none", token="s3cret-t0ken")[0] == 404
    assert sidecar.request("GET", f"{path}/none")[0] == 404
    assert sidecar.request("PUT", path, {})[0] == 405
    status, body = sidecar.request("POST", "/api/v1/receivers/test", {"receiver": "team"},
                                   "s3cret-t0ken")
    assert status == 200 and json.loads(body)["outcome"] == "delivered"


def test_without_a_token_nobody_silences(watch):
    sidecar = watch()
    sidecar.start()
    assert sidecar.request("POST", "/api/v1/silences", silence())[0] == 401
    assert sidecar.request("POST", "/api/v1/silences", silence(), "any")[0] == 403


def test_configured_silences(watch, receiver):
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=[rule(features=["x", "y"])], silences=[
        {"match": {"feature": "x", "model": "m"}, "until": "2099-01-01T00:00:00Z", "reason": "r"},
        {"match": {"feature": "y"}, "until": "2020-01-01T00:00:00Z", "reason": "long ago"}])
    sidecar.start()
    sidecar.drift("x", "y")
    assert place.await_requests(1)[0].states == [("Drift", "y", "firing")]
    listed = {one["id"]: one["status"]["state"] for one in json.loads(
        sidecar.get("/api/v1/silences")[1])}
    assert listed == {"config-0": "active", "config-1": "expired"}
    assert "part of the configuration" in sidecar.command("unsilence", "config-0").stderr
    sidecar.reload(silences=None)
    assert len(place.await_requests(2)[1].states) == 2


def test_the_sample(watch, receiver):
    """`kedge alerts test` sends one, marked, and prints what is answered."""
    from receiver import answer
    place, other = receiver.place("team"), receiver.place("other").answers(answer(404, b"no\nhook"))
    sidecar = watch(receivers=[webhook(place), webhook(other, "other")])
    sidecar.start()
    printed = sidecar.run("test", "--receiver", "team")[0]
    assert printed == "team: delivered\nstatus: 200\nanswer: ok\n"
    request, = place.requests
    assert "SAMPLE" in json.dumps(request.message)
    assert request.message["alerts"][0]["labels"]["alertname"] == "SampleAlert"
    printed = sidecar.run("test", "--receiver", "other", status=1)[0]
    assert printed.startswith("other: rejected\nstatus: 404\nanswer: no hook\nreason: ")
    error = sidecar.run("test", "--receiver", "tem", status=1)[1]
    assert "there is no receiver tem; there is: team, other" in error
    assert sidecar.alerts() == []


# Rules of their own accord

def test_built_in_rules_on_features(watch, receiver):
    """On the event clock: half an hour of records in no time."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=None, clock="event", min_rows=200,
                    windows=[{"name": "10m", "panes": 10}])
    sidecar.start()
    start = 1_700_000_000
    for first in range(0, 3_600, 600):
        data = sidecar.model.lines(600, drifted=("x", "c", "prediction"), missing=("y",),
                                   ts=start + first / 2, step=0.5)
        sidecar.send(data)
    wanted = {("FeatureDrift", "x"), ("FeatureDrift", "c"), ("PredictionDrift", "prediction"),
              ("MissingValuesJumped", "y"), ("FeatureDrift", "y"), ("UnseenCategories", "c")}

    def told(status):
        return {(name, feature) for request in place.requests
                for name, feature, found in request.states if found == status}

    receiver.wait_for(lambda: told("firing") >= wanted, f"{wanted}, not {told('firing')}")
    assert told("firing") == wanted
    severities = {alert["labels"]["alertname"]: alert["labels"]["severity"]
                  for alert in sidecar.alerts()}
    assert severities["PredictionDrift"] == "critical"
    sidecar.steady(6_000, ts=start + 1_800, step=0.5)
    receiver.wait_for(lambda: told("resolved") == wanted, f"{wanted}, not {told('resolved')}")
    for request in place.requests:
        for alert in request.message["alerts"]:
            # By the time of the records, as the windows are.
            assert start + 600 <= epoch(alert["startsAt"]) <= start + 1_800


def test_built_in_rules_on_traffic(watch, receiver):
    """By the wall clock, which a test may set."""
    place = receiver.place("team")
    sidecar = watch(receivers=[webhook(place)], rules=None, expire="2d")
    clock = Clock(sidecar.directory)
    clock.set(0)
    sidecar.start(clock.prefix)
    sidecar.steady(200, failed=100)
    with Connection(sidecar.socket) as connection:
        connection.resume("lossy")
        connection.send(b'{"dropped":30}\n')
        dropped = {("ErrorRatio", None, "pending"), ("RecordsDropped", None, "pending")}
        sidecar.eventually("both to be pending", lambda: set(states(sidecar.alerts())) == dropped)
        clock.set(61)
        fired = {(name, feature, "firing") for name, feature, _ in dropped}
        sidecar.eventually("both to fire", lambda: set(states(sidecar.alerts())) == fired)
        receiver.wait_for(lambda: {one for it in place.requests for one in it.states} == fired,
                          "both to be told")
    groups = {json.dumps(request.message["groupLabels"]) for request in place.requests}
    assert groups == {'{"model": "m", "model_version": "1"}', "{}"}
    clock.set(61 + 3_700)
    request = place.await_request("no traffic", lambda it: ("NoTraffic", None, "firing")
                                  in it.states)
    assert "no records for 1h" in json.dumps(request.message)
    held = {alert["labels"]["alertname"] for alert in sidecar.alerts() if alert["held"]}
    assert held == {"ErrorRatio", "RecordsDropped"}, "nothing came, and so nothing is known"
    sidecar.steady(300)
    place.await_request("traffic again", lambda it: ("NoTraffic", None, "resolved") in it.states)
    clock.set(61 + 3_700 + 250)
    sidecar.steady(300)
    sidecar.eventually("the records to be looked at", lambda: not any(
        alert["held"] for alert in sidecar.alerts()))
    clock.set(61 + 3_700 + 350)
    sidecar.await_alerts(0)
    receiver.wait_for(lambda: {one[0] for it in place.requests for one in it.states
                               if one[2] == "resolved"} == {
        "NoTraffic", "ErrorRatio", "RecordsDropped"}, "all to be over")


def test_the_event_clock_says_the_same_again(watch, receiver, model):
    """The same records make the same alerts, however fast they come."""
    told = []
    start = 1_700_000_040
    parts = [model.lines(800, ts=start + first, step=1, drifted=drifted)
             for first, drifted in ((0, ()), (800, ("x",)), (1_600, ()))]
    lines = b"".join(parts).splitlines(keepends=True)
    for name, batch in (("quick", len(lines)), ("slow", 200)):
        place = receiver.place(name)
        sidecar = watch(name=name, receivers=[webhook(place)], clock="event", rules=[
            rule(**{"for": "2m"}, keep_firing_for="1m", min_rows=100)],
            windows=[{"name": "5m", "panes": 5}])
        sidecar.start()
        for index in range(0, len(lines), batch):
            sidecar.send(b"".join(lines[index:index + batch]))
            if batch < len(lines):
                sidecar.await_a_look()
        over = place.await_request("the end", lambda it: it.message["status"] == "resolved")
        alert, = over.message["alerts"]
        told.append((alert["startsAt"], alert["endsAt"], described(over)))
        # More than half of five minutes, and then for two more; whole minutes all.
        assert epoch(alert["startsAt"]) - start == 960 + 120
        sidecar.close()
    assert told[0] == told[1]


@pytest.mark.parametrize("fault, words", [
    ({"rules": [rule(statistic="mean")]}, "rules[0].statistic"),
    ({"rules": [rule(above="calibrated")]}, "calibrated"),
    ({"rules": [rule(), rule()]}, "rules[1].name: given twice"),
    ({"rules": [rule(window="2h")]}, "one of the windows, rows"),
    ({"rules": [{"name": "A", "statistic": "psi"}]}, "above or below"),
    ({"routes": [{"receivers": ["tem"]}]}, "receiver"),
    ({"receivers": [{"name": "a"}]}, "one of slack, webhook, alertmanager, pagerduty"),
    ({"receivers": [{"name": "a", "slack": {}}]}, "one of url, url_file and url_env"),
    ({"silences": [{"match": {"featur": "x"}, "until": "2099-01-01T00:00:00Z", "reason": "r"}]},
     "feature"),
])
def test_faults_are_named(fault, words, watch):
    sidecar = watch(**fault)
    sidecar.launch()
    assert sidecar.reap() == 78
    assert words in sidecar.text, sidecar.text
