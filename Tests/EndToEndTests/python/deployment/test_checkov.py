# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""checkov finds exactly what deploy/.checkov.yaml gives reasons for."""

import json
import shutil
import subprocess

import pytest
import yaml
from manifests import DEPLOY, EVERYTHING, render

pytestmark = pytest.mark.heavy


def test_checkov_finds_what_has_a_reason(pytestconfig, tmp_path):
    checkov = shutil.which(pytestconfig.getoption("--checkov"))
    if checkov is None:
        pytest.skip("checkov is not installed: `make test-deploy` does that")
    for place, name in enumerate(EVERYTHING):
        (tmp_path / f"{place}.yaml").write_text(render(name))
    shutil.copy(DEPLOY / "Dockerfile", tmp_path)
    checked = subprocess.run(
        [checkov, "-d", tmp_path, "--framework", "kubernetes", "dockerfile", "--compact", "--quiet",
         "--skip-download", "--output", "json"], capture_output=True, text=True, cwd=tmp_path)
    results = {item["check_type"]: item for item in json.loads(checked.stdout)}
    assert set(results) == {"kubernetes", "dockerfile"}
    assert results["kubernetes"]["summary"]["passed"] > 1_000
    found = {check["check_id"] for item in results.values()
             for check in item["results"]["failed_checks"]}
    assert found == set(yaml.safe_load((DEPLOY / ".checkov.yaml").read_text())["skip-check"])
