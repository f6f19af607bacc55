# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes service discovery finds the native sidecar, and scrapes it.

Debian's Prometheus is built without it; victoria-metrics has the same labels and configuration.
"""

import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.parse

import pytest
import yaml
from manifests import build, containers, workloads
from programs import fetch, free_address, wait

pytestmark = pytest.mark.heavy


class Cluster(http.server.ThreadingHTTPServer):
    """Pods as an API server lists and watches them, and what listens in them."""

    daemon_threads = True

    def __init__(self, template):
        cluster = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = urllib.parse.urlsplit(self.path)
                watches = "watch" in urllib.parse.parse_qs(path.query)
                self.send_response(200)
                if path.path == "/metrics":
                    body, kind = b"kedge_scraped 1\n", "text/plain; version=0.0.4"
                else:
                    body, kind = json.dumps(cluster.pods(path.path)).encode(), "application/json"
                self.send_header("Content-Type", kind)
                if watches:
                    self.end_headers()
                    time.sleep(60)
                    return
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.template = template
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def pods(self, path):
        """One pod, whose sidecar is here."""
        assert path == "/api/v1/pods", path
        spec = json.loads(json.dumps(self.template["spec"]))
        for item in containers(spec):
            for port in item["ports"]:
                # Nobody listens on the server's port.
                port["containerPort"] = self.server_port if port["name"] == "metrics" else 1
        metadata = {**self.template["metadata"], "name": "kedge-0", "namespace": "team", "uid": "1"}
        metadata["annotations"] = {
            name: str(self.server_port) if name == "prometheus.io/port" else text
            for name, text in metadata["annotations"].items()}
        status = {"phase": "Running", "podIP": "127.0.0.1", "hostIP": "127.0.0.1",
                  "conditions": [{"type": "Ready", "status": "True"}]}
        return {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"},
                "items": [{"metadata": metadata, "spec": spec, "status": status}]}


META = "__meta_kubernetes_pod"
CONFIGURATIONS = {
    # What the operator makes of components/podmonitor: by the name of a port.
    "podmonitor": [
        {"action": "keep", "source_labels": [f"{META}_container_port_name"], "regex": "metrics"}],
    # The usual job `kubernetes-pods`, which components/annotations is for.
    "annotations": [
        {"action": "keep", "source_labels": [f"{META}_annotation_prometheus_io_scrape"],
         "regex": "true"},
        {"action": "replace", "regex": r"([^:]+)(?::\d+)?;(\d+)", "replacement": "$1:$2",
         "source_labels": ["__address__", f"{META}_annotation_prometheus_io_port"],
         "target_label": "__address__"}],
    # What many published configurations have, and deploy/README.md warns of.
    "dropped": [
        {"action": "keep", "source_labels": [f"{META}_container_port_name"], "regex": "metrics"},
        {"action": "drop", "source_labels": [f"{META}_container_init"], "regex": "true"}],
}
# Which container it was. The usual job by annotations does not say so: the targets of both are one.
LABELS = [{"action": "replace", "source_labels": [f"{META}_{name}"], "target_label": name}
          for name in ("container_name", "container_init")]


@pytest.fixture(scope="module")
def discovered(tmp_path_factory):
    program = shutil.which("victoria-metrics")
    if program is None:
        pytest.skip("victoria-metrics is not installed: no target was discovered")
    directory = tmp_path_factory.mktemp("discovery")
    workload, = workloads(build("components/annotations @ base"))
    cluster, address = Cluster(workload["spec"]["template"]), free_address()
    (directory / "scrape.yml").write_text(yaml.safe_dump({
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {"job_name": job, "relabel_configs": rules + (LABELS if job != "annotations" else []),
             "kubernetes_sd_configs": [
                {"role": "pod", "api_server": f"http://127.0.0.1:{cluster.server_port}"}]}
            for job, rules in CONFIGURATIONS.items()]}))
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [program, f"-promscrape.config={directory / 'scrape.yml'}",
             "-promscrape.config.strictParse=true", f"-storageDataPath={directory / 'data'}",
             f"-httpListenAddr={address}", "-retentionPeriod=1d"], stdout=log, stderr=log)

    def targets():
        data = json.loads(fetch(address, "/api/v1/targets"))["data"]["activeTargets"]
        up = [target for target in data if target["health"] == "up"]
        return up if {"podmonitor", "annotations"} <= {target["scrapePool"] for target in up} else None

    try:
        yield wait(targets, timeout=120)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{(directory / 'log').read_text()[-3000:]}") from None
    finally:
        process.terminate()
        process.wait()
        cluster.shutdown()


def test_the_native_sidecar_is_scraped_by_the_name_of_its_port(discovered):
    target, = [target for target in discovered if target["scrapePool"] == "podmonitor"]
    assert target["labels"]["container_name"] == "sidecar"
    assert target["labels"]["container_init"] == "true"


def test_the_native_sidecar_is_scraped_by_annotations(discovered):
    # Both containers lead to the annotated port, which is one target: the sidecar's.
    target, = [target for target in discovered if target["scrapePool"] == "annotations"]
    other, = [target for target in discovered if target["scrapePool"] == "podmonitor"]
    assert target["scrapeUrl"] == other["scrapeUrl"]


def test_a_configuration_that_drops_init_containers_loses_it(discovered):
    assert [target for target in discovered if target["scrapePool"] == "dropped"] == []
