# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Logs predictions to a Kedge sidecar: never blocks, never raises, never fails a prediction.

    from kedge import PredictionLog

    log = PredictionLog("/run/kedge/kedge.sock", model="delay", version="1")
    log.log({"dep_delay": -9.0, "carrier": "US"}, 0.0823)

Threads. A record passes from the threads that call `log` to one daemon thread, the shipper:

- *Callers* make the whole line and add it to the ring (`_Ring`) under its one lock, which nobody
  holds for longer than it takes to move lines in memory. Making the line in the caller's thread
  costs it some microseconds; a second thread that made it would hold the interpreter lock for as
  long, at a moment of its own choosing and for up to a switch interval (5 ms) at a time.
- *The shipper* (`_Shipper`) alone has the socket, which does not block. It waits in poll(2), never
  in a loop: for the socket, for the time of its next attempt, or for the bell.
- *The bell* is a pipe. A caller rings it only when the shipper sleeps on an empty ring, so that at
  most one record in 5 ms pays for a system call; `close` rings it too.

A forked child begins anew with the first record that it logs: an own ring, thread, connection and
session. What the parent had queued stays the parent's.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import inspect
import json
import logging
import os
import random
import secrets
import select
import socket
import threading
import time
import weakref
from collections import deque
from datetime import datetime
from types import TracebackType
from typing import (
    Any, Awaitable, Callable, Deque, Dict, List, Literal, Mapping, NamedTuple, Optional, Sequence,
    Set, Type, TypeVar, Union, cast,
)

__all__ = ["Counts", "Outcome", "PredictionLog"]

Outcome = Literal["ok", "rejected", "failed"]
"""How a prediction ended: answered, refused for what it was asked, or failed. Only `ok` enters the
sidecar's windows; the others are counted."""

_Function = TypeVar("_Function", bound=Callable[..., Any])

_logger = logging.getLogger("kedge")

_LINE_LIMIT = 65_536
"""Bytes of the longest line that the sidecar takes, its newline apart."""
_NUMBER_ROOM = 32
"""Bytes of a line that are kept free for its `seq`."""
_LINE_OVERHEAD = 48
"""Bytes that a line in the ring takes beside its own: the object's head and its place."""
_BATCH_BYTES = 131_072
"""Bytes that are taken from the ring at once."""
_RELEASED_AT_ONCE = 256
"""Lines that are forgotten under the ring's lock before it is given up for others."""
_LINGER = 0.005
"""Seconds that a record may wait for others, so that they share a system call."""
_FIRST_DELAY, _LAST_DELAY = 0.05, 5.0
"""Seconds up to the next attempt to connect: the ceiling at first, and at most."""


class Counts(NamedTuple):
    """What became of the records of this process up to now.

    `logged` = `sent` + `dropped` + `queued`; with acknowledgements, `logged` = `acknowledged` +
    `dropped` + `queued`.
    """

    logged: int
    """Records and truths that were to be logged, whatever became of them."""
    sent: int
    """Those that the socket took; one that was sent again counts again."""
    acknowledged: int
    """Those that the sidecar has decided durably; 0 without `acknowledge`."""
    dropped: int
    """Those that were lost here; the sidecar is told their number."""
    invalid: int
    """Those of the dropped that could not be written as a line of JSON that the sidecar takes."""
    queued: int
    """Those that wait to be sent, or for their acknowledgement."""
    connected: bool
    """Whether there is a connection."""


