# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A real Alertmanager with a webhook that keeps what it is sent, and how two such bodies differ."""

import http.server
import json
import queue
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

NO_TIME = "0001-01-01T00:00:00Z"
MEMBERS = [
    "receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations",
    "externalURL", "version", "groupKey", "truncatedAlerts",
]
ALERT_MEMBERS = [
    "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint",
]


class WebhookListener:
    """Takes webhooks on a port of its own, and keeps their bodies in order."""

    def __init__(self) -> None:
        self.bodies: queue.Queue[dict[str, Any]] = queue.Queue()
        bodies = self.bodies

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bodies.put(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, seconds: float = 30) -> dict[str, Any]:
        """The next body; raises `queue.Empty` when none comes in time."""
        return self.bodies.get(timeout=seconds)

    def close(self) -> None:
        """Takes no more."""
        self.server.shutdown()
        self.server.server_close()


class Alertmanager:
    """A real Alertmanager that groups by model and version, and tells a webhook at once."""

    def __init__(self, directory: Path, webhook: str, external_url: str = "http://am.example",
                 receiver: str = "team") -> None:
        program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
        assert program, "no Alertmanager is installed"
        configuration = {
            "route": {"receiver": receiver, "group_by": ["model", "model_version"],
                      "group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h"},
            "receivers": [{"name": receiver, "webhook_configs": [{"url": webhook}]}],
        }
        file = directory / "alertmanager.yml"
        file.write_text(json.dumps(configuration))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = (directory / "alertmanager.log").open("wb")
        self.process = subprocess.Popen(
            [program, f"--config.file={file}", f"--storage.path={directory / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}", f"--web.external-url={external_url}",
             "--web.route-prefix=/", "--cluster.listen-address="],
            stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self) -> "Alertmanager":
        deadline = time.monotonic() + 30
        while True:
            try:
                self.get("/-/ready")
                return self
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, "the Alertmanager ended"
                assert time.monotonic() < deadline, "the Alertmanager does not begin"
                time.sleep(0.05)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def get(self, path: str) -> bytes:
        """What it answers to a GET."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that it takes to be firing."""
        alerts: list[dict[str, Any]] = json.loads(self.get("/api/v2/alerts"))
        return alerts

    def post(self, body: bytes) -> None:
        """Posts alerts; raises `HTTPError` with its words unless it takes all of them."""
        request = urllib.request.Request(
            self.url + "/api/v2/alerts", body, {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            error.msg += ": " + error.read().decode()
            raise


def _pairs(text: bytes | str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = json.loads(text, object_pairs_hook=list)
    return pairs


def shape_breaches(body: bytes | str) -> Iterator[str]:
    """What a body of the webhook's version 4 must not be, whoever sends it."""
    members = [name for name, _ in _pairs(body)]
    if members != MEMBERS:
        yield f"members {members}"
    message = json.loads(body)
    if message["version"] != "4" or message["status"] not in ("firing", "resolved"):
        yield f"version {message['version']!r}, status {message['status']!r}"
    for alert, pairs in zip(message["alerts"], dict(_pairs(body))["alerts"]):
        if [name for name, _ in pairs] != ALERT_MEMBERS:
            yield f"members {[name for name, _ in pairs]} of an alert"
        if (alert["endsAt"] == NO_TIME) != (alert["status"] == "firing"):
            yield f"{alert['status']} with the end {alert['endsAt']}"
        for kind in ("labels", "annotations"):
            values = dict(pairs)[kind]
            if not isinstance(alert[kind], dict) or [n for n, _ in values] != sorted(alert[kind]):
                yield f"{kind} not in the order of their names: {values}"
            if not all(isinstance(value, str) for value in alert[kind].values()):
                yield f"{kind} that are no texts: {values}"


def differences(ours: Any, theirs: Any, place: str = "") -> Iterator[str]:
    """Every field in which two bodies differ; `externalURL` is each one's own."""
    if place == ".externalURL":
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() | theirs.keys()):
            if name not in ours or name not in theirs:
                yield f"{place}.{name}: only {'theirs' if name in theirs else 'ours'}"
            else:
                yield from differences(ours[name], theirs[name], f"{place}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (own, other) in enumerate(zip(ours, theirs)):
            yield from differences(own, other, f"{place}[{index}]")
    elif ours != theirs or type(ours) is not type(theirs):
        yield f"{place}: {ours!r:.300} instead of {theirs!r:.300}"


def awaited(listener: WebhookListener, ours: dict[str, Any], seconds: float = 30) -> dict[str, Any]:
    """The Alertmanager's body about the same alerts in the same states.

    It may tell of the first alerts of a group while it still takes in the others, and of what is
    over together with what still fires; those bodies are passed over.
    """
    def told(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
        states = [(alert["fingerprint"], alert["status"]) for alert in body["alerts"]]
        return body["groupKey"], sorted(states)

    deadline = time.monotonic() + seconds
    others = []
    while (left := deadline - time.monotonic()) > 0:
        try:
            theirs = listener.next(left)
        except queue.Empty:
            break
        if told(theirs) == told(ours):
            return theirs
        others.append(told(theirs))
    raise AssertionError(f"no webhook about {told(ours)}, but {others}")
