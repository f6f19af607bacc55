# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Debian's Alertmanager: it takes our alerts, keeps them, and says the same of them as we do."""

import json
import shutil
import subprocess
import urllib.request

import pytest
from alertmanager import Alertmanager, WebhookListener, awaited, differences, shape_breaches
from clock import Clock
from watched import epoch, rule, webhook

MANY = [
    rule("Drift", features=["x", "y"], runbook="https://runbooks.example/drift?a=1&b=2",
         annotations={"team": "weather", "summary": "“x” & <y>"}, severity="critical"),
    {"name": "Unseen", "statistic": "unseen_ratio", "above": 0.2, "features": ["c"]},
    {"name": "Missing", "statistic": "missing_ratio_increase", "above": 0.2, "features": ["y"]},
]


@pytest.fixture(scope="module")
def manager(tmp_path_factory):
    """A running one, and what its webhook is sent."""
    listener = WebhookListener()
    with Alertmanager(tmp_path_factory.mktemp("alertmanager"), listener.url) as manager:
        yield manager, listener
    listener.close()


def status(manager):
    return [(alert["labels"]["alertname"], alert["labels"]["model"], alert["updatedAt"],
             alert["endsAt"]) for alert in manager.alerts()]


def test_the_same_body(manager, watch, receiver, make_model):
    """Field by field, for alerts that fire and that are over, of two versions of a model."""
    manager, listener = manager
    models = [make_model(name='de"lay', version=version) for version in ("1", "2-β")]
    place = receiver.place("team")
    sidecar = watch(models, rules=MANY, external_url="https://kedge.example/here",
                    receivers=[webhook(place), am(manager)])
    sidecar.start()
    sidecar.drift("x", "y", "c", model=models[0])
    sidecar.drift("x", model=models[1])
    firing = place.await_requests(2)
    assert sorted(len(request.states) for request in firing) == [1, 3]
    compare(firing, listener)
    assert len(manager.alerts()) == 4
    for model in models:
        sidecar.steady(model=model)
    over = place.await_requests(4)[2:]
    assert {request.message["status"] for request in over} == {"resolved"}
    compare(over, listener)
    sidecar.eventually("none there", lambda: manager.alerts() == [])


def compare(requests, listener):
    for request in requests:
        theirs = awaited(listener, request.message)
        assert list(differences(request.message, theirs)) == []
        for body in (request.body, json.dumps(theirs)):
            assert list(shape_breaches(body)) == []


def am(manager, name="am"):
    return {"name": name, "alertmanager": {"url": manager.url + "/"}}


def test_it_is_kept_alive(manager, watch, make_model):
    """Told again after a minute, long before it would take the alert for over."""
    manager, _ = manager
    model = make_model(name="alive")
    sidecar = watch([model], receivers=[am(manager)])
    clock = Clock(sidecar.directory)
    # The sidecar's clock is behind, and then it is right.
    clock.set(-61)
    sidecar.start(clock.prefix)
    sidecar.drift(model=model)
    sidecar.eventually("the alert there", lambda: len(status(manager)) == 1)
    sidecar.await_outcomes("am", delivered=1)
    (_, _, updated, ends), = status(manager)
    clock.set(0)
    sidecar.await_outcomes("am", delivered=2)
    (_, _, updated_again, ends_again), = status(manager)
    assert updated_again > updated and epoch(ends_again) - epoch(ends) >= 60
    assert 230 < epoch(ends_again) - epoch(updated_again) <= 241
    sidecar.steady(model=model)
    sidecar.eventually("it to be over there", lambda: status(manager) == [])
    # It is told that for five minutes: an Alertmanager may have been away.
    count = sidecar.outcomes("am")["delivered"]
    clock.set(61)
    sidecar.await_outcomes("am", delivered=count + 1)
    assert status(manager) == []


def test_one_that_forgot(watch, make_model, tmp_path):
    """An Alertmanager that was away, and comes back empty, is told what fires."""
    listener = WebhookListener()
    model = make_model(name="again")
    with Alertmanager(tmp_path, listener.url) as manager:
        sidecar = watch([model], receivers=[am(manager)])
        sidecar.start()
        manager.process.kill()
        manager.process.wait()
        sidecar.drift(model=model)
        sidecar.eventually("an attempt", lambda: sidecar.outcomes("am").get("failed"))
        shutil.rmtree(tmp_path / "data")
        manager.process = subprocess.Popen(manager.process.args, stdout=manager.log,
                                           stderr=subprocess.STDOUT)
        with manager:
            sidecar.eventually("the alert there", lambda: len(status(manager)) == 1)
            # A silence of the Alertmanager holds: our labels are its labels.
            silence(manager, feature="x", model="again")
            sidecar.eventually("it to be suppressed", lambda: [
                alert["status"]["state"] for alert in manager.alerts()] == ["suppressed"])
    listener.close()


def silence(manager, **labels):
    body = {"matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True}
                         for name, value in labels.items()],
            "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z",
            "createdBy": "test", "comment": "test"}
    urllib.request.urlopen(urllib.request.Request(
        manager.url + "/api/v2/silences", json.dumps(body).encode(),
        {"Content-Type": "application/json"}), timeout=10).close()