class PredictionLog:
    """Logs predictions to the socket of a Kedge sidecar; one for a process is enough.

    All methods may be called from any thread. Nothing here waits for the sidecar but `flush` and
    `close`, and these no longer than they are told.
    """

    def __init__(
        self,
        path: Union[str, os.PathLike[str]] = "/run/kedge/kedge.sock",
        model: Optional[str] = None,
        version: Optional[str] = None,
        producer: Optional[str] = None,
        capacity_bytes: int = 4 << 20,
        acknowledge: bool = False,
    ) -> None:
        """Opens nothing yet: thread and connection come with the first record.

        Args:
            path: The sidecar's socket, which need not be there yet.
            model: The model of records that name none.
            version: The model version of records that name none.
            producer: What this process is called; its host (in Kubernetes, the pod) and process
                number when absent.
            capacity_bytes: Memory for records that wait. When it is full the oldest make room.
            acknowledge: Keep records until the sidecar says that they are durable, and send them
                again after a lost connection; each is counted once.
        """
        self._path = os.fspath(path)
        self._model, self._version, self._producer = model, version, producer
        self._capacity, self._acknowledge = capacity_bytes, acknowledge
        self._warned: Set[str] = set()
        self._begin()
        _logs.add(self)

    def _begin(self) -> None:
        self._starting = threading.Lock()
        self._ring = _Ring(self._capacity, numbered=self._acknowledge)
        self._shipper: Optional[_Shipper] = None

    def log(
        self,
        features: Any,
        prediction: Any = None,
        *,
        model: Optional[str] = None,
        version: Optional[str] = None,
        id: Union[str, int, None] = None,
        ts: Union[float, str, datetime, None] = None,
        latency: Optional[float] = None,
        outcome: Optional[Outcome] = None,
        trace_id: Optional[str] = None,
    ) -> None:
        """Logs a prediction: returns at once and never raises.

        What cannot be written as JSON is counted in `counts.invalid`, and told once by `logging`.

        Args:
            features: The values by name (a mapping, pandas Series or pydantic model), or in the
                reference's order (a sequence or array); one row. None and NaN are missing.
            prediction: A number or a text, as the reference has it.
            model, version: Which reference the record belongs to, where it is not the log's.
            id: What the truth that comes later refers to.
            ts: When it was, in Unix seconds or RFC 3339; now when absent.
            latency: How long the prediction took, in seconds.
            outcome: How it ended; absent means `ok`.
            trace_id: The trace that it is part of.
        """
        try:
            fields = _fields(prediction, model, version, id, ts, latency, outcome, trace_id)
            fields["features"] = _plain_features(features)
            self._append(_encode(fields) + "\n")
        except Exception as error:
            self._refuse(error)

    def log_actual(self, id: Union[str, int], actual: Any) -> None:
        """Logs the truth about a prediction that has an `id`; never blocks and never raises."""
        try:
            self._append('{"id":%s,"actual":%s}\n' % (_encode(id), _encode(actual)))
        except Exception as error:
            self._refuse(error)

    def predictions(
        self,
        *,
        features: Optional[Callable[..., Any]] = None,
        prediction: Optional[Callable[[Any], Any]] = None,
        id: Optional[Callable[..., Union[str, int, None]]] = None,
        model: Optional[str] = None,
        version: Optional[str] = None,
    ) -> Callable[[_Function], _Function]:
        """Decorates a function that predicts, `async` or not: each call is logged with its latency.

        The features are written down before the function runs, so they are logged as they were
        received whatever it does to them. An exception goes on to the caller, and is logged as
        `rejected` if its `status_code` is one of 400 to 499, else as `failed`.

        Args:
            features: The features from the function's arguments; its first argument when absent.
            prediction: The value to log from the function's result; the result when absent.
            id: The record's `id` from the function's arguments; none when absent.
            model, version: Which reference the records belong to, where it is not the log's.
        """

        def decorate(function: _Function) -> _Function:
            names = list(inspect.signature(function).parameters)
            first = names[0] if names else ""

            def begin(args: Sequence[Any], kwargs: Mapping[str, Any]) -> _Call:
                call = _Call(self, prediction, model, version)
                try:
                    if features is not None:
                        value = features(*args, **kwargs)
                    else:
                        value = args[0] if args else kwargs[first]
                    call.features = _encode(_plain_features(value))
                    call.id = id(*args, **kwargs) if id is not None else None
                except Exception as error:
                    call.error = error
                call.start = time.perf_counter()
                return call

            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def predict_later(*args: Any, **kwargs: Any) -> Any:
                    call = begin(args, kwargs)
                    try:
                        result = await cast("Awaitable[Any]", function(*args, **kwargs))
                    except Exception as error:
                        call.failed(error)
                        raise
                    call.returned(result)
                    return result

                return cast(_Function, predict_later)

            @functools.wraps(function)
            def predict(*args: Any, **kwargs: Any) -> Any:
                call = begin(args, kwargs)
                try:
                    result = function(*args, **kwargs)
                except Exception as error:
                    call.failed(error)
                    raise
                call.returned(result)
                return result

            return cast(_Function, predict)

        return decorate

    def flush(self, timeout: float = 2.0) -> bool:
        """Waits until nothing is queued: all was sent, or acknowledged if that was asked for.

        Returns:
            Whether it was so within `timeout` seconds.
        """
        return self._ring.wait_until_empty(timeout)

    def close(self, timeout: float = 2.0) -> None:
        """Sends what is queued for up to `timeout` seconds, and drops the rest.

        Without a connection it tries once more. Later records are dropped. Called at exit.
        """
        self._ring.stop(time.monotonic() + timeout)
        # Whoever is about to start the shipper; in a signal handler perhaps this thread, for ever.
        if self._starting.acquire(timeout=timeout):
            self._starting.release()
        if self._shipper is not None:
            self._shipper.thread.join(timeout + 1.0)
        self._ring.drop_all()
        atexit.unregister(self.close)

    @property
    def counts(self) -> Counts:
        """What became of the records of this process up to now."""
        return self._ring.counts

    def __enter__(self) -> PredictionLog:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _append(self, text: str) -> None:
        line = text.encode()
        if len(line) > _LINE_LIMIT - _NUMBER_ROOM:
            raise ValueError(f"a record of {len(line)} bytes is too long")
        self._ring.append(line)
        if self._shipper is None:
            self._start()

    def _refuse(self, error: Exception) -> None:
        self._ring.refuse()
        self._warn("a prediction could not be logged; told once", error)

    def _warn(self, message: str, error: Exception) -> None:
        """Warns of each kind of thing once, by the error's words: its `repr` may hold values."""
        if message not in self._warned:
            self._warned.add(message)
            with contextlib.suppress(Exception):  # Of whoever handles the warning.
                _logger.warning("%s: %s: %.200s", message, type(error).__name__, error)

    def _start(self) -> None:
        # Never waited for: whoever starts it already, even this thread under a signal handler,
        # ships this record too.
        if not self._starting.acquire(blocking=False):
            return
        try:
            if self._shipper is None and not self._ring.is_stopping:
                producer = self._producer or f"{socket.gethostname()}/{os.getpid()}"
                hello = {"producer": producer, "model": self._model, "version": self._version}
                self._shipper = _Shipper(self._path, hello, self._ring, self._acknowledge)
                # Here and not at first: `multiprocessing` clears what its children inherit.
                atexit.register(self.close)
        except (OSError, RuntimeError) as error:  # No descriptors or threads left.
            self._warn("predictions wait: nothing can ship them yet", error)
        finally:
            self._starting.release()

    def _begin_in_child(self) -> None:
        """Leaves everything to the parent, of which the child has copies."""
        was_stopping = self._ring.is_stopping
        shipper = self._shipper
        self._begin()
        if was_stopping:
            self._ring.stop(time.monotonic())
        if shipper is not None:
            atexit.unregister(self.close)
            shipper.disown(self._ring)


