# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The served OpenAPI document: valid, of this model, and kept to, as `schemathesis` finds."""

import subprocess
import sys
from pathlib import Path

import openapi_spec_validator
import pytest

SEED = "20261126"
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_schema_conformance")


@pytest.fixture(scope="module")
def document(http, server):
    answer = http.get(f"http://{server}/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    return answer.json()


def test_document_is_valid(document):
    assert document["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(document)


def keys(tree):
    """Every key of every object, at any depth."""
    if isinstance(tree, dict):
        yield from tree
        for value in tree.values():
            yield from keys(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from keys(value)


def test_document_names_the_models_own_features(document, versions):
    names = set(keys(document))
    for version in versions.values():
        assert set(version.names) <= names


def test_document_has_every_protocol(document):
    def has(path):
        return any(path in found for found in document["paths"])

    for path in ("/predict", "/predict/batch", "/invocations", "/ping", "/v2/health/ready", "/infer",
                 "/v2/repository/index", "/metrics", "/health", "/ready", "/version"):
        assert has(path), path


def schemathesis(server, directory, *options):
    """Runs the command line, whose exit code is 0 only without any failure."""
    command = [Path(sys.executable).parent / "st", "run", f"http://{server}/openapi.json",
               "--seed", SEED, "--mode", "all", "--checks", CHECKS, "--no-color",
               "--continue-on-failure", "--no-shrink", *options]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=280)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]


# Most of its cases, some 3,500, come from its coverage of the schemas and not from these examples.
def test_no_500_and_nothing_undocumented(server, tmp_path):
    schemathesis(server, tmp_path, "--max-examples", "10")


def test_neither_for_an_administrator(server, tmp_path, administrator):
    """The same for what changes state, which is refused without the token. Comes last: it may leave
    a model unloaded."""
    schemathesis(server, tmp_path, "--max-examples", "5",
                 "--include-path-regex", "promote|rollback|load",
                 "--header", f"Authorization: {administrator['Authorization']}")
