# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The real kubectl applies every kustomization to an API server that validates."""

import os
import subprocess

import pytest
import yaml
from manifests import EVERYTHING, build, kubectl, render

pytestmark = pytest.mark.heavy


def run(api, tmp_path, *arguments, text=None):
    environment = {**os.environ, "HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "none")}
    return subprocess.run([kubectl(), "--server", api.address, *arguments], input=text, text=True,
                          capture_output=True, env=environment)


def apply(api, tmp_path, text):
    return run(api, tmp_path, "apply", "--validate=false", "-f", "-", text=text)


@pytest.mark.parametrize("name", EVERYTHING)
def test_it_is_applied_then_unchanged_then_deleted(name, api, tmp_path):
    text, expected = render(name), {(item["kind"], item["metadata"]["name"]) for item in build(name)}
    first = apply(api, tmp_path, text)
    assert first.returncode == 0, first.stderr
    assert {(kind, name) for kind, _, name in api.objects} == expected

    before = {key: item["spec"] for key, item in api.objects.items() if "spec" in item}
    second = apply(api, tmp_path, text)
    assert second.returncode == 0, second.stderr
    told = second.stdout.splitlines()
    # The client sends a budget's selector every time: Kubernetes marks it as replaced, not merged.
    changed = [line for line in told if not line.endswith("unchanged")]
    assert len(told) == len(expected) and all("poddisruptionbudget" in line for line in changed), told
    assert {key: api.objects[key]["spec"] for key in before} == before

    gone = run(api, tmp_path, "delete", "--wait=false", "-f", "-", text=text)
    assert gone.returncode == 0, gone.stderr
    assert api.objects == {}


def test_the_base_is_applied_by_its_directory(api, tmp_path):
    applied = run(api, tmp_path, "apply", "--validate=false", "-k", str(
        os.path.join(os.path.dirname(__file__), "../../../../deploy/base")))
    assert applied.returncode == 0, applied.stderr
    assert ("Deployment", "default", "kedge") in api.objects


def damaged(change):
    items = build("base")
    change(next(item for item in items if item["kind"] == "Deployment"),
           next(item for item in items if item["kind"] == "ConfigMap" and "data" in item))
    return yaml.safe_dump_all(items)


@pytest.mark.parametrize("change, expected", [
    (lambda deployment, _: deployment["spec"].update(replica=2), "replica"),
    (lambda deployment, _: deployment["spec"].update(replicas="two"), "replicas"),
    (lambda deployment, _: deployment["spec"]["template"]["spec"].update(hostNetwork=True),
     "restricted"),
    (lambda _, settings: settings["data"].update(more="x" * 263_000), "annotations"),
])
def test_what_is_wrong_is_refused(change, expected, api, tmp_path):
    applied = apply(api, tmp_path, damaged(change))
    assert applied.returncode != 0
    assert expected in applied.stderr, applied.stderr