class _Call:
    """One call of a decorated function."""

    def __init__(
        self,
        log: PredictionLog,
        prediction: Optional[Callable[[Any], Any]],
        model: Optional[str],
        version: Optional[str],
    ) -> None:
        self._log, self._prediction, self._model, self._version = log, prediction, model, version
        self._ts = time.time()
        self.features = "{}"
        self.id: Union[str, int, None] = None
        self.error: Optional[Exception] = None
        self.start = 0.0

    def returned(self, result: Any) -> None:
        latency = time.perf_counter() - self.start
        try:
            value = result if self._prediction is None else self._prediction(result)
            self._add(value, latency, None)
        except Exception as error:
            self._log._refuse(error)

    def failed(self, error: Exception) -> None:
        latency = time.perf_counter() - self.start
        try:
            status = getattr(error, "status_code", None)
            is_refusal = isinstance(status, int) and 400 <= status < 500
            self._add(None, latency, "rejected" if is_refusal else "failed")
        except Exception as fault:
            self._log._refuse(fault)

    def _add(self, prediction: Any, latency: float, outcome: Optional[Outcome]) -> None:
        if self.error is not None:
            raise self.error
        fields = _fields(
            prediction, self._model, self._version, self.id, self._ts, latency, outcome, None
        )
        self._log._append('%s,"features":%s}\n' % (_encode(fields)[:-1], self.features))


