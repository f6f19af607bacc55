# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""An acknowledged producer as DESIGN.md describes it, which believes nothing it is told.

It checks each answer by itself: what a hello answers is neither less than what was acknowledged nor
more than what was sent, and acknowledgements grow.
"""

import json
import random
import select
import socket
import threading
import time

from sidecar import DEADLINE


class Violation(AssertionError):
    """The sidecar has broken its promise."""


class Connection:
    """One connection of a session."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self._received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def hello(self, session, **members):
        body = {"producer": "test", "session": session, "ack": True} | members
        self.send(json.dumps({"hello": body}).encode() + b"\n")
        return self

    def resume(self, session, **members):
        """Says hello, and returns what it answers."""
        return self.hello(session, **members).answer()["hello"]["seq"]

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, deadline=DEADLINE):
        """The next line; None at the end of the connection."""
        end = time.monotonic() + deadline
        while b"\n" not in self._received:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self.socket.recv(65_536)
            except TimeoutError:
                raise AssertionError(f"no answer within {deadline} s") from None
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self._received += data
        line, self._received = self._received.split(b"\n", 1)
        return json.loads(line)

    def await_ack(self, seq, deadline=DEADLINE):
        """Reads until everything up to a number is acknowledged."""
        while True:
            line = self.answer(deadline)
            if line is None:
                raise AssertionError(f"the connection ended before {seq} was acknowledged")
            assert line["ack"] <= seq, f"{line} is more than was sent, {seq}"
            if line["ack"] == seq:
                return

    def answers(self, seconds):
        """Every line within so many seconds, or until the end."""
        lines = []
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0 or b"\n" in self._received:
            if b"\n" not in self._received and not select.select([self.socket], [], [], rest)[0]:
                break
            if (line := self.answer()) is None:
                break
            lines.append(line)
        return lines


class Producer:
    """Sends a source's records on a thread of its own, over and over again what was not decided."""

    BATCH = 250

    def __init__(self, source, path, *, seed, window=20_000, target=None):
        self.source = source
        self.path = path
        self.window = window
        self.draw = random.Random(f"{seed} {source.session}")
        self.acknowledged = 0
        self.sent = 0
        self.resumed = None
        self.resumptions = 0
        self.target = target
        self.error = None
        self._gate = threading.Event()
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    # For the thread of the test

    def open(self):
        """Lets it connect."""
        self._gate.set()

    def shut(self):
        """Keeps it from connecting again."""
        self.resumed = None
        self._gate.clear()

    def await_resumed(self):
        """What the hello has answered, on the connection that is open."""
        self._await(lambda: self.resumed is not None, "the hello's answer")
        return self.resumed

    def await_acknowledged(self, seq):
        self._await(lambda: self.acknowledged >= seq, f"the acknowledgement of {seq}")

    def finish(self, target=None):
        """Sends everything up to a number, and ends once that is acknowledged."""
        self.target = target or self.target
        self.await_acknowledged(self.target)
        self.stop()

    def stop(self):
        self._stopped = True
        self._gate.set()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), f"{self.source.session} did not end"
        self.check()

    def check(self):
        if self.error is not None:
            raise self.error

    def _await(self, condition, what):
        with self._changed:
            self._changed.wait_for(lambda: condition() or self.error is not None, DEADLINE)
        self.check()
        assert condition(), (f"{self.source.session}: no {what} within {DEADLINE} s; sent "
                             f"{self.sent}, acknowledged {self.acknowledged}")

    # Its own

    def _run(self):
        try:
            while not self._stopped:
                self._gate.wait()
                try:
                    with Connection(self.path) as connection:
                        self._serve(connection)
                except OSError:
                    time.sleep(0.002)  # nobody is there yet, or no longer
        except BaseException as error:
            self.error = error
        with self._changed:
            self._changed.notify_all()

    def _serve(self, connection):
        line = connection.hello(self.source.session).answer()
        if line is None:
            return
        decided = line["hello"]["seq"]
        if not self.acknowledged <= decided <= self.sent:
            raise Violation(f"{self.source.session}: the hello answers {decided}, but {self.sent} "
                            f"were sent and {self.acknowledged} acknowledged")
        self._note(decided, resumed=decided)
        next_seq = decided + 1
        pending = memoryview(b"")
        wire = connection.socket
        wire.setblocking(False)
        received = b""
        while not self._stopped:
            if not pending and next_seq - self.acknowledged <= self.window:
                next_seq, data = self._render(next_seq)
                pending = memoryview(data)
            readable, writable, _ = select.select([wire], [wire] if pending else [], [], 0.05)
            if readable:
                data = wire.recv(65_536)
                if not data:
                    return
                *lines, received = (received + data).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
            if writable and pending:
                pending = pending[wire.send(pending):]

    def _render(self, seq):
        lines = []
        end = seq + self.draw.randint(1, self.BATCH)
        if self.target is not None:
            end = min(end, self.target + 1)
        for number in range(seq, end):
            if self.source.is_sent(number):
                lines.append(self.source.line(number))
                self.sent = max(self.sent, number)
        return max(seq, end), b"".join(lines)

    def _take(self, line):
        seq = line.get("ack")
        if seq is None:
            raise Violation(f"{self.source.session}: no acknowledgement but {line}")
        if not self.acknowledged < seq <= self.sent:
            raise Violation(f"{self.source.session}: {seq} is acknowledged after "
                            f"{self.acknowledged}; {self.sent} were sent")
        self._note(seq)

    def _note(self, seq, resumed=None):
        with self._changed:
            self.acknowledged = seq
            if resumed is not None:
                self.resumed = resumed
                self.resumptions += 1
            self._changed.notify_all()
