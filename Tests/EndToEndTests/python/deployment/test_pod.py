# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The image and the pod, for real: small, nobody's, and back after `kill -9`."""

import http.client
import json
import stat
import threading
import time

import pytest
from pod import Image, Pod, manifest, require_tools
from programs import counted, fetch, free_address, wait

pytestmark = pytest.mark.heavy

FEATURES = {"dep_delay": -4, "sched_dep_hour": 10.5, "distance": 628, "temp": 39.9, "humid": 40.7,
            "wind_speed": 20.7, "precip": 0, "visib": 10, "pressure": 1012.1, "plane_age": None,
            "carrier": "US", "origin": "LGA"}
BODY = json.dumps({"features": FEATURES})
RECORDS = {"model": "delay", "model_version": "2"}


@pytest.fixture(scope="module")
def image(kedge, pytestconfig, tmp_path_factory):
    require_tools()
    return Image(tmp_path_factory.mktemp("image"), kedge, pytestconfig.getoption("--base-tar"))


@pytest.fixture(scope="module")
def addresses():
    return free_address(), free_address()


@pytest.fixture(scope="module")
def pod(image, addresses, tmp_path_factory):
    with Pod(image, tmp_path_factory.mktemp("pod"), manifest(*addresses)) as pod:
        try:
            for address in addresses:
                wait(lambda address=address: fetch(address, "/ready"))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{pod.logs('server')}\n{pod.logs('sidecar')}") from None
        yield pod


def ask(address, count=1):
    """Asks for predictions; the statuses that came back."""
    connection = http.client.HTTPConnection(address, timeout=10)
    statuses = []
    for _ in range(count):
        connection.request("POST", "/predict", BODY, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def records(address):
    return counted(address, "kedge_ingest_records_total", **RECORDS)


def test_the_image_is_small_and_has_nothing_to_run_but_kedge(image):
    files, packed = image.files()
    size = sum(status.st_size for status in files.values() if stat.S_ISREG(status.st_mode))
    print(f"the image: {size:,} bytes, {packed:,} gzipped")
    assert packed < 40_000_000
    programs = {name for name, status in files.items()
                if stat.S_ISREG(status.st_mode) and status.st_mode & 0o111 and ".so" not in name}
    assert programs == {"usr/bin/kedge"}
    owned = {name for name, status in files.items() if status.st_uid == 65532}
    assert owned == {"run/kedge", "var/lib/kedge", "var/lib/kedge-serve"}
    assert not [name for name, status in files.items() if status.st_mode & 0o6002
                and not stat.S_ISLNK(status.st_mode)]


def test_the_image_says_what_it_is(image):
    configuration = image.configuration()
    assert configuration["User"] == "65532:65532"
    assert configuration["Entrypoint"] == ["kedge"]
    labels = {name.rpartition(".")[2]: text for name, text in configuration["Labels"].items()}
    assert (labels["version"], labels["revision"]) == ("0.1.0", "0123abc")


def test_the_program_knows_its_revision(pod, addresses):
    for address in addresses:
        assert 'revision="0123abc"' in fetch(address, "/metrics")


def test_predictions_appear_in_the_sidecar(pod, addresses):
    served, watched = addresses
    before = records(watched)
    assert set(ask(served, 200)) == {200}
    wait(lambda: records(watched) == before + 200)


def test_the_admin_socket_answers_inside_the_pod(pod):
    told = pod.podman("exec", "kedge-server", "kedge", "model", "list",
                      "--state", "/var/lib/kedge-serve")
    assert told.returncode == 0 and "delay" in told.stdout, told.stderr


def test_the_health_check_answers_inside_the_pod(pod, addresses):
    dead = free_address()
    for name, address in zip(("server", "sidecar"), addresses):
        for asked, status in ((address, 0), (dead, 1)):
            told = pod.podman("exec", f"kedge-{name}", "kedge", "healthcheck", f"http://{asked}/health")
            assert told.returncode == status, (name, asked, told.stderr)


def test_the_root_cannot_be_written(pod):
    for name in ("server", "sidecar"):
        told = pod.podman("inspect", "--format", "{{.HostConfig.ReadonlyRootfs}}", f"kedge-{name}")
        assert told.stdout.strip() == "true"


def test_a_sidecar_that_is_killed_comes_back_with_all_it_had(pod, addresses):
    served, watched = addresses
    rows = lambda: counted(watched, "kedge_window_rows", **RECORDS, window="10k")
    before = records(watched) + 100
    ask(served, 100)
    wait(lambda: rows() == before)
    pod.kill("sidecar")
    wait(lambda: fetch(watched, "/ready"))
    assert set(ask(served, 50)) == {200}
    # The server acknowledges: what was on its way is sent again, and each is counted once.
    wait(lambda: rows() == before + 50)


def test_a_server_that_is_killed_comes_back(pod, addresses):
    served, watched = addresses
    before = records(watched)
    pod.kill("server")
    wait(lambda: fetch(served, "/ready"))
    assert set(ask(served, 50)) == {200}
    wait(lambda: records(watched) >= before + 50)


def test_sigterm_drains_without_a_failed_request(pod, addresses):
    """Runs last: the server is gone after it."""
    served, watched = addresses
    before, statuses, ended = records(watched), [], threading.Event()

    def load():
        while not ended.is_set():
            try:
                statuses.extend(ask(served))
            except OSError:
                return
            time.sleep(0.01)

    client = threading.Thread(target=load)
    client.start()
    wait(lambda: len(statuses) > 20)
    stopped = pod.podman("stop", "--time", "30", "kedge-server")
    ended.set()
    client.join()
    assert stopped.returncode == 0, stopped.stderr
    status = pod.podman("inspect", "--format", "{{.State.ExitCode}}", "kedge-server").stdout.strip()
    assert status == "0"
    assert len(statuses) > 100 and set(statuses) == {200}
    wait(lambda: records(watched) == before + len(statuses))
