# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""What the proofs know of the server under test: its address and its token."""

import json

import flights
import pytest
import requests


def pytest_addoption(parser):
    parser.addoption("--server", required=True, help="host:port of a running `kedge serve`")
    parser.addoption("--token", required=True, help="its token for what changes state")


@pytest.fixture(scope="session")
def server(pytestconfig):
    return pytestconfig.getoption("server")


@pytest.fixture(scope="session")
def administrator(pytestconfig):
    """The header fields of somebody who may change state."""
    return {"Authorization": f"Bearer {pytestconfig.getoption('token')}"}


@pytest.fixture(scope="session")
def versions():
    return flights.load()


@pytest.fixture(scope="session")
def http():
    """One keep-alive session, as a Python client has."""
    with requests.Session() as session:
        yield session


@pytest.fixture(params=["1", "2"])
def version(request, versions, server, http, administrator):
    """Each version in turn, promoted before a test uses it."""
    answer = http.post(f"http://{server}/api/v1/models/delay/promote",
                       json={"version": request.param}, headers=administrator)
    assert answer.status_code == 200, answer.text
    return versions[request.param]


@pytest.fixture(scope="session")
def good(versions):
    """The body of a good request for version 1, and the probability that it is answered."""
    body = {"version": "1", "features": versions["1"].named(0)}
    return json.dumps(body).encode(), versions["1"].probabilities[0]
