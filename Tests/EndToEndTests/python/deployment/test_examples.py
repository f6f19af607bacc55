# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The examples with the real programs: references, traffic, somebody else's server, the canary."""

import http.server
import json
import subprocess
import sys
import threading
import urllib.request

import pytest
import yaml
from demo import Receivers
from manifests import DEPLOY, ROOT
from programs import ENVIRONMENT, counted, fetch, free_address, wait

FLIGHTS = DEPLOY / "base/flights"
BYO = DEPLOY / "overlays/bring-your-own-server"


def test_the_model_is_the_one_of_the_tests():
    for name in ("model.onnx", "model.yaml", "golden.json"):
        assert (FLIGHTS / name).read_bytes() == (ROOT / "Tests/Fixtures/models/delay/2" / name).read_bytes()


def test_the_references_are_built_again_byte_for_byte(kedge, tmp_path):
    subprocess.run([sys.executable, FLIGHTS / "make_references.py", "--kedge", kedge,
                    "--output", tmp_path], check=True, env=ENVIRONMENT, capture_output=True)
    for path in (FLIGHTS / "delay-2.json", BYO / "baseline-1.json"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def sidecar(start, kedge, tmp_path, reference):
    address, socket_path = free_address(), tmp_path / "kedge.sock"
    start(kedge, "sidecar", "--config", DEPLOY / "base/settings/sidecar.yaml", "--listen", address,
          "--state", tmp_path / "state", "--socket", socket_path, "--reference", reference,
          "--evaluate-every", "200ms")
    wait(lambda: fetch(address, "/ready"))
    return address, socket_path


def test_traffic_reaches_the_sidecar_through_the_server(start, kedge, tmp_path):
    """What compose and the base wire up: clients, server with the model, sidecar with the reference."""
    watched, socket_path = sidecar(start, kedge, tmp_path, FLIGHTS / "delay-2.json")
    models = tmp_path / "models/delay"
    models.mkdir(parents=True)
    (models / "2").symlink_to(FLIGHTS)
    served = free_address()
    start(kedge, "serve", "--models", models.parent, "--listen", served, "--log-socket", socket_path)
    wait(lambda: fetch(served, "/ready"))
    flights = ROOT / "Tests/Fixtures/flights/stream-quiet.csv.gz"
    asked = subprocess.run([sys.executable, DEPLOY / "compose/traffic.py", "--server", served,
                            "--rate", "100000", "--count", "6000", flights],
                           capture_output=True, text=True, env=ENVIRONMENT)
    assert asked.returncode == 0 and asked.stdout.startswith("6000 answered, 0 refused, 0 broken")
    records = {"model": "delay", "model_version": "2"}
    wait(lambda: counted(watched, "kedge_ingest_records_total", **records) == 6000)
    report = wait(lambda: (found := window(watched, "10k")) and found["rows"] == 6000 and found)
    # The first week of a February like the one that the reference is from: nothing drifts.
    verdicts = {name: feature["verdict"] for name, feature in report["features"].items()}
    assert len(verdicts) == 13 and set(verdicts.values()) == {"steady"}, verdicts


def test_a_secret_that_comes_later_is_enough(start, kedge, tmp_path):
    """The base's receiver: the sidecar starts without its file, and needs no restart to tell."""
    settings = yaml.safe_load((DEPLOY / "base/settings/sidecar.yaml").read_text())
    receiver, = settings["receivers"]
    secret = tmp_path / "slack-url"
    receiver["slack"]["url_file"] = str(secret)
    address = free_address()
    (tmp_path / "sidecar.yaml").write_text(yaml.safe_dump(settings | {
        "listen": address, "state": str(tmp_path / "state"), "references": [str(FLIGHTS / "delay-2.json")],
        "socket": {"path": str(tmp_path / "kedge.sock")}}))
    start(kedge, "sidecar", "--config", tmp_path / "sidecar.yaml")
    wait(lambda: fetch(address, "/ready"))
    command = [kedge, "alerts", "test", "--receiver", receiver["name"], "--state", tmp_path / "state"]
    missing = subprocess.run(command, capture_output=True, text=True)
    assert missing.returncode != 0 and str(secret) in missing.stdout + missing.stderr
    receivers = Receivers()
    try:
        secret.write_text(receivers.url("team"))
        told = subprocess.run(command, capture_output=True, text=True)
        assert told.returncode == 0 and len(receivers.bodies) == 1, told.stdout + told.stderr
    finally:
        receivers.close()


def window(address, name):
    monitor, = json.loads(fetch(address, "/api/v1/report"))["monitors"]
    return next((item for item in monitor["windows"] if item["window"] == name), None)


def test_somebody_elses_server_is_watched(start, kedge, tmp_path):
    watched, socket_path = sidecar(start, kedge, tmp_path, BYO / "baseline-1.json")
    served = free_address()
    app = start(sys.executable, BYO / "app.py", LISTEN=served, KEDGE_SOCKET=str(socket_path),
                PYTHONPATH=str(DEPLOY / "clients/python"), PRODUCER="pod/app")
    wait(lambda: fetch(served, "/ready"))
    for delay in range(-10, 290):
        body = json.dumps({"features": {"dep_delay": delay, "visib": 10}}).encode()
        request = urllib.request.Request(f"http://{served}/predict", body)
        with urllib.request.urlopen(request) as answer:
            assert 0 <= json.load(answer)["probability"] <= 1
    app.terminate()
    assert app.wait(timeout=10) == 0, "what was queued is sent, then it ends"
    records = {"model": "baseline", "model_version": "1"}
    wait(lambda: counted(watched, "kedge_ingest_records_total", **records) == 300)
    report = wait(lambda: (found := window(watched, "10k")) and found["rows"] == 300 and found)
    assert report["features"]["prediction"]["verdict"] == "drifted"


class Answers(http.server.BaseHTTPRequestHandler):
    """A Prometheus with a canary that serves and an alert that fires for version 7."""

    def do_GET(self):
        firing = "ALERTS" in self.path and "%227%22" in self.path
        serves = "prediction_requests_total" in self.path and "%229%22" not in self.path
        found = [{"metric": {"alertname": "KedgeFeatureDrift"}, "value": [0, "1"]}] * (firing or serves)
        body = json.dumps({"data": {"result": found}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def answering():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def watch(address, version, **more):
    return subprocess.run(
        [sys.executable, DEPLOY / "ci/watch_canary.py", "--prometheus", address, "--model", "delay",
         "--version", version, "--minutes", "0.03", "--every", "0.2", "--start", "0.02"],
        capture_output=True, text=True, env=ENVIRONMENT, **more)


@pytest.mark.parametrize("version, status, words", [
    ("2", 0, "served for"), ("7", 1, "firing: {'alertname': 'KedgeFeatureDrift'}"),
    ("9", 2, "serves no requests")])
def test_a_canary_that_fires_or_serves_nothing_is_stopped(answering, version, status, words):
    watched = watch(answering, version)
    assert watched.returncode == status and words in watched.stdout + watched.stderr


def test_a_prometheus_that_does_not_answer_stops_the_canary():
    watched = watch(f"http://{free_address()}", "2")
    assert watched.returncode == 2 and "does not answer" in watched.stderr


def test_the_real_prometheus_understands_what_is_asked(prometheus):
    served = watch(f"http://{prometheus.address}", "2")
    assert served.returncode == 0, served.stderr
    absent = watch(f"http://{prometheus.address}", "3")
    assert absent.returncode == 2, absent.stdout + absent.stderr