class _Ring:
    """Lines between the callers and the shipper, in bounded memory: the oldest make room.

    Lines *wait* until the shipper takes them, and are then *taken* until they are released: when
    the socket has them, or, in a numbered ring, when they are acknowledged. A numbered ring writes
    `seq` into its lines; what it holds is a run of numbers without gaps, as it is only ever
    shortened from the front. The taken lines of any other ring may be on their way out already:
    they are outside its capacity (by one batch), and not dropped.
    """

    def __init__(self, capacity: int, numbered: bool) -> None:
        # Reentrant, for a signal handler that logs while its thread is in here.
        self._lock = threading.RLock()
        self._arrived: Deque[bytes] = deque()
        self._is_adding = False
        self._is_empty = threading.Condition(self._lock)
        self._capacity, self._numbered = capacity, numbered
        self._waiting: Deque[bytes] = deque()
        self._taken: Deque[bytes] = deque()
        self._bytes = 0
        self._next = 1
        self._first_taken = self._batch_from = 1
        self._logged = self._sent = self._acknowledged = self._dropped = self._invalid = 0
        self._bell = -1
        self._shipper_sleeps = False
        self._stop_at: Optional[float] = None
        self.is_connected = False

    # For any thread.

    def append(self, line: bytes) -> None:
        """Adds the line of a record, which ends in a newline."""
        with self._lock:
            self._arrived.append(line)
            if self._is_adding:
                return  # A signal handler logs in the midst of what follows, which goes on.
            self._is_adding = True
            try:
                while self._arrived:
                    self._add(self._arrived.popleft())
            finally:
                self._is_adding = False

    def _add(self, line: bytes) -> None:
        self._logged += 1
        if self._numbered:
            line = b'{"seq":%d,%b' % (self._next, line[1:])
        size = len(line) + _LINE_OVERHEAD
        if size > self._capacity or self._stop_at is not None:
            self._dropped += 1
            return
        self._next += 1
        self._waiting.append(line)
        self._bytes += size
        if self._bytes > self._capacity:
            self._make_room()
        if self._shipper_sleeps:
            self._ring_bell()

    def refuse(self) -> None:
        """Counts a record of which there is no line."""
        with self._lock:
            self._logged += 1
            self._dropped += 1
            self._invalid += 1

    def stop(self, deadline: float) -> None:
        """Takes no more lines, and has the shipper end by a moment of `time.monotonic`."""
        with self._lock:
            if self._stop_at is None:
                self._stop_at = deadline
            self._ring_bell()

    def drop_all(self) -> None:
        """Drops everything, as nobody will take it any more."""
        with self._lock:
            self._dropped += len(self._taken) + len(self._waiting)
            self._taken.clear()
            self._waiting.clear()
            self._bytes = 0
            self._is_empty.notify_all()

    def wait_until_empty(self, timeout: float) -> bool:
        with self._lock:
            return self._is_empty.wait_for(lambda: self.is_empty, timeout)

    @property
    def is_empty(self) -> bool:
        with self._lock:
            return not self._taken and not self._waiting

    @property
    def dropped(self) -> int:
        return self._dropped

    @property
    def is_stopping(self) -> bool:
        return self._stop_at is not None

    @property
    def stop_at(self) -> Optional[float]:
        return self._stop_at

    @property
    def counts(self) -> Counts:
        with self._lock:
            return Counts(
                self._logged, self._sent, self._acknowledged, self._dropped, self._invalid,
                len(self._taken) + len(self._waiting), self.is_connected,
            )

    def _make_room(self) -> None:
        while self._bytes > self._capacity:
            if self._numbered and self._taken:
                line = self._taken.popleft()
                self._first_taken += 1
            else:
                line = self._waiting.popleft()
            self._bytes -= len(line) + _LINE_OVERHEAD
            self._dropped += 1

    def _ring_bell(self) -> None:
        self._shipper_sleeps = False
        if self._bell >= 0:
            try:
                os.write(self._bell, b"\0")
            except OSError:
                pass  # The pipe is full of rings that were not heard yet.

    # For the shipper.

    def hang_bell(self, bell: int) -> None:
        """Sets the descriptor to ring from now on; -1 for none."""
        with self._lock:
            self._bell = bell

    def take(self, limit: int) -> List[bytes]:
        """The oldest lines that wait, of `limit` bytes at most but for the first.

        When there are none the shipper counts as asleep: the next line rings.
        """
        lines: List[bytes] = []
        with self._lock:
            self._batch_from = self._next - len(self._waiting)
            if not self._taken:
                self._first_taken = self._batch_from
            waiting = self._waiting
            while waiting and (limit >= len(waiting[0]) or not lines):
                limit -= len(waiting[0])
                lines.append(waiting.popleft())
            self._taken.extend(lines)
            if not self._numbered:
                self._bytes -= sum(map(len, lines)) + _LINE_OVERHEAD * len(lines)
            self._shipper_sleeps = not lines and self._stop_at is None
        return lines

    def put_back(self, decided: int = 0) -> None:
        """Lets the taken lines wait again, before the others, but for those decided already."""
        with self._lock:
            if not self._numbered:
                self._bytes += sum(map(len, self._taken)) + _LINE_OVERHEAD * len(self._taken)
            self._taken.extend(self._waiting)
            if decided:
                self._first_taken = self._next - len(self._taken)
                self.acknowledge(decided)
            self._waiting, self._taken = self._taken, deque()
            self._make_room()

    def sent(self, lines: int, release: bool) -> None:
        """The socket took so many lines, which need not be kept if `release` says so."""
        with self._lock:
            self._sent += lines
            while release and self._release(self._batch_from + lines - 1):
                pass

    def acknowledge(self, seq: int) -> None:
        """The sidecar has decided everything up to a number."""
        released = _RELEASED_AT_ONCE
        while released == _RELEASED_AT_ONCE:
            with self._lock:
                released = self._release(seq)
                self._acknowledged += released

    def _release(self, through: int) -> int:
        """Forgets taken lines up to a number, so many at once that callers need not wait long."""
        count = min(max(through + 1 - self._first_taken, 0), len(self._taken), _RELEASED_AT_ONCE)
        for _ in range(count):
            line = self._taken.popleft()
            if self._numbered:
                self._bytes -= len(line) + _LINE_OVERHEAD
        self._first_taken += count
        if not self._taken and not self._waiting:
            self._is_empty.notify_all()
        return count


