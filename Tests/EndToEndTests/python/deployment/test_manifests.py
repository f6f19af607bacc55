# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Objects that Kubernetes takes, that fit, and whose names lead somewhere."""

import json

import pytest
import yaml
from manifests import (COMPONENTS, EVERYTHING, OVERLAYS, PERSISTENT, build, container, containers,
                       mounts, of_kind, pod_of, workloads)
from schemas import fault, versions

# The copy of the object that client-side `kubectl apply` keeps is at most this long.
ANNOTATION_LIMIT = 262_144
CONFIG_MAP_LIMIT = 200_000


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_object_is_valid_for_every_version(name):
    # A native sidecar's field is known from 1.28 on; the classic one is for clusters before.
    oldest = 26 if "classic" in name else 29
    for item in build(name):
        for version in versions(oldest):
            assert fault(item, version) is None, (item["kind"], item["metadata"]["name"], version)


def test_the_validator_sees_what_is_wrong():
    deployment = workloads(build("base"))[0]
    assert fault(deployment, "1.33") is None
    # Before 1.28 a native sidecar is no part of the schema.
    assert "restartPolicy" in fault(deployment, "1.27")
    pod_of(deployment)["containers"][0]["livenesProbe"] = {}
    assert "livenesProbe" in fault(deployment, "1.33")


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_object_can_be_applied_by_a_client(name):
    for item in build(name):
        copy = len(json.dumps(item, ensure_ascii=False).encode())
        limit = CONFIG_MAP_LIMIT if item["kind"] == "ConfigMap" else ANNOTATION_LIMIT
        assert copy < limit, f"{item['kind']} {item['metadata']['name']} has {copy} bytes"


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_two_objects_have_one_name(name):
    keys = [(item["apiVersion"], item["kind"], item["metadata"]["name"]) for item in build(name)]
    assert len(keys) == len(set(keys))


