# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""As much of a Kubernetes API server as the real kubectl needs to apply, read and delete.

Every object is validated strictly, by its schema and by the limits that a schema does not say.
"""

import http.server
import json
import re
import threading
import uuid

import schemas
from pod_security import violations

VERSION = "1.33"
RESOURCES = {
    "v1": ["Namespace", "ConfigMap", "Service", "ServiceAccount", "Secret", "Pod",
           "PersistentVolumeClaim"],
    "apps/v1": ["Deployment", "StatefulSet"],
    "autoscaling/v2": ["HorizontalPodAutoscaler"],
    "networking.k8s.io/v1": ["NetworkPolicy", "Ingress"],
    "policy/v1": ["PodDisruptionBudget"],
    "monitoring.coreos.com/v1": ["PodMonitor", "PrometheusRule"],
    "networking.istio.io/v1": ["VirtualService", "DestinationRule"],
}
PLURALS = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}
ANNOTATIONS = 262_144
OBJECT = 1_048_576


def plural(kind):
    return PLURALS.get(kind, kind.lower() + "s")


KINDS = {(group, plural(kind)): kind for group, kinds in RESOURCES.items() for kind in kinds}


def fault(item):
    """What the server would refuse; None when nothing."""
    if refused := schemas.fault(item, VERSION):
        return refused
    metadata = item["metadata"]
    annotations = sum(len(key.encode()) + len(value.encode())
                      for key, value in metadata.get("annotations", {}).items())
    if annotations > ANNOTATIONS:
        return f"metadata.annotations: Too long: may not be more than {ANNOTATIONS} bytes"
    if len(json.dumps(item)) > OBJECT:
        return "the object is too large"
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", metadata["name"]):
        return "metadata.name: not a DNS name"
    template = item.get("spec", {}).get("template", {}).get("spec")
    if template and (refused := violations(template)):
        return f"violates PodSecurity restricted: {refused}"
    return None


def merge(item, patch):
    """A patch of mappings only: nothing that our tests send has to merge lists."""
    merged = dict(item)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge(merged.get(key, {}), value)
        elif isinstance(value, list):
            raise Refused(415, "UnsupportedMediaType", f"a list under {key}")
        else:
            merged[key] = value
    return merged


class Refused(Exception):
    def __init__(self, code, reason, message):
        super().__init__(message)
        self.status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                       "reason": reason, "message": message, "code": code}


class StubAPI:
    """`with StubAPI() as api`: `api.address` is where it is, `api.objects` what it holds."""

    def __init__(self):
        self.objects = {}
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    code, value = api.answer(self.command, self.path.partition("?")[0].strip("/"), body)
                except Refused as refused:
                    code, value = refused.status["code"], refused.status
                text = json.dumps(value).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method, path, body):
        if path == "version":
            major, minor = VERSION.split(".")
            return 200, {"major": major, "minor": minor, "gitVersion": f"v{VERSION}.0"}
        if path == "api":
            return 200, {"kind": "APIVersions", "versions": ["v1"]}
        if path == "apis":
            groups = [{"name": group.partition("/")[0],
                       "versions": [{"groupVersion": group, "version": group.partition("/")[2]}],
                       "preferredVersion": {"groupVersion": group, "version": group.partition("/")[2]}}
                      for group in RESOURCES if "/" in group]
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        found = re.fullmatch(r"(?:api/(v1)|apis/([^/]+/[^/]+))(?:/(.*))?", path)
        group = found and (found[1] or found[2])
        if group not in RESOURCES:
            raise Refused(404, "NotFound", f"no {path}")
        if not found[3]:
            return 200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group,
                         "resources": [self.resource(kind) for kind in RESOURCES[group]]}
        return self.object(method, group, found[3].split("/"), body)

    def resource(self, kind):
        return {"name": plural(kind), "singularName": kind.lower(), "kind": kind,
                "namespaced": kind != "Namespace", "verbs": ["create", "delete", "get", "list"]}

    def object(self, method, group, path, body):
        namespace = ""
        if path[0] == "namespaces" and len(path) > 2:
            namespace, path = path[1], path[2:]
        kind = KINDS.get((group, path[0]))
        if kind is None:
            raise Refused(404, "NotFound", f"no {path[0]}")
        if method == "POST":
            item = json.loads(body)
            if (item["kind"], item["apiVersion"]) != (kind, group):
                raise Refused(400, "BadRequest", "another kind than the path says")
            if message := fault(item):
                raise Refused(422, "Invalid", f"{kind} {item['metadata']['name']}: {message}")
            key = (kind, namespace, item["metadata"]["name"])
            if key in self.objects:
                raise Refused(409, "AlreadyExists", f"{key} exists")
            item["metadata"] |= {"uid": str(uuid.uuid4()), "resourceVersion": "1",
                                 "creationTimestamp": "2026-01-01T00:00:00Z"}
            if namespace:
                item["metadata"]["namespace"] = namespace
            self.objects[key] = item
            return 201, item
        if len(path) == 1:
            items = [item for key, item in self.objects.items() if key[:2] == (kind, namespace)]
            return 200, {"kind": f"{kind}List", "apiVersion": group, "metadata": {}, "items": items}
        key = (kind, namespace, path[1])
        if key not in self.objects:
            raise Refused(404, "NotFound", f'{path[0]} "{path[1]}" not found')
        if method == "DELETE":
            del self.objects[key]
            return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        if method == "PATCH":
            patched = merge(self.objects[key], json.loads(body))
            if message := fault(patched):
                raise Refused(422, "Invalid", f"{kind} {path[1]}: {message}")
            self.objects[key] = patched
        return 200, self.objects[key]
