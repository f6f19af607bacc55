# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by hand over a plain socket: every byte of a request is the caller's."""

import socket
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    fields: dict
    body: bytes


class NoAnswer(Exception):
    """The connection ended before a whole answer; `received` holds what came."""

    def __init__(self, received):
        super().__init__(f"no whole answer in {received[:200]!r}")
        self.received = received


class Wire:
    """One connection."""

    def __init__(self, server, timeout=20):
        host, _, port = server.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self, method="POST"):
        """The next answer; an interim 100 Continue is passed over."""
        head = self._until(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), lines[0]
        fields = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name and name.strip() == name, f"bad field {line!r}"
            fields[name.lower()] = value.strip()
        if status == "100":
            return self.answer(method)
        return Answer(int(status), fields, self._body(method, int(status), fields))

    def wait_for_continue(self):
        """The interim answer that asks for the body."""
        head = self._until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 100 "), head

    def until_closed(self):
        """All that comes until the server closes the connection; a reset is an end as well."""
        try:
            while piece := self.socket.recv(65536):
                self.received += piece
        except ConnectionError:
            pass
        return self.received

    def _body(self, method, status, fields):
        if method == "HEAD" or status in (204, 304):
            return b""
        if fields.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self._exactly(size)
                assert self._exactly(2) == b"\r\n"
            assert self._until(b"\r\n") == b""
            return body
        if "content-length" in fields:
            return self._exactly(int(fields["content-length"]))
        self.until_closed()
        body, self.received = self.received, b""
        return body

    def _until(self, end):
        while end not in self.received:
            self._more()
        piece, _, self.received = self.received.partition(end)
        return piece

    def _exactly(self, count):
        while len(self.received) < count:
            self._more()
        piece, self.received = self.received[:count], self.received[count:]
        return piece

    def _more(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionError:
            piece = b""
        if not piece:
            raise NoAnswer(self.received)
        self.received += piece


def request(path, body=b"", *fields, method="POST", version="HTTP/1.1", length=True):
    """A request's bytes; `fields` are whole lines such as `Connection: close`."""
    lines = [f"{method} {path} {version}", "Host: localhost", *fields]
    if body:
        lines.append("Content-Type: application/json")
    if length and (body or method == "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ask(server, data, method="POST"):
    """One answer on a connection of its own."""
    with Wire(server) as wire:
        return wire.send(data).answer(method)