def selected(pods, selector):
    return [pod for pod in pods
            if all(pod["metadata"]["labels"].get(key) == value for key, value in selector.items())]


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name != "clients/python"])
def test_every_name_leads_somewhere(name):
    objects = build(name)
    names = {(item["kind"], item["metadata"]["name"]) for item in objects}
    templates = [item["spec"]["template"] for item in workloads(objects)]
    assert templates

    for workload in workloads(objects):
        pod = pod_of(workload)
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        claims = {claim["metadata"]["name"]
                  for claim in workload["spec"].get("volumeClaimTemplates", [])}
        assert ("ServiceAccount", pod["serviceAccountName"]) in names
        assert selected([workload["spec"]["template"]], workload["spec"]["selector"]["matchLabels"])
        for item in containers(pod):
            used = {mount["name"] for mount in item.get("volumeMounts", [])}
            assert used <= set(volumes) | claims, (item["name"], used)
            ports = {port["name"] for port in item.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe in item:
                    assert item[probe]["httpGet"]["port"] in ports
        mounted = {mount["name"] for item in containers(pod) for mount in item.get("volumeMounts", [])}
        assert set(volumes) | claims == mounted, "a volume that nobody mounts"
        for volume in volumes.values():
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in names
            if "secret" in volume:
                assert volume["secret"]["optional"], "a missing secret must not keep a pod down"
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in names
        if workload["kind"] == "StatefulSet":
            assert ("Service", workload["spec"]["serviceName"]) in names

    ports = {port["name"] for template in templates for item in containers(template["spec"])
             for port in item.get("ports", [])}
    for service in of_kind(objects, "Service"):
        assert selected(templates, service["spec"]["selector"]), service["metadata"]["name"]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    budgets = of_kind(objects, "PodDisruptionBudget")
    assert len(budgets) == len(templates)
    for budget in budgets:
        assert budget["spec"]["maxUnavailable"] == 1
        assert len(selected(templates, budget["spec"]["selector"]["matchLabels"])) == 1
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        scaled = scaler["spec"]["scaleTargetRef"]
        assert (scaled["kind"], scaled["name"]) in names
        assert all("replicas" not in item["spec"] for item in workloads(objects))
    for policy in of_kind(objects, "NetworkPolicy"):
        assert selected(templates, policy["spec"]["podSelector"]["matchLabels"])
    for monitor in of_kind(objects, "PodMonitor"):
        assert selected(templates, monitor["spec"]["selector"]["matchLabels"])
        assert {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]} == ports
    for ingress in of_kind(objects, "Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert ("Service", path["backend"]["service"]["name"]) in names
    subsets = {subset["name"]: subset["labels"] for rule in of_kind(objects, "DestinationRule")
               for subset in rule["spec"]["subsets"]}
    for route in of_kind(objects, "VirtualService"):
        destinations = route["spec"]["http"][0]["route"]
        assert sum(destination["weight"] for destination in destinations) == 100
        for destination in destinations:
            assert ("Service", destination["destination"]["host"]) in names
            assert selected(templates, subsets[destination["destination"]["subset"]])


@pytest.mark.parametrize("name", ["base", PERSISTENT])
def test_the_sidecar_is_native_first_and_never_holds_the_model_back(name):
    pod = pod_of(workloads(build(name))[0])
    sidecar, server = pod["initContainers"][0], pod["containers"][0]
    assert (sidecar["name"], sidecar["restartPolicy"]) == ("sidecar", "Always")
    assert sidecar["livenessProbe"]["httpGet"]["path"] == "/health"
    assert not {"startupProbe", "readinessProbe"} & set(sidecar)
    assert [server[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")] \
        == ["/health", "/health", "/ready"]
    assert mounts(sidecar)["/run/kedge"]["name"] == mounts(server)["/run/kedge"]["name"] == "socket"
    assert pod["automountServiceAccountToken"] is False
    producer = {item["name"]: item for item in server["env"]}
    assert producer["POD_NAME"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    assert producer["KEDGE_PRODUCER"]["value"].startswith("$(POD_NAME)")


@pytest.mark.parametrize("name", ["base", PERSISTENT, "components/classic-sidecar @ base"])
def test_alerts_are_told_by_pod_with_a_secret_that_may_be_missing(name):
    objects = build(name)
    pod = pod_of(workloads(objects)[0])
    sidecar = container(pod, "sidecar")
    assert sidecar["env"] == [
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    text, = [item["data"]["sidecar.yaml"] for item in of_kind(objects, "ConfigMap")
             if "sidecar.yaml" in item.get("data", {})]
    receiver, = yaml.safe_load(text)["receivers"]
    folder, _, file = receiver["slack"]["url_file"].rpartition("/")
    volume, = [volume for volume in pod["volumes"] if volume["name"] == mounts(sidecar)[folder]["name"]]
    assert file == "slack-url" and volume["secret"]["optional"]


@pytest.mark.parametrize("name", OVERLAYS + ["base"])
def test_what_both_listen_on_is_what_the_probes_ask(name):
    objects = build(name)
    for item in of_kind(objects, "ConfigMap"):
        if "sidecar.yaml" in item.get("data", {}):
            sidecar, server = (yaml.safe_load(item["data"][f"{program}.yaml"])
                               for program in ("sidecar", "server"))
    for workload in workloads(objects):
        ports = {port["name"]: port["containerPort"] for item in containers(pod_of(workload))
                 for port in item.get("ports", [])}
        assert sidecar["listen"] == f"0.0.0.0:{ports['metrics']}"
        assert server["listen"] == f"0.0.0.0:{ports['http']}"
    assert sidecar["socket"]["path"] == server["log_socket"]


@pytest.mark.parametrize("below", ["base", PERSISTENT])
def test_the_classic_sidecar_is_a_container_that_waits_for_the_server(below):
    pod = pod_of(workloads(build(f"components/classic-sidecar @ {below}"))[0])
    assert not pod.get("initContainers")
    sidecar = container(pod, "sidecar")
    assert "restartPolicy" not in sidecar
    assert sidecar["lifecycle"]["preStop"]["exec"]["command"][:2] == ["kedge", "healthcheck"]
    native = container(pod_of(workloads(build(below))[0]), "sidecar")
    same = lambda item: {k: v for k, v in item.items() if k not in ("restartPolicy", "lifecycle")}
    assert same(sidecar) == same(native)


def test_each_pod_of_the_stateful_set_has_a_volume_of_its_own():
    workload, = workloads(build(PERSISTENT))
    assert workload["kind"] == "StatefulSet"
    claims = workload["spec"]["volumeClaimTemplates"]
    assert {claim["metadata"]["name"] for claim in claims} == {"state", "server-state"}
    assert all(claim["spec"]["accessModes"] == ["ReadWriteOnce"] for claim in claims)
    assert not {"state", "server-state"} & {volume["name"] for volume in pod_of(workload)["volumes"]}


@pytest.mark.parametrize("name", ["overlays/model-image", "overlays/model-volume",
                                  "overlays/model-init-container"])
def test_ones_own_model_takes_the_place_of_the_flights(name):
    objects = build(name)
    pod = pod_of(workloads(objects)[0])
    assert not [item for item in of_kind(objects, "ConfigMap")
                if item["metadata"]["name"].startswith(("kedge-model", "kedge-references"))]
    sidecar, server = mounts(container(pod, "sidecar")), mounts(container(pod, "server"))
    assert "/models/delay/2" not in server
    if name == "overlays/model-image":
        assert not {"/models", "/references"} & (set(sidecar) | set(server))
        assert container(pod, "server")["image"] == container(pod, "sidecar")["image"] \
            == "kedge-flights:2"
        return
    assert server["/models"]["subPath"] == "models" and server["/models"]["readOnly"]
    assert sidecar["/references"]["subPath"] == "references"
    if name == "overlays/model-init-container":
        # A subPath that is missing when a container starts would be made empty, and stay so.
        assert [item["name"] for item in pod["initContainers"]] == ["fetch", "sidecar"]


def test_the_server_that_one_brings_is_somebody_elses():
    pod = pod_of(workloads(build("overlays/bring-your-own-server"))[0])
    server = container(pod, "server")
    assert server["image"].startswith("docker.io/library/python:") and "args" not in server
    assert set(mounts(server)) == {"/run/kedge", "/app", "/opt/kedge"}
    assert container(pod, "sidecar") == container(pod_of(workloads(build("base"))[0]), "sidecar") | {
        "volumeMounts": container(pod, "sidecar")["volumeMounts"]}


@pytest.mark.parametrize("name", ["overlays/canary-istio", "overlays/canary-nginx",
                                  "overlays/blue-green"])
def test_tracks_do_not_share_pods(name):
    objects = build(name)
    first, second = workloads(objects)
    assert first["spec"]["selector"]["matchLabels"]["track"] \
        != second["spec"]["selector"]["matchLabels"]["track"]
    templates = [item["spec"]["template"] for item in (first, second)]
    front = [item for item in of_kind(objects, "Service") if item["metadata"]["name"] == "kedge"]
    behind = [len(selected(templates, item["spec"]["selector"])) for item in front]
    assert behind == {"overlays/canary-istio": [2], "overlays/canary-nginx": [],
                      "overlays/blue-green": [1]}[name]


def test_what_is_scraped_by_annotations():
    objects = build("components/annotations @ base")
    template = workloads(objects)[0]["spec"]["template"]
    service, = of_kind(objects, "Service")
    for item, port in ((template, "9095"), (service, "8080")):
        assert {key: value for key, value in item["metadata"]["annotations"].items()
                if key.startswith("prometheus.io/")} == {
            "prometheus.io/scrape": "true", "prometheus.io/port": port,
            "prometheus.io/path": "/metrics"}


def test_the_autoscaler_does_not_look_at_drift():
    scaler, = of_kind(build("components/hpa @ base"), "HorizontalPodAutoscaler")
    metrics = [metric["pods"]["metric"]["name"] for metric in scaler["spec"]["metrics"]]
    assert metrics == ["prediction_requests_per_second"]


def test_components_are_all_on_the_list():
    assert {item.split("/")[1] for item in COMPONENTS} == {
        "classic-sidecar", "podmonitor", "prometheusrule", "annotations", "networkpolicy", "hpa"}
    assert {item.split("/")[1] for item in OVERLAYS} == {
        "persistent", "canary-istio", "canary-nginx", "blue-green", "bring-your-own-server",
        "model-image", "model-volume", "model-init-container", "namespace"}