class _Shipper:
    """Brings lines from the ring to the socket, on a thread of its own, which alone runs `_run`.

    - A line that went out only in part is sent whole on the next connection.
    - Without acknowledgements each connection is a session of its own: `dropped` counts from its
      hello on, so that a reconnection counts no drop twice. With them the session is the process,
      and `dropped` is said anew on each connection, as is what was not acknowledged.
    - A sidecar that gives no acknowledgements is sent to without, until the next connection.
    """

    def __init__(
        self, path: str, hello: Mapping[str, Optional[str]], ring: _Ring, acknowledge: bool
    ) -> None:
        self._path, self._hello, self._ring = path, hello, ring
        self._acknowledge = acknowledge
        self._session = secrets.token_hex(8)
        self._connections = 0
        self._socket: Optional[socket.socket] = None
        self._heard = b""
        self._is_welcome = False
        self._keeps = False
        self._out = b""
        self._out_start = self._out_records = self._out_from = 0
        self._dropped_in_out: Optional[int] = None
        self._dropped_told = self._dropped_before = 0
        self._fill_at = self._connected_at = self._retry_at = 0.0
        self._is_stopping = False
        self._ceiling = _FIRST_DELAY
        self._told: Set[str] = set()
        self._bell, self._far = os.pipe()
        os.set_blocking(self._bell, False)
        os.set_blocking(self._far, False)
        ring.hang_bell(self._far)
        self.thread = threading.Thread(target=self._run, name="kedge", daemon=True)
        try:
            self.thread.start()
        except RuntimeError:
            self._take_down_bell()
            raise

    def disown(self, ring: _Ring) -> None:
        """Closes a child's copies of the parent's descriptors; the parent's ring may be locked."""
        self._ring = ring
        if self._socket is not None:
            self._socket.close()
        self._take_down_bell()

    def _run(self) -> None:
        is_over = False
        while not is_over:
            try:
                is_over = self._step()
            except OSError as error:
                is_over = self._fail(error)
            except Exception as error:  # A fault of ours must not end the log.
                self._tell(repr(error), "the prediction log met a fault, trying on: %r", error)
                is_over = self._fail(error)
        self._close()

    def _step(self) -> bool:
        """Does the next thing, or waits until there is one. Returns whether all is over."""
        now = time.monotonic()
        stop_at = self._ring.stop_at
        if stop_at is not None:
            if now >= stop_at:
                return True
            if not self._is_stopping:
                self._is_stopping, self._retry_at = True, now
        if self._socket is None:
            if now < self._retry_at:
                self._wait(until=self._retry_at)
            else:
                self._connect()
        elif self._out:
            self._send(stop_at)
        elif not self._is_welcome:
            self._wait(until=stop_at)
        elif stop_at is None and now < self._fill_at:
            self._wait(until=self._fill_at)
        elif not self._fill():
            if stop_at is not None and self._ring.is_empty:
                return True
            if self._wait(until=stop_at):
                self._fill_at = time.monotonic() + _LINGER
        return False

    def _connect(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.connect(self._path)
        self._ring.is_connected = True
        self._connected_at = time.monotonic()
        self._connections += 1
        self._told.difference_update([kind for kind in self._told if kind != "answer"])
        _logger.info("connected to %s", self._path)
        hello: Dict[str, Any] = {k: v for k, v in self._hello.items() if v is not None}
        if self._acknowledge:
            hello.update(session=self._session, ack=True)
        else:
            hello.update(session=f"{self._session}-{self._connections}")
            self._welcome(keeps=False)
        self._say(_encode({"hello": hello}).encode() + b"\n")

    def _welcome(self, keeps: bool) -> None:
        """Records may be sent from now on."""
        self._is_welcome, self._keeps = True, keeps
        # Whoever asks for acknowledgements has one session for all connections, by which a sidecar
        # counts the highest number it is told; without, each connection is a session of its own.
        self._dropped_before = 0 if self._acknowledge else self._dropped_told
        self._dropped_told = self._dropped_before

    def _say(self, line: bytes) -> None:
        self._out, self._out_start, self._out_from, self._out_records = line, 0, len(line), 0

    def _fill(self) -> bool:
        """Takes lines from the ring, and the count of the dropped. Returns if there is anything."""
        if self._keeps:
            # There is not always a wait that would listen, and what is acknowledged makes room.
            self._receive()
        lines = self._ring.take(_BATCH_BYTES)
        dropped = self._ring.dropped
        head = b""
        if dropped > self._dropped_told:
            head = b'{"dropped":%d}\n' % (dropped - self._dropped_before)
            self._dropped_in_out = dropped
        self._out = head + b"".join(lines)
        self._out_start, self._out_from, self._out_records = 0, len(head), len(lines)
        return bool(self._out)

    def _send(self, stop_at: Optional[float]) -> None:
        assert self._socket is not None
        try:
            sent = self._socket.send(memoryview(self._out)[self._out_start :])
        except BlockingIOError:
            self._wait(until=stop_at, room=True)
            return
        self._out_start += sent
        if self._out_start == len(self._out):
            self._account()
            # Company for the next record, unless there is enough of it already.
            if self._out_records and len(self._out) < _BATCH_BYTES // 2:
                self._fill_at = time.monotonic() + _LINGER
            self._out = b""

    def _account(self) -> None:
        """Counts what of `_out` the socket took: whole lines only."""
        if self._dropped_in_out is not None and self._out_start >= self._out_from:
            self._dropped_told = self._dropped_in_out
        self._dropped_in_out = None
        records = self._out.count(b"\n", self._out_from, max(self._out_start, self._out_from))
        if records:
            self._ring.sent(records, release=not self._keeps)

    def _wait(self, until: Optional[float], room: bool = False) -> bool:
        """Waits for the bell, for what the sidecar says, and for room if asked, until a moment.

        Returns whether the bell rang.
        """
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if self._socket is not None:
            poll.register(self._socket, select.POLLIN | (select.POLLOUT if room else 0))
        rest = None if until is None else min(max(until - time.monotonic(), 0), 3_600) * 1e3
        # Rounded up: it must not come back too early, again and again.
        ready = poll.poll(None if rest is None else int(rest) + 1)
        is_rung = False
        for descriptor, events in ready:
            if descriptor == self._bell:
                os.read(self._bell, 4_096)
                is_rung = True
            elif events & ~select.POLLOUT:
                self._receive()
        return is_rung

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65_536)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError("closed by the other end")
        *lines, self._heard = (self._heard + data).split(b"\n")
        if len(self._heard) > _LINE_LIMIT:
            raise ConnectionAbortedError("an answer without an end")
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        answer = answer if isinstance(answer, dict) else {}
        hello, ack = answer.get("hello"), answer.get("ack")
        seq = hello.get("seq") if isinstance(hello, dict) else None
        if type(seq) is int and self._acknowledge and not self._is_welcome:
            self._ring.put_back(decided=seq)
            self._welcome(keeps=True)
        elif type(ack) is int and self._keeps:
            self._ring.acknowledge(ack)
        else:
            error = answer.get("error")
            self._tell("answer", "the sidecar answered: %.512s", line.decode("utf-8", "replace"))
            if isinstance(error, dict) and error.get("code") == "ack_unsupported":
                if not self._is_welcome:
                    self._ring.put_back()
                    self._welcome(keeps=False)

    def _fail(self, error: Exception) -> bool:
        """The connection is lost, or there was none. Returns whether that is the end."""
        now = time.monotonic()
        was_connected = self._ring.is_connected
        self._disconnect()
        # A peer that takes connections only to close them is not back yet.
        if was_connected and now - self._connected_at >= _LAST_DELAY:
            self._ceiling = _FIRST_DELAY
        self._retry_at = now + self._ceiling * random.uniform(0.5, 1)
        self._ceiling = min(self._ceiling * 2, _LAST_DELAY)
        if was_connected:
            _logger.warning("%s is gone, trying again: %s", self._path, error)
        else:
            self._tell(str(error), "%s cannot be connected to, trying on: %s", self._path, error)
        # Nobody there, and no time to wait for somebody.
        return self._ring.is_stopping and not was_connected

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._ring.is_connected = False
        self._account()
        if not self._keeps:
            self._ring.put_back()
        self._out, self._heard, self._is_welcome = b"", b"", False

    def _tell(self, kind: str, message: str, *details: object) -> None:
        """Warns of each kind of thing once."""
        if kind not in self._told:
            self._told.add(kind)
            _logger.warning(message, *details)

    def _close(self) -> None:
        self._disconnect()
        self._ring.drop_all()
        self._take_down_bell()

    def _take_down_bell(self) -> None:
        self._ring.hang_bell(-1)
        near, far, self._bell, self._far = self._bell, self._far, -1, -1
        for descriptor in (near, far):
            if descriptor >= 0:
                os.close(descriptor)


