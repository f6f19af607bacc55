# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The checks themselves: each sees the fault that it is there for."""

import json
import socket

import pytest
from receiver import Receiver, Request
from test_kill import History

GOOD = {"Host": None, "Content-Type": "application/json", "User-Agent": "kedge/1",
        "Content-Length": None}


def send(receiver, path="/team", body=b"{}", method="POST", **fields):
    fields = GOOD | {"Host": f"127.0.0.1:{receiver.port}", "Content-Length": len(body)} | {
        name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return connection.makefile("rb").readline()


@pytest.fixture
def strict():
    receiver = Receiver()
    receiver.place("team")
    yield receiver
    receiver.close()


def test_the_receiver_takes_what_is_right(strict):
    assert b" 200 " in send(strict)
    strict.check()
    assert [request.body for request in strict.place("team").requests] == [b"{}"]


@pytest.mark.parametrize("fault, words", [
    ({"method": "PUT"}, "the line"), ({"path": "/other"}, "a request to /other"),
    ({"path": "/redirected"}, "a redirect was followed"),
    ({"body": b"{"}, "no JSON"), ({"body": b'{"a":1,"a":2}'}, "a member twice"),
    ({"body": b'{"a":NaN}'}, "NaN"), ({"Content_Type": "text/plain"}, "content type"),
    ({"Content_Length": 1}, "bytes after a length"), ({"Content_Length": None}, "without a length"),
    ({"Host": "kedge.example"}, "the host"), ({"User_Agent": None}, "the user agent"),
    ({"host": "again"}, "fields twice"),
])
def test_the_receiver_complains(fault, words, strict):
    send(strict, **fault)
    with pytest.raises(AssertionError, match=words):
        strict.check()


def told(id, status, life=1, start=0, end="0001-01-01T00:00:00Z", print="f"):
    """A request that tells of one alert."""
    at = f"2026-01-01T00:00:0{start}Z"
    body = {"externalURL": f"life-{life}", "alerts": [
        {"fingerprint": print, "status": status, "startsAt": at, "endsAt": end}]}
    return Request("/team", [("webhook-id", id)], json.dumps(body).encode(), message=body)


GOOD_HISTORIES = [
    [told("a", "firing"), told("b", "resolved")],
    [told("a", "firing"), told("a", "firing", life=2), told("b", "resolved", life=2)],
    [told("a", "resolved")],
    [told("a", "firing"), told("b", "resolved"), told("c", "firing", start=1),
     told("d", "resolved", start=1)],
]


@pytest.mark.parametrize("requests", GOOD_HISTORIES)
def test_a_history_that_is_right(requests):
    history = History(requests)
    history.check()
    history.check_all_over()


@pytest.mark.parametrize("words, requests", [
    ("twice in", [told("a", "firing"), told("a", "firing")]),
    ("is firing under", [told("a", "firing"), told("b", "firing", life=2)]),
    ("is resolved under", [told("a", "resolved"), told("b", "resolved")]),
    ("fires after it was over", [told("a", "resolved"), told("b", "firing", life=2)]),
    ("says different things", [told("a", "firing"), told("a", "resolved", life=2)]),
    ("says different things", [told("a", "resolved"), told("a", "resolved", life=2, end="later")]),
    ("out of order", [told("a", "firing", start=2), told("b", "firing", start=1)]),
    ("nobody was told the end", [told("a", "firing")]),
])
def test_a_history_that_is_wrong(words, requests):
    with pytest.raises(AssertionError, match=words):
        history = History(requests)
        history.check()
        history.check_all_over()


def test_a_bad_answer_may_be_followed_by_the_same():
    requests = [told("a", "firing"), told("a", "firing")]
    History(requests, bad_answers=requests[:1]).check()
