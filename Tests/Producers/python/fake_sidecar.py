# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A strict sidecar in Python: takes records as DESIGN.md says, and notes every breach of it.

It runs on a thread of its own and can be killed: then what was not durable is lost, as at SIGKILL,
and the socket file stays. What is durable survives in the object, and `start` begins the next life.
"""

import json
import os
import random
import selectors
import socket
import threading
from collections import Counter

LINE_LIMIT = 65_536


class Session:
    """What is durable of a session."""

    def __init__(self):
        self.decided, self.dropped, self.duplicates = 0, 0, 0
        self.records, self.counted = [], Counter()


class Connection:
    """One connection, and what was read on it but is not durable yet."""

    def __init__(self, peer):
        self.socket = peer
        self.rest, self.answers = b"", b""
        self.session, self.acknowledges = None, False
        self.seq, self.dropped = 0, 0
        self.records, self.to_acknowledge = [], False


class FakeSidecar:
    """Counts what producers send; `breaches` says where they broke the protocol.

    Args:
        path: Where it listens.
        acknowledges: Whether it gives acknowledgements, or refuses them in words.
        seed: Of reads of random length, commits at random moments and answers in two pieces; none
            reads, commits and answers at once.
        read_bytes: The most that is read at once.
    """

    def __init__(self, path, acknowledges=True, seed=None, read_bytes=65_536):
        self.path, self.acknowledges, self.read_bytes = path, acknowledges, read_bytes
        self.random = None if seed is None else random.Random(seed)
        self.sessions, self.breaches, self.hellos = {}, [], []
        self.truncated = self.refused = 0
        self.lock = threading.Lock()
        self.reads = threading.Event()
        self.thread = None

    # For the tests.

    def start(self, kill_after=None, hang_up_after=None):
        """Listens; after so many bytes, if told so, it dies, or ends the connection: then what the
        socket had taken is read, and what it takes no more is the producer's to keep."""
        self.listener = socket.socket(socket.AF_UNIX)
        temporary = f"{self.path}.new"
        self.listener.bind(temporary)
        self.listener.listen(64)
        self.listener.setblocking(False)
        os.rename(temporary, self.path)
        self.is_killed, self.hangs_up = False, hang_up_after is not None
        self.bytes_left = hang_up_after if self.hangs_up else kill_after
        self.reads.set()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def kill(self):
        """Dies: what is not durable is lost, what was not read is lost, the path stays."""
        self.is_killed = True
        self.reads.set()
        self.thread.join(10)

    def wait_for_death(self, timeout=30):
        self.thread.join(timeout)
        return not self.thread.is_alive()

    def stop_reading(self):
        self.reads.clear()

    def go_on(self):
        self.reads.set()

    def records(self):
        """All records, of all sessions, in the order of arrival within each."""
        with self.lock:
            return [record for session in self.sessions.values() for record in session.records]

    def dropped(self):
        with self.lock:
            return sum(session.dropped for session in self.sessions.values())

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    # On its thread.

    def _run(self):
        self.connections = []
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ, self._accept)
            self.selector = selector
            while not self.is_killed:
                ready = selector.select(0.002)
                self.reads.wait()
                for key, _ in ready:
                    if not self.is_killed:
                        key.data()
                if not ready or self.random is None:
                    self._commit_all()
            for connection in self.connections:
                connection.socket.close()
        self.listener.close()

    def _accept(self):
        peer, _ = self.listener.accept()
        peer.setblocking(False)
        connection = Connection(peer)
        self.connections.append(connection)
        self.selector.register(peer, selectors.EVENT_READ, lambda: self._read(connection))

    def _read(self, connection):
        most = self.random.randint(1, self.read_bytes) if self.random else self.read_bytes
        if self.bytes_left is not None:
            most = min(most, self.bytes_left)
        try:
            data = connection.socket.recv(most)
        except (BlockingIOError, ConnectionResetError):
            return
        if not data:
            return self._end(connection)
        *lines, connection.rest = (connection.rest + data).split(b"\n")
        if len(connection.rest) > LINE_LIMIT:
            self.breaches.append("a line over the limit")
        for line in lines:
            self._take(connection, line)
        if connection.session is None and connection.rest and lines:
            self.breaches.append("no hello first")
        if self.bytes_left is not None:
            self.bytes_left -= len(data)
            if not self.bytes_left and self.hangs_up:
                self.bytes_left = None
                connection.socket.shutdown(socket.SHUT_RD)
                return self._read_out(connection)
            if not self.bytes_left:
                self.is_killed = True
                return
        if self.random and self.random.random() < 0.3:
            self._commit_all()

    def _end(self, connection):
        if connection.rest:
            self.truncated += 1
        self._commit(connection)
        self._close(connection)

    def _close(self, connection):
        self.selector.unregister(connection.socket)
        connection.socket.close()
        self.connections.remove(connection)

    def _take(self, connection, line):
        try:
            value = json.loads(line)
        except ValueError:
            self.breaches.append(f"no JSON: {line[:100]!r}")
            return
        if connection.session is None:
            self._greet(connection, value, line)
        elif "hello" in value:
            self.breaches.append("a second hello")
        elif "dropped" in value:
            # Cumulative, so never less; the same again only at the start of a connection.
            if not connection.dropped < value["dropped"]:
                self.breaches.append(f"dropped {value['dropped']} after {connection.dropped}")
            connection.dropped = value["dropped"]
        else:
            self._take_record(connection, value)

    def _greet(self, connection, value, line):
        hello = value.get("hello")
        if not isinstance(hello, dict) or not hello.get("session") or not hello.get("producer"):
            self.breaches.append(f"no hello first: {line[:100]!r}")
            hello = {"session": "none"}
        self.hellos.append(hello)
        connection.session = hello["session"]
        connection.acknowledges = bool(hello.get("ack")) and self.acknowledges
        if connection.rest and hello.get("ack"):
            self.breaches.append("records before the hello was answered")
        with self.lock:
            session = self.sessions.setdefault(connection.session, Session())
        if hello.get("ack") and not self.acknowledges:
            self.refused += 1
            self._answer(connection, {"error": {"code": "ack_unsupported", "message": "no"}})
        if not connection.acknowledges:
            return
        for other in list(self.connections):
            if other is not connection and other.session == connection.session:
                self._read_out(other)
        connection.seq = session.decided
        self._answer(connection, {"hello": {"seq": session.decided}})

    def _read_out(self, connection):
        """A second connection of a session ends the first, after what it sent is committed."""
        while connection in self.connections:
            try:
                data = connection.socket.recv(1 << 20)
            except BlockingIOError:
                self._end(connection)
                return
            if not data:
                self._end(connection)
                return
            *lines, connection.rest = (connection.rest + data).split(b"\n")
            for line in lines:
                self._take(connection, line)

    def _take_record(self, connection, value):
        seq = value.get("seq")
        wanted = connection.acknowledges or "seq" in value
        if not ("features" in value or ("id" in value and "actual" in value)):
            self.breaches.append(f"neither record nor truth: {value}")
        if not wanted:
            if seq is not None:
                self.breaches.append("a seq without acknowledgements")
        elif type(seq) is not int or seq <= connection.seq:
            self.breaches.append(f"seq {seq} after {connection.seq}")
        else:
            connection.seq = seq
        connection.records.append(value)

    def _commit_all(self):
        for connection in list(self.connections):
            self._commit(connection)
            if connection.to_acknowledge:
                connection.to_acknowledge = False
                self._answer(connection, {"ack": self.sessions[connection.session].decided})
            self._send_answers(connection)

    def _commit(self, connection):
        if connection.session is None:
            return
        with self.lock:
            session = self.sessions[connection.session]
            session.dropped = max(session.dropped, connection.dropped)
            for record in connection.records:
                seq = record.get("seq")
                if connection.acknowledges:
                    connection.to_acknowledge = True
                    if seq <= session.decided:
                        session.duplicates += 1
                        continue
                    session.decided = seq
                session.counted[seq] += 1
                session.records.append(record)
        connection.records = []

    def _answer(self, connection, value):
        connection.answers += json.dumps(value).encode() + b"\n"
        self._send_answers(connection)

    def _send_answers(self, connection):
        """All, or at random a part of it now and the rest at the next occasion."""
        most = len(connection.answers)
        if not most:
            return
        if self.random:
            most = self.random.randint(1, most)
        try:
            sent = connection.socket.send(connection.answers[:most])
        except OSError:
            return
        connection.answers = connection.answers[sent:]
