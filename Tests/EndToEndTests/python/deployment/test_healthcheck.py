# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The health checks and hooks of compose and of the manifests, as the binary takes them."""

import http.server
import subprocess
import threading
import time

import pytest
import yaml
from manifests import DEPLOY, build, container, pod_of, workloads
from programs import fetch, free_address, wait

COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def checks():
    """What compose asks, by service: the command after `CMD`."""
    return {name: service["healthcheck"]["test"][1:] for name, service in COMPOSE.items()
            if "kedge" in service.get("image", "") and service["image"].startswith("kedge:")}


def hook():
    """The classic sidecar's, which lets the server end first."""
    pod = pod_of(workloads(build("components/classic-sidecar @ base"))[0])
    return container(pod, "sidecar")["lifecycle"]["preStop"]["exec"]["command"]


def run(kedge, command, address, **changes):
    """A command as it stands in a file, but for where it asks."""
    words = []
    for word in command:
        scheme, found, rest = word.partition("://")
        words.append(f"{scheme}://{address}/{rest.partition('/')[2]}" if found
                     else changes.get(word, word))
    assert words[0] == "kedge"
    return subprocess.run([kedge, *words[1:]], capture_output=True, text=True, timeout=60)


@pytest.fixture
def sidecar(start, kedge, tmp_path):
    address = free_address()
    process = start(kedge, "sidecar", "--listen", address, "--socket", tmp_path / "kedge.sock",
                    "--reference", DEPLOY / "base/flights/delay-2.json")
    wait(lambda: fetch(address, "/ready"))
    return address, process


@pytest.fixture
def not_ready():
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_compose_asks_each_program_where_it_listens():
    assert set(checks()) == {"sidecar", "server"}
    for name, command in checks().items():
        listen = yaml.safe_load((DEPLOY / f"base/settings/{name}.yaml").read_text())["listen"]
        assert command[:2] == ["kedge", "healthcheck"]
        assert command[2].startswith(f"http://127.0.0.1:{listen.rpartition(':')[2]}/"), name


@pytest.mark.parametrize("name", checks())
def test_compose_learns_who_lives(kedge, sidecar, not_ready, name):
    address, _ = sidecar
    alive = run(kedge, checks()[name], address)
    assert (alive.returncode, alive.stderr) == (0, "")
    dead = run(kedge, checks()[name], free_address())
    assert dead.returncode == 1 and dead.stderr
    refused = run(kedge, checks()[name], not_ready)
    assert refused.returncode == 1 and "503" in refused.stderr


def test_the_hook_waits_for_the_end_and_no_longer(kedge, sidecar):
    address, process = sidecar
    assert hook()[:3] == ["kedge", "healthcheck", "--until-down"] and hook()[3] == "30s"
    began = time.monotonic()
    bounded = run(kedge, hook(), address, **{"30s": "2s"})
    assert bounded.returncode == 0 and 2 <= time.monotonic() - began < 10
    threading.Timer(1, process.terminate).start()
    began = time.monotonic()
    waited = run(kedge, hook(), address)
    assert waited.returncode == 0, waited.stderr
    assert 1 <= time.monotonic() - began < 25
    assert process.wait(timeout=10) == 0
    gone = run(kedge, hook(), address)
    assert gone.returncode == 0, "a server that is gone already keeps nobody"


def test_the_hook_and_the_drain_fit_the_grace_period():
    pod = pod_of(workloads(build("components/classic-sidecar @ base"))[0])
    limit = int(hook()[3].removesuffix("s"))
    assert limit + 10 < pod["terminationGracePeriodSeconds"]


def test_what_no_command_takes_is_refused(kedge):
    for wrong in (["https://127.0.0.1:1/"], ["--until-down", "soon", "http://127.0.0.1:1/"], ["nowhere"]):
        refused = subprocess.run([kedge, "healthcheck", *wrong], capture_output=True, text=True)
        assert refused.returncode == 64 and refused.stderr, wrong