def _fields(
    prediction: Any,
    model: Optional[str],
    version: Optional[str],
    id: Union[str, int, None],
    ts: Union[float, str, datetime, None],
    latency: Optional[float],
    outcome: Optional[Outcome],
    trace_id: Optional[str],
) -> Dict[str, Any]:
    """What a record says beside its features."""
    fields: Dict[str, Any] = {"ts": time.time() if ts is None else ts}
    if prediction is not None:
        fields["prediction"] = prediction
    if model is not None:
        fields["model"] = model
    if version is not None:
        fields["version"] = version
    if id is not None:
        fields["id"] = id
    if latency is not None:
        fields["latency"] = latency
    if outcome is not None:
        fields["outcome"] = outcome
    if trace_id is not None:
        fields["trace_id"] = trace_id
    return fields


def _plain_features(features: Any) -> Any:
    """One row as a dictionary, list or tuple: of a pandas row, an array, a pydantic model, …

    Raises:
        TypeError: They are no mapping and no sequence, or have more rows than one.
    """
    kind = type(features)
    if kind is dict or kind is list or kind is tuple:
        return features
    dimensions = getattr(features, "ndim", 1)
    if dimensions == 2 and len(features) == 1:
        # A frame gives each value its own type this way, which its `iloc` does not.
        is_frame = hasattr(features, "to_dict")
        features = features.to_dict("records")[0] if is_frame else features[0]
    elif dimensions != 1:
        raise TypeError("features are not one row; log the rows one by one")
    for method in ("to_dict", "model_dump", "tolist"):
        if hasattr(features, method):
            features = getattr(features, method)()
            break
    if isinstance(features, Mapping):
        return dict(features)
    if isinstance(features, Sequence) and not isinstance(features, (str, bytes, bytearray)):
        return list(features)
    raise TypeError(f"features are a {type(features).__name__}, no mapping and no sequence")


def _plain_value(value: Any) -> Any:
    """A value that json does not know as one that it does: the same number, not a rounded one."""
    name = type(value).__name__
    if name in ("NAType", "NaTType"):
        return None
    if name == "UUID":
        return str(value)
    if getattr(value, "size", 1) == 1 and hasattr(value, "item"):
        plain = value.item()
        # The item of a numpy.longdouble is a numpy.longdouble.
        return plain if type(plain) is not type(value) else float(plain)
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"a {name} cannot be logged")


_encode = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, check_circular=False, default=_plain_value
).encode

_logs: weakref.WeakSet[PredictionLog] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for log in list(_logs):
        try:
            log._begin_in_child()
        except OSError:
            pass  # The parent was just closing the descriptor.


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
