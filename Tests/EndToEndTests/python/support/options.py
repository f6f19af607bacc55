# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What the proofs that start a sidecar are given: the program under test, and how long they run.

    pytest Tests/EndToEndTests/python/durability --kedge=.build/release/kedge [--soak] [--seed=N]
"""

import os
import pathlib
import random
import shutil

import pytest


def pytest_addoption(parser):
    parser.addoption("--kedge", default=os.environ.get("KEDGE_BINARY", ".build/release/kedge"),
                     help="the binary; it is kept, so that a build may go on")
    parser.addoption("--soak", action="store_true", help="the long variants")
    parser.addoption("--seed", default=os.environ.get("SEED") or None,
                     help="what random choices come from")


def pytest_configure(config):
    if config.getoption("--seed") is None:
        config.option.seed = str(random.SystemRandom().randrange(2**32))


def pytest_report_header(config):
    return f"SEED={config.getoption('--seed')}"


def pytest_terminal_summary(terminalreporter, config):
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.line(f"the same again with SEED={config.getoption('--seed')}")


@pytest.fixture(scope="session")
def seed(pytestconfig):
    return pytestconfig.getoption("--seed")


@pytest.fixture(scope="session")
def soak(pytestconfig):
    return pytestconfig.getoption("--soak")


@pytest.fixture
def draw(seed, request):
    """A generator of the test's own."""
    return random.Random(f"{seed} {request.node.name}")


@pytest.fixture(scope="session")
def kedge(pytestconfig, tmp_path_factory):
    # A build puts another file in the place of the binary: a link keeps this one.
    binary = pathlib.Path(pytestconfig.getoption("--kedge")).resolve()
    copy = tmp_path_factory.mktemp("binary") / "kedge"
    try:
        copy.hardlink_to(binary)
    except OSError:
        shutil.copy(binary, copy)
    return copy
