# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What is deployed, held against the real tools: kubectl, promtool, Prometheus, hadolint.

    pytest Tests/EndToEndTests/python/deployment --kedge=.build/release/kedge [--seed=N]
"""

import os
import pathlib
import random
import shutil
import subprocess

import pytest
from programs import ENVIRONMENT
from prometheus import Prometheus
from stub_api import StubAPI
from world import Fleet


def pytest_addoption(parser):
    parser.addoption("--kedge", default=os.environ.get("KEDGE_BINARY", ".build/release/kedge"),
                     help="the binary; it is copied, so that a build may go on")
    parser.addoption("--checkov", default="checkov", help="the program, which wants an environment "
                     "of its own")
    parser.addoption("--base-tar", help="a root file system with Debian's packages, instead of one "
                     "made by mmdebstrap")
    parser.addoption("--seed", default=os.environ.get("SEED") or None,
                     help="what random choices come from")


def pytest_configure(config):
    if config.getoption("--seed") is None:
        config.option.seed = str(random.SystemRandom().randrange(2**32))


def pytest_report_header(config):
    return f"SEED={config.getoption('--seed')}"


@pytest.fixture(scope="session")
def seed(pytestconfig):
    return int(pytestconfig.getoption("--seed"))


@pytest.fixture(scope="session")
def kedge(pytestconfig, tmp_path_factory):
    copy = tmp_path_factory.mktemp("binary") / "kedge"
    shutil.copy(pathlib.Path(pytestconfig.getoption("--kedge")), copy)
    return copy


@pytest.fixture(scope="session")
def fleet(seed):
    """Three sidecars and two servers, made up, behind one address."""
    with Fleet(seed) as fleet:
        yield fleet


@pytest.fixture(scope="session")
def prometheus(fleet, tmp_path_factory):
    """A real Prometheus with our rules, that has scraped the fleet and evaluated all rules."""
    with Prometheus(fleet.targets, tmp_path_factory.mktemp("prometheus")) as prometheus:
        prometheus.settle()
        yield prometheus


@pytest.fixture
def start(tmp_path):
    """Starts programs that end with the test."""
    running = []

    def start(*command, **environment):
        log = (tmp_path / f"log-{len(running)}").open("w")
        running.append(subprocess.Popen([str(part) for part in command], stdout=log, stderr=log,
                                        env=ENVIRONMENT | environment, cwd=tmp_path))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
        process.wait()


@pytest.fixture
def api(tmp_path):
    with StubAPI() as api:
        yield api
