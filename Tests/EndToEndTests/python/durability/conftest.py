# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The made-up world, and sidecars that watch it."""

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
from sidecar import Sidecar
from world import Model


@pytest.fixture(scope="session")
def models(kedge, tmp_path_factory, seed):
    directory = tmp_path_factory.mktemp("models")
    return [Model(name, kedge, directory, seed) for name in ("first", "second")]


@pytest.fixture
def make_sidecar(kedge, models, tmp_path):
    """Makes sidecars that end with the test."""
    made = []

    def make(name="sidecar", **settings):
        # An alert that is kept as well takes room on a small disk, and gives it back when it fails.
        settings = {"rules": []} | settings
        sidecar = Sidecar(kedge, tmp_path / name, [model.reference for model in models], **settings)
        made.append(sidecar)
        return sidecar

    yield make
    for sidecar in made:
        sidecar.close()
