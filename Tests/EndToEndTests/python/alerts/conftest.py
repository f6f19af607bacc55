# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Models, sidecars that watch them, and receivers that they tell."""

import pytest
from options import (  # noqa: F401  hooks and fixtures
    draw,
    kedge,
    pytest_addoption,
    pytest_configure,
    pytest_report_header,
    pytest_terminal_summary,
    seed,
    soak,
)
from receiver import Receiver
from watched import Model, Watched


@pytest.fixture(scope="session")
def make_model(kedge, tmp_path_factory):
    """Makes models, each with a reference of its own."""
    return lambda **members: Model(kedge, tmp_path_factory.mktemp("model"), **members)


@pytest.fixture(scope="session")
def built(make_model):
    return make_model()


@pytest.fixture
def model(built):
    """The model `m`, from its first record."""
    built.sent = 0
    return built


@pytest.fixture
def make_receiver():
    """Makes receivers that end with the test, which fails if one has something to complain of."""
    made = []

    def make(**members):
        made.append(Receiver(**members))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()
        receiver.check()


@pytest.fixture
def receiver(make_receiver):
    return make_receiver()


@pytest.fixture
def watch(kedge, model, tmp_path):
    """Makes sidecars that end with the test."""
    made = []

    def make(models=None, name="sidecar", **settings):
        made.append(Watched(kedge, tmp_path / name, models or [model], **settings))
        return made[-1]

    yield make
    for sidecar in made:
        sidecar.close()
