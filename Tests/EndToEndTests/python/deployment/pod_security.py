# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The restricted Pod Security standard, and what linters ask beyond it."""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
           "projected", "secret"}
ADDED = {"NET_BIND_SERVICE"}


def violations(pod):
    """What of a pod's spec the standard does not admit, in words."""
    found = []
    own = pod.get("securityContext", {})
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            found.append(field)
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            found.append(f"volume {volume['name']}: {', '.join(kinds)}")
    if own.get("sysctls"):
        found.append("sysctls")
    for item in pod.get("initContainers", []) + pod["containers"] + pod.get("ephemeralContainers", []):
        context = own | item.get("securityContext", {})
        say = lambda what, item=item: found.append(f"{item['name']}: {what}")
        if context.get("privileged"):
            say("privileged")
        if context.get("allowPrivilegeEscalation") is not False:
            say("allowPrivilegeEscalation")
        if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
            say("may be root")
        if context.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            say("seccompProfile")
        if "ALL" not in context.get("capabilities", {}).get("drop", []):
            say("capabilities are not dropped")
        if not set(context.get("capabilities", {}).get("add", [])) <= ADDED:
            say("capabilities are added")
        if context.get("procMount", "Default") != "Default":
            say("procMount")
        if any(port.get("hostPort") for port in item.get("ports", [])):
            say("hostPort")
        handlers = [item.get(name, {}) for name in ("livenessProbe", "readinessProbe", "startupProbe")]
        handlers += item.get("lifecycle", {}).values()
        if any(handler.get(kind, {}).get("host") for handler in handlers
               for kind in ("httpGet", "tcpSocket")):
            say("a probe of another host")
    return found


def beyond(pod):
    """What is no part of the standard and asked for all the same."""
    found = []
    if pod.get("automountServiceAccountToken") is not False:
        found.append("a service account's token")
    for item in pod.get("initContainers", []) + pod["containers"]:
        context = item.get("securityContext", {})
        if context.get("readOnlyRootFilesystem") is not True:
            found.append(f"{item['name']}: a root that can be written")
        if context.get("runAsUser", pod.get("securityContext", {}).get("runAsUser", 0)) < 10_000:
            found.append(f"{item['name']}: a user that the host may have")
        for kind in ("requests", "limits"):
            if not {"cpu", "memory"} <= set(item.get("resources", {}).get(kind, {})):
                found.append(f"{item['name']}: no {kind}")
        tag = item["image"].rpartition("/")[2].partition(":")[2]
        if tag in ("", "latest"):
            found.append(f"{item['name']}: an image of no version")
    return found
