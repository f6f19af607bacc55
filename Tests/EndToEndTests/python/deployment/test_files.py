# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Dockerfiles, compose, the workflow and every other YAML, by the field's own linters."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from manifests import DEPLOY, ROOT
from prometheus import executable

DOCKERFILES = sorted(DEPLOY.rglob("Dockerfile"))
COMPOSE = DEPLOY / "compose.yaml"
BIN = os.path.dirname(sys.executable)


def tool(name, *arguments):
    """A tool of the same virtual environment."""
    path = os.path.join(BIN, name)
    assert os.path.exists(path), f"{name} is not installed: Tests/requirements-deploy.txt"
    return subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT)


def test_yaml_is_clean():
    linted = tool("yamllint", "--strict", "deploy", "config", ".yamllint.yaml")
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_dockerfiles_are_clean(path):
    linted = tool("hadolint", path)
    assert linted.returncode == 0, linted.stdout


def test_a_dockerfile_that_is_not_clean_is_found(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /tmp && apt-get install curl\n")
    assert tool("hadolint", tmp_path / "Dockerfile").returncode != 0


@pytest.mark.parametrize("schema, path", [
    ("vendor.compose-spec", COMPOSE), ("vendor.github-workflows", DEPLOY / "ci/model.yaml")])
def test_what_has_a_schema_follows_it(schema, path):
    checked = tool("check-jsonschema", "--builtin-schema", schema, path)
    assert checked.returncode == 0, checked.stdout


def instructions(path):
    text = re.sub(r"\\\n", " ", path.read_text())
    return [line.split(maxsplit=1) for line in text.splitlines()
            if line.strip() and not line.startswith("#")]


def test_the_image_is_small_and_nobodys():
    lines = instructions(DEPLOY / "Dockerfile")
    last = max(place for place, (name, *_) in enumerate(lines) if name == "FROM")
    final = lines[last:]
    assert final[0][1] == "scratch"
    assert not [line for line in final if line[0] in ("RUN", "ADD", "SHELL")]
    values = {name: text for name, text in final}
    assert values["USER"] == "65532:65532"
    assert json.loads(values["ENTRYPOINT"]) == ["kedge"]
    for label in ("version", "revision", "licenses", "title"):
        assert f"org.opencontainers.image.{label}=" in values["LABEL"]
    # What it is built from is an argument.
    assert [text for name, text in lines[:last] if name == "FROM"] == ["${BUILD_IMAGE} AS build"]


def test_the_version_is_the_programs():
    source = (ROOT / "Sources/kedge/BuildInfo+Current.swift").read_text()
    version = re.search(r'version: "([^"]+)"', source)[1]
    for path, pattern in ((DEPLOY / "Dockerfile", r"ARG VERSION=(\S+)"),
                          (COMPOSE, r"image: kedge:(\S+)"),
                          (DEPLOY / "base/kustomization.yaml", r"newTag: (\S+)"),
                          (DEPLOY / "base/kustomization.yaml", r"kubernetes.io/version: (\S+)"),
                          (DEPLOY / "ci/model.yaml", r"/kedge:(\S+)"),
                          (DEPLOY / "overlays/model-image/Dockerfile", r"ARG KEDGE=kedge:(\S+)")):
        assert set(re.findall(pattern, path.read_text())) == {version}, path


def test_the_build_context_has_what_the_dockerfile_copies():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    admitted = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*"
    manifest = (ROOT / "Package.swift").read_text()
    folders = set(re.findall(r'path: "(\w+)/', manifest)) | {"Sources", "Package.swift"}
    assert folders <= admitted and {".ci/install", "deploy/image"} <= admitted


def compose():
    return yaml.safe_load(COMPOSE.read_text())


def test_compose_brings_everything():
    services = compose()["services"]
    assert set(services) == {"sidecar", "server", "traffic", "prometheus", "alertmanager", "grafana"}
    for name, service in services.items():
        for volume in service["volumes"]:
            source, target, *mode = volume.split(":")
            if source.startswith("."):
                assert (DEPLOY / source).exists(), f"{name}: {source}"
                assert mode == ["ro"], f"{name}: {volume}"
            else:
                assert source in compose()["volumes"]
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} is open to the network"
    for name in ("sidecar", "server"):
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"]


def test_the_programs_of_compose_have_the_pods_settings(kedge, tmp_path):
    for program, flags in (("sidecar", []), ("server", ["--server"])):
        checked = subprocess.run([kedge, "config", "check", *flags, "--config",
                                  DEPLOY / f"base/settings/{program}.yaml"],
                                 capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


def test_prometheus_of_compose_reads_its_configuration(tmp_path):
    text = (DEPLOY / "compose/prometheus.yml").read_text()
    assert "/etc/prometheus/rules/*.yaml" in text
    (tmp_path / "prometheus.yml").write_text(
        text.replace("/etc/prometheus/rules", str(DEPLOY / "prometheus/rules")))
    checked = subprocess.run([executable("promtool"), "check", "config", tmp_path / "prometheus.yml"],
                             capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "3 rule files found" in checked.stdout
    jobs = {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}
    targets = {target.split(":")[0] for group in jobs["kedge"]["static_configs"]
               for target in group["targets"]}
    assert targets == {"sidecar", "server"}


def test_alertmanager_of_compose_reads_its_configuration():
    path = shutil.which("amtool")
    assert path, "amtool is not installed (prometheus-alertmanager)"
    checked = subprocess.run([path, "check-config", DEPLOY / "compose/alertmanager.yml"],
                             capture_output=True, text=True)
    assert checked.returncode == 0 and "1 inhibit rules" in checked.stdout, checked.stderr


def test_grafana_of_compose_finds_its_dashboards():
    provider, = yaml.safe_load((DEPLOY / "compose/grafana/provisioning/dashboards/kedge.yaml")
                               .read_text())["providers"]
    service = compose()["services"]["grafana"]
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in service["volumes"]}
    folder = DEPLOY / mounted[provider["options"]["path"]]
    home = service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (folder / os.path.basename(home)).is_file()
    assert {path.name for path in folder.glob("*.json")} == {"drift.json", "serving.json", "fleet.json"}


LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.md")) + [ROOT / "dashboards/README.md"],
                         ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_in_a_document_is_there(path):
    text = path.read_text()
    for link in LINK.findall(text):
        assert (path.parent / link).exists(), link
    for name in re.findall(r"(?<![\w/.-])((?:deploy|dashboards|config)/[\w./@-]*[\w/])", text):
        assert (ROOT / name).exists(), name
