# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Every kustomization, as the real kubectl builds it."""

import functools
import json
import pathlib
import shutil
import subprocess
import tempfile

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[4]
DEPLOY = ROOT / "deploy"
PERSISTENT = "overlays/persistent"


def directories(folder):
    return sorted(f"{folder}/{path.parent.name}" for path in (DEPLOY / folder).glob("*/kustomization.yaml"))


OVERLAYS = directories("overlays")
COMPONENTS = directories("components")
# The base, each overlay and track, each component on the base and, but for the autoscaler of a
# Deployment, on the StatefulSet; a component is written `component @ what it is put on`.
EVERYTHING = (
    ["base", "clients/python"] + OVERLAYS + directories("tracks")
    + [f"{component} @ base" for component in COMPONENTS]
    + [f"{component} @ {PERSISTENT}" for component in COMPONENTS if component != "components/hpa"]
)


def kubectl():
    """The real client; a test that needs it says so where it is missing."""
    path = shutil.which("kubectl")
    if path is None:
        pytest.skip("kubectl is not installed: nothing was built with kustomize")
    return path


def kustomize(name):
    """The directory of a kustomization, which is a temporary one for a component on another."""
    component, _, below = name.partition(" @ ")
    if not below:
        return DEPLOY / component
    folder = pathlib.Path(tempfile.mkdtemp(prefix=".try-", dir=DEPLOY))
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": [f"../{below}"], "components": [f"../{component}"]}))
    return folder


@functools.cache
def render(name):
    client, folder = kubectl(), kustomize(name)
    try:
        built = subprocess.run([client, "kustomize", folder], capture_output=True, text=True)
    finally:
        if " @ " in name:
            shutil.rmtree(folder)
    assert built.returncode == 0, built.stderr
    return built.stdout


@functools.cache
def parsed(name):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.dumps([item for item in yaml.load_all(render(name), Loader=loader) if item])


def build(name):
    """The objects of a kustomization, the caller's own to change."""
    return json.loads(parsed(name))


def of_kind(objects, *kinds):
    return [item for item in objects if item["kind"] in kinds]


def workloads(objects):
    return of_kind(objects, "Deployment", "StatefulSet")


def containers(pod):
    """All of a pod, as they start."""
    return pod.get("initContainers", []) + pod["containers"]


def container(pod, name):
    return next(item for item in containers(pod) if item["name"] == name)


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def mounts(item):
    return {mount["mountPath"]: mount for mount in item.get("volumeMounts", [])}
