# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Two pods for real: servers, sidecars, receivers, and a summer's flights that never end."""

import http.client
import http.server
import json
import socket
import subprocess
import sys
import threading

import yaml
from manifests import DEPLOY, ROOT
from programs import ENVIRONMENT, counted, fetch, free_address, wait

FLIGHTS = DEPLOY / "base/flights"
STREAM = ROOT / "Tests/Fixtures/flights/stream-summer.csv.gz"
RATES = (150, 50)
# A field of the wrong kind (422), what is no JSON (400), and a model that nobody has (404).
REFUSED = ({"features": {"temp": "warm"}}, "no object", {"model": "none", "features": {}})
MALFORMED = b'{"model":\n'


class Receivers:
    """`/team` takes every message, as Slack does; `/broken` takes nothing."""

    def __init__(self):
        self.bodies = []
        receivers = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/team":
                    receivers.bodies.append(json.loads(body))
                self.send_response(200 if self.path == "/team" else 500)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.http.server_port}/{name}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class Demo:
    """`with Demo(kedge, directory) as demo`: its `targets` are the base's two pods, at work."""

    def __init__(self, kedge, directory):
        self.kedge, self.directory = kedge, directory
        self.processes, self.targets, self.sidecars = [], [], []
        self.ended = threading.Event()
        self.receivers = Receivers()
        (directory / "slack-url").write_text(self.receivers.url("team") + "\n")

    def __enter__(self):
        try:
            for number, rate in enumerate(RATES):
                self.pod(number, rate)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.ended.set()
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait()
        self.receivers.close()

    def start(self, name, *command, **environment):
        with (self.directory / name).open("w") as log:
            self.processes.append(subprocess.Popen(
                [str(part) for part in command], stdout=log, stderr=log, cwd=self.directory,
                env=ENVIRONMENT | environment))

    def pod(self, number, rate):
        """A sidecar with the base's settings, receivers on loopback, and a server that logs to it."""
        watched, served = free_address(), free_address()
        path = self.directory / f"{number}.sock"
        settings = yaml.safe_load((DEPLOY / "base/settings/sidecar.yaml").read_text()) | {
            "listen": watched, "state": str(self.directory / f"state-{number}"),
            "references": [str(FLIGHTS / "delay-2.json")], "socket": {"path": str(path)},
            "evaluate_every": "500ms", "group_wait": "0s",
            "rules": [{"name": "Drift", "statistic": "drift", "min_rows": 500}]}
        settings.pop("token_file")
        # The base's receiver, whose file comes by a secret, and one that is out of order.
        team, = settings["receivers"]
        team["slack"]["url_file"] = str(self.directory / "slack-url")
        settings["receivers"].append({"name": "broken", "webhook": {"url": self.receivers.url("broken")}})
        file = self.directory / f"sidecar-{number}.yaml"
        file.write_text(yaml.safe_dump(settings))
        self.start(f"sidecar-{number}.log", self.kedge, "sidecar", "--config", file,
                   POD_NAME=f"kedge-{number}")
        models = self.directory / f"models-{number}/delay"
        models.mkdir(parents=True)
        (models / "2").symlink_to(FLIGHTS)
        self.start(f"server-{number}.log", self.kedge, "serve", "--models", models.parent, "--listen",
                   served, "--log-socket", path, "--log-acknowledge", "true",
                   "--state", self.directory / f"server-state-{number}")
        for address in (watched, served):
            wait(lambda address=address: fetch(address, "/ready"))
        self.start(f"traffic-{number}.log", sys.executable, DEPLOY / "compose/traffic.py",
                   "--server", served, "--rate", rate, STREAM)
        threading.Thread(target=self.misuse, args=(served, path), daemon=True).start()
        self.targets += [(watched, "/metrics", f"sidecar-{number}"),
                         (served, "/metrics", f"server-{number}")]
        self.sidecars.append(watched)

    def misuse(self, served, path):
        """Requests that are refused and lines that are no records, twice a second."""
        while not self.ended.wait(0.5):
            try:
                for body in REFUSED:
                    connection = http.client.HTTPConnection(served, timeout=5)
                    connection.request("POST", "/predict", json.dumps(body),
                                       {"Content-Type": "application/json"})
                    connection.getresponse().read()
                    connection.close()
                with socket.socket(socket.AF_UNIX) as log:
                    log.connect(str(path))
                    log.sendall(MALFORMED)
            except (OSError, http.client.HTTPException):
                continue

    def settle(self):
        """Until alerts fire in both pods, one receiver was told and the other has refused."""
        for address in self.sidecars:
            for name, labels in (("kedge_alerts", {"state": "firing"}),
                                 ("kedge_notifications_total", {"receiver": "team", "outcome": "delivered"}),
                                 ("kedge_notifications_total", {"receiver": "broken", "outcome": "failed"})):
                wait(lambda: counted(address, name, **labels) > 0)
