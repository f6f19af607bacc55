# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What `sidecar_proof.py` knows of the sidecar that it is run against."""

import pytest


def pytest_addoption(parser):
    parser.addoption("--socket", help="the socket of a running `kedge sidecar`")
    parser.addoption("--metrics", help="host:port where it answers HTTP")
    parser.addoption("--no-acknowledgements", action="store_true",
                     help="it has no state directory, and gives none")


@pytest.fixture
def sidecar(pytestconfig):
    """The options: `socket`, `metrics` and `no_acknowledgements`."""
    return pytestconfig.option
