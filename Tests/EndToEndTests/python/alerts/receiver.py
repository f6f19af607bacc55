# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A strict receiver of notifications on loopback, whose answers a test chooses path by path.

It takes one request a connection, keeps all of it, and writes down whatever no client of ours may
do: another method, a wrong length, a body that is no JSON, a redirect that was followed.
"""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field

from sidecar import DEADLINE

REDIRECTED = "/redirected"


@dataclass(eq=False)
class Request:
    """What somebody sent."""
    path: str
    fields: list
    body: bytes
    #: By the clock that nobody sets, and by the wall clock.
    at: float = field(default_factory=time.monotonic)
    wall: float = field(default_factory=time.time)
    message: object = None
    receiver: object = None

    def field(self, name):
        """The value of a field of the header; None without it."""
        return next((value for key, value in self.fields if key == name), None)

    @property
    def id(self):
        return self.field("webhook-id")

    @property
    def states(self):
        """(rule, feature, status) of each alert of a webhook's body, in order of the names."""
        return sorted((alert["labels"]["alertname"], alert["labels"].get("feature"),
                       alert["status"]) for alert in self.message["alerts"])


class Place:
    """One path of a receiver."""

    def __init__(self, receiver, name):
        self.receiver = receiver
        self.url = f"{receiver.url}/{name}"
        self.requests = []
        self._mode = answer(200, b"ok")

    def answers(self, *modes):
        """How the next requests are answered, one after the other; the last way stays."""
        with self.receiver.changed:
            self._mode = modes[0] if len(modes) == 1 else list(modes)
        return self

    def take(self, request):
        with self.receiver.changed:
            self.requests.append(request)
            self.receiver.changed.notify_all()
            if not isinstance(self._mode, list):
                return self._mode
            mode = self._mode.pop(0)
            if len(self._mode) == 1:
                self._mode = self._mode[0]
            return mode

    def await_requests(self, count, deadline=DEADLINE):
        """Waits until so many have come, and returns all."""
        self.receiver.wait_for(lambda: len(self.requests) >= count,
                               f"{count} requests to {self.url}", deadline)
        return list(self.requests)

    def await_request(self, what, fits, deadline=DEADLINE):
        """The first request that fits."""
        def found():
            return next((request for request in self.requests if fits(request)), None)

        self.receiver.wait_for(found, f"{what} at {self.url}", deadline)
        return found()

    @property
    def ids(self):
        return [request.id for request in self.requests]


class Receiver:
    """Listens until it is closed; with a context of TLS it speaks that."""

    def __init__(self, tls=None, port=0):
        self.changed = threading.Condition()
        self.violations = []
        self.failed_handshakes = []
        self.places = {}
        self.is_closed = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._listen, daemon=True).start()

    def place(self, name):
        """A path; the same one for the same name."""
        with self.changed:
            return self.places.setdefault(f"/{name}", Place(self, name))

    def wait_for(self, condition, what, deadline=DEADLINE):
        with self.changed:
            assert self.changed.wait_for(condition, deadline), (
                f"not within {deadline} s: {what}\nthere were {self._heard()}")

    def _heard(self):
        return {path: [(request.id, request.states) if request.id else request.message
                       for request in place.requests] for path, place in self.places.items()}

    def close(self):
        """Hears nothing any more; the port is free again."""
        self.is_closed.set()
        # A thread that accepts keeps the socket: somebody has to knock.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def check(self):
        assert not self.violations, self.violations

    # Its own threads

    def _listen(self):
        while not self.is_closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(DEADLINE)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
        except OSError as error:
            with self.changed:
                self.failed_handshakes.append(error)
                self.changed.notify_all()
            connection.close()
            return
        with contextlib.suppress(OSError), connection:
            request = self._read(connection)
            if request is None:
                return
            place = self.places.get(request.path.split("?")[0])
            if place is None:
                self._complain(f"a request to {request.path}")
                answer(404)(connection, request)
            else:
                place.take(request)(connection, request)

    def _complain(self, text):
        with self.changed:
            self.violations.append(text)

    def _read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65_536)
            if not piece:
                # A client that was killed may leave half a header; nothing at all is a probe.
                return None
            data += piece
        head, body = data.split(b"\r\n\r\n", 1)
        line, *lines = head.decode("ascii").split("\r\n")
        fields = [(name.lower(), value.strip())
                  for name, value in (line.split(":", 1) for line in lines)]
        request = Request(line.split(" ")[1], fields, b"", receiver=self)
        if not (line.startswith("POST /") and line.endswith(" HTTP/1.1")):
            self._complain(f"the line {line!r}")
        names = [name for name, _ in fields]
        if len(set(names)) != len(names):
            self._complain(f"fields twice: {names}")
        if request.field("host") != f"127.0.0.1:{self.port}":
            self._complain(f"the host {request.field('host')!r}")
        if request.field("content-type") != "application/json":
            self._complain(f"the content type {request.field('content-type')!r}")
        if not (request.field("user-agent") or "").startswith("kedge/"):
            self._complain(f"the user agent {request.field('user-agent')!r}")
        length = request.field("content-length") or ""
        if not length.isdigit() or request.field("transfer-encoding"):
            self._complain(f"a body without a length: {fields}")
            return None
        while len(body) < int(length):
            piece = connection.recv(65_536)
            if not piece:
                return None
            body += piece
        if len(body) > int(length):
            self._complain(f"{len(body)} bytes after a length of {length}")
        request.body = body
        try:
            request.message = json.loads(body, object_pairs_hook=_unique, parse_constant=_none)
        except ValueError as error:
            self._complain(f"a body that is no JSON ({error}): {body[:200]!r}")
        if request.path.startswith(REDIRECTED):
            self._complain("a redirect was followed")
        return request


def _unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a member twice: {names}")
    return dict(pairs)


def _none(text):
    raise ValueError(f"{text} is no JSON")


# Ways to answer: functions of the connection and the request.

def answer(status, body=b"", **fields):
    """A whole answer; `Retry_After` stands for the field `Retry-After`."""
    def send(connection, _):
        connection.sendall(_head(status, len(body), fields) + body)
    return send


def redirect(receiver, status=307):
    """To a place of the same receiver, where nobody must come."""
    return answer(status, Location=f"{receiver.url}{REDIRECTED}")


def reset(connection, _):
    """Ends the connection by RST once the request is read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(connection, ssl.SSLSocket):
        connection = connection.detach()
    connection.close()


def hang(connection, _):
    """Says nothing until the other side gives up."""
    while connection.recv(65_536):
        pass


def drip(body, status=200):
    """A body of which a byte comes every second."""
    def send(connection, request):
        connection.sendall(_head(status, len(body), {}))
        for byte in body:
            connection.sendall(bytes([byte]))
            if request.receiver.is_closed.wait(1):
                return
    return send


def unfinished(status, body=b"", **fields):
    """An answer whose end never comes."""
    def send(connection, request):
        connection.sendall(_head(status, len(body) + 1, fields) + body)
        hang(connection, request)
    return send


class Gate:
    """Holds answers back until it is opened."""

    def __init__(self, mode=None):
        self.mode = mode or answer(200, b"ok")
        self.opened = threading.Event()

    def open(self):
        self.opened.set()

    def __call__(self, connection, request):
        if self.opened.wait(DEADLINE):
            self.mode(connection, request)


def _head(status, length, fields):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()
