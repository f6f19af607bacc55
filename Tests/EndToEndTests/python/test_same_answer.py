# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""However a request is put on the wire, its answer is the same bytes."""

import json
import random

import pytest
from wire import Wire, ask, request

BODIES = {
    "good": None,
    "one feature absent": b'{"version":"1","features":{"dep_delay":1}}',
    "no JSON": b"{",
    "an unknown version": b'{"version":"99","features":[1]}',
    "no UTF-8": b'{"features":{"\xff":1}}',
}


@pytest.fixture(params=BODIES)
def body(request, good):
    return BODIES[request.param] or good[0]


@pytest.fixture
def plain(server, body):
    """The answer to the plainest form."""
    return ask(server, request("/predict", body))


def chunked(body, sizes):
    """The body in chunks; a size of nothing ends it early."""
    pieces, start = b"", 0
    for size in sizes:
        piece = body[start:start + size]
        start += size
        if piece:
            pieces += b"%X\r\n%s\r\n" % (len(piece), piece)
    assert start >= len(body)
    return pieces + b"0\r\n\r\n"


def same(answer, plain):
    assert (answer.status, answer.body) == (plain.status, plain.body)
    assert answer.fields["content-type"] == plain.fields["content-type"]


def test_plain_answer_is_the_models(server, good):
    body, probability = good
    answer = ask(server, request("/predict", body))
    assert answer.status == 200
    assert abs(json.loads(answer.body)["probabilities"][1] - probability) <= 1e-6


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_chunked(server, body, plain, size):
    pieces = chunked(body, [size] * (len(body) // size + 1))
    head = request("/predict", b"", "Content-Type: application/json",
                   "Transfer-Encoding: chunked", length=False)
    same(ask(server, head + pieces), plain)


def test_expect_100_continue(server, body, plain):
    head, _, rest = request("/predict", body, "Expect: 100-continue").partition(b"\r\n\r\n")
    with Wire(server) as wire:
        wire.send(head + b"\r\n\r\n")
        wire.wait_for_continue()
        same(wire.send(rest).answer(), plain)


def test_connection_close(server, body, plain):
    with Wire(server) as wire:
        answer = wire.send(request("/predict", body, "Connection: close")).answer()
        same(answer, plain)
        assert answer.fields["connection"].lower() == "close"
        assert wire.until_closed() == b""


@pytest.mark.parametrize("value", ["keep-alive", "Keep-Alive", "keep-alive, TE"])
def test_other_words_for_connection(server, body, plain, value):
    with Wire(server) as wire:
        for _ in range(2):
            same(wire.send(request("/predict", body, f"Connection: {value}")).answer(), plain)


def test_http_1_0(server, body, plain):
    with Wire(server) as wire:
        same(wire.send(request("/predict", body, version="HTTP/1.0")).answer(), plain)
        assert wire.until_closed() == b""


def test_odd_spelling_of_the_head(server, body, plain):
    head = (b"POST /predict HTTP/1.1\r\nhOST:localhost\r\ncontent-TYPE:\tapplication/JSON  \r\n"
            b"X-Empty:\r\nACCEPT: */*\r\nCONTENT-LENGTH:   %d \r\n\r\n" % len(body))
    same(ask(server, head + body), plain)


def test_query_and_further_fields(server, body, plain):
    fields = [f"X-Field-{index}: {'v' * 50}" for index in range(60)]
    same(ask(server, request("/predict?a=b&c", body, *fields)), plain)


def test_a_byte_at_a_time(server, body, plain):
    with Wire(server) as wire:
        for byte in request("/predict", body):
            wire.send(bytes([byte]))
        same(wire.answer(), plain)


def test_cut_anywhere(server, body, plain):
    """Two pieces, cut at seeded places of head and body, on one connection."""
    data = request("/predict", body)
    places = random.Random(7).sample(range(1, len(data)), 40)
    with Wire(server) as wire:
        for place in places:
            wire.send(data[:place]).send(data[place:])
            same(wire.answer(), plain)


def test_pipelined_both_ways_in(server, body, plain):
    """Hot, chunked and other requests in one write are answered in their order."""
    hot = request("/predict", body)
    slow = (request("/predict", b"", "Content-Type: application/json",
                    "Transfer-Encoding: chunked", length=False) + chunked(body, [5, 100_000]))
    other = request("/health", method="GET")
    unknown = request("/nowhere", method="GET")
    order = [hot, slow, hot, hot, other, hot, unknown, slow, hot, hot] * 5
    with Wire(server) as wire:
        wire.send(b"".join(order))
        for index, sent in enumerate(order):
            answer = wire.answer()
            if sent is other:
                assert answer.status == 200
            elif sent is unknown:
                assert answer.status == 404, f"answer {index}"
            else:
                same(answer, plain)


def test_long_pipeline_of_hot_requests(server, good):
    """More than one read's worth, told apart by their values."""
    body = json.loads(good[0])
    asked = []
    for index in range(400):
        body["features"]["dep_delay"] = index
        asked.append(request("/predict", json.dumps(body).encode()))
    alone = [ask(server, data).body for data in asked[::80]]
    with Wire(server) as wire:
        wire.send(b"".join(asked))
        found = [wire.answer().body for _ in asked]
    assert found[::80] == alone
    assert len(set(found)) > 1


@pytest.mark.parametrize("path", ["/", "/health", "/ready", "/metrics", "/version", "/openapi.json",
                                  "/ping", "/v2", "/v2/models/delay", "/api/v1/models", "/nowhere"])
def test_head_is_get_without_body(server, path):
    get = ask(server, request(path, method="GET"), "GET")
    head = ask(server, request(path, method="HEAD"), "HEAD")
    assert (head.status, head.body) == (get.status, b"")
    assert head.fields["content-type"] == get.fields["content-type"]
