# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Every pod is admitted by a namespace that enforces `restricted`."""

import copy

import pytest
from manifests import EVERYTHING, build, pod_of, workloads
from pod_security import beyond, violations


@pytest.mark.parametrize("name", EVERYTHING)
def test_pods_are_restricted(name):
    for workload in workloads(build(name)):
        assert violations(pod_of(workload)) == []
        assert beyond(pod_of(workload)) == []


def set_at(path, value):
    def change(pod):
        *way, last = path
        for step in way:
            pod = pod[step]
        pod[last] = value
    return change


FIRST = ("initContainers", 0, "securityContext")
SERVER = ("containers", 0, "securityContext")


@pytest.mark.parametrize("change, expected", [
    (set_at(("hostNetwork",), True), "hostNetwork"),
    (set_at(("hostPID",), True), "hostPID"),
    (set_at(("volumes", 0), {"name": "disk", "hostPath": {"path": "/"}}), "volume disk"),
    (set_at(("securityContext", "sysctls"), [{}]), "sysctls"),
    (set_at(("securityContext", "runAsNonRoot"), False), "may be root"),
    (set_at((*SERVER, "runAsUser"), 0), "may be root"),
    (set_at(("securityContext", "seccompProfile"), {"type": "Unconfined"}), "seccompProfile"),
    (set_at((*FIRST, "privileged"), True), "privileged"),
    (set_at((*FIRST, "allowPrivilegeEscalation"), True), "allowPrivilegeEscalation"),
    (set_at((*FIRST, "capabilities"), {}), "not dropped"),
    (set_at((*SERVER, "capabilities", "add"), ["SYS_ADMIN"]), "added"),
    (set_at((*SERVER, "procMount"), "Unmasked"), "procMount"),
    (set_at(("containers", 0, "ports", 0, "hostPort"), 80), "hostPort"),
    (set_at(("containers", 0, "livenessProbe", "httpGet", "host"), "10.0.0.1"), "another host"),
])
def test_a_pod_that_is_not_restricted_is_found(change, expected):
    pod = copy.deepcopy(pod_of(workloads(build("base"))[0]))
    change(pod)
    assert any(expected in violation for violation in violations(pod))


@pytest.mark.parametrize("change, expected", [
    (set_at(("automountServiceAccountToken",), True), "token"),
    (set_at((*SERVER, "readOnlyRootFilesystem"), False), "root"),
    (set_at(("containers", 0, "resources", "limits"), {}), "limits"),
    (set_at(("containers", 0, "image"), "kedge:latest"), "version"),
    (set_at((*SERVER, "runAsUser"), 1000), "user"),
])
def test_what_goes_beyond_the_standard_is_found(change, expected):
    pod = copy.deepcopy(pod_of(workloads(build("base"))[0]))
    change(pod)
    assert any(expected in item for item in beyond(pod))
