# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Bytes that are no HTTP, or bad HTTP: never a 500, never a lasting effect."""

import json
import random
import re

import pytest
from wire import NoAnswer, Wire, ask, request

SEED = 20261126


@pytest.fixture(autouse=True)
def lives_on(server, good):
    """After each test a good request on a connection of its own has its right answer."""
    yield
    answer = ask(server, request("/predict", good[0]))
    assert answer.status == 200
    assert abs(json.loads(answer.body)["probabilities"][1] - good[1]) <= 1e-6


def throw(server, data, end=True):
    """Sends the bytes and returns the statuses of all that comes back."""
    with Wire(server, timeout=20) as wire:
        try:
            wire.send(data)
            if end:
                wire.end_sending()
        except OSError:  # refused before everything was sent, which is its right
            pass
        received = wire.until_closed()
    assert received == b"" or received.startswith(b"HTTP/1."), received[:100]
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", received)]
    assert all(status < 500 or status == 501 or status == 505 for status in statuses), received[:300]
    return statuses


def test_random_bytes(server):
    generator = random.Random(SEED)
    for _ in range(150):
        throw(server, generator.randbytes(generator.randrange(1, 4096)))


def test_random_bytes_in_place_of_a_body(server):
    generator = random.Random(SEED + 1)
    with Wire(server) as wire:
        for _ in range(200):
            body = generator.randbytes(generator.randrange(1, 600))
            assert wire.send(request("/predict", body)).answer().status == 422


def test_mutated_requests(server, good):
    """Up to eight bytes of a good request changed, taken out or doubled."""
    generator = random.Random(SEED + 2)
    data = request("/predict", good[0])
    for _ in range(300):
        bytes_ = bytearray(data)
        for _ in range(generator.randrange(1, 9)):
            place = generator.randrange(len(bytes_))
            match generator.randrange(3):
                case 0: bytes_[place] = generator.randrange(256)
                case 1: del bytes_[place]
                case 2: bytes_.insert(place, bytes_[place])
        throw(server, bytes(bytes_))


def test_truncated_requests(server, good):
    data = request("/predict", good[0])
    for length in range(1, len(data), 7):
        assert set(throw(server, data[:length])) <= {400, 408}


@pytest.mark.parametrize("value", [
    "-1", "+5", "0x10", "1e3", "5 5", "5,5", "5;", "five", "", "999999999999999999999999999999",
    "18446744073709551616", "9223372036854775808",
])
def test_content_lengths_that_are_none(server, value):
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {value}\r\n\r\nabcde"
    statuses = throw(server, head.encode())
    assert statuses == [] or 400 <= statuses[0] < 500, statuses


@pytest.mark.parametrize("fields", [
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding : chunked",
])
def test_lengths_that_contradict(server, good, fields):
    """What hides behind such a head is never taken for a request of its own."""
    hidden = request("/nowhere", method="GET")
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n"
    statuses = throw(server, head.encode() + b"0\r\n\r\n" + hidden)
    assert 404 not in statuses and 200 not in statuses, statuses


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-5\r\nabcde\r\n", b"5\r\nabcdefgh\r\n", b"\r\n",
                                   b"FFFFFFFFFFFFFFFFF\r\nab", b"5;" + b"e" * 70_000 + b"\r\n"])
def test_bad_chunks(server, chunk):
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    statuses = throw(server, head + chunk + b"0\r\n\r\n")
    assert statuses == [] or 400 <= statuses[0] < 500, statuses


@pytest.mark.parametrize("head", [
    b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X" * 200_000,
], ids=["target", "value", "count", "name"])
def test_huge_heads(server, head):
    statuses = throw(server, head)
    assert statuses == [] or 400 <= statuses[0] < 500, statuses


def test_huge_bodies(server):
    """An announced gigabyte is refused before it is sent; an unannounced one when it is too long."""
    announced = ask(server, b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n"
                            b"Content-Type: application/json\r\n\r\n{")
    assert announced.status == 413
    head = (b"POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    with Wire(server) as wire:
        wire.send(head)
        try:
            for _ in range(1024):
                wire.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
        except ConnectionError:
            pass
        try:
            assert wire.answer().status == 413
        except NoAnswer:  # the reset that refused the rest may overtake the answer
            pass


@pytest.mark.parametrize("data", [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    bytes.fromhex("16030100f1010000ed0303") + bytes(240),
    b"POST /predict\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"get / http/1.1\r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/1.1\r\n X: folded\r\n\r\n",
    b"CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET http://elsewhere/health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%ff%00/%2e%2e/ HTTP/1.1\r\nHost: x\r\n\r\n",
])
def test_what_is_no_request(server, data):
    throw(server, data)


def test_garbage_behind_good_requests(server, good):
    """The good ones that came before are answered."""
    data = request("/predict", good[0])
    for garbage in (b"\x00\x01\x02\r\n\r\n", b"POST /predict HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        assert throw(server, data * 3 + garbage + data)[:3] == [200, 200, 200]


def test_many_slow_bodies_hold_nobody_up(server, good):
    """200 clients that stop in the middle, of the head or of the body."""
    data = request("/predict", good[0])
    slow = [Wire(server) for _ in range(200)]
    try:
        for index, wire in enumerate(slow):
            wire.send(data[:20 + index])
        for _ in range(20):
            assert ask(server, data).status == 200
        for index, wire in enumerate(slow):
            wire.send(data[20 + index:])
        assert {wire.answer().status for wire in slow} == {200}
    finally:
        for wire in slow:
            wire.socket.close()


def test_connections_that_come_and_go(server):
    """Opened and closed, and opened and reset, without a byte."""
    for index in range(300):
        wire = Wire(server)
        if index % 2:
            wire.socket.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SOL_SOCKET, SO_LINGER: reset
        wire.socket.close()
