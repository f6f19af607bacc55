# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""kubernetes-validate, which reads its schemas once here instead of once an object."""

import functools
import json

import kubernetes_validate
from kubernetes_validate import utils

utils.schema_contents = functools.lru_cache(maxsize=64)(utils.schema_contents)
# Whose schemas come with somebody else's controller.
CUSTOM = {"monitoring.coreos.com/v1", "networking.istio.io/v1"}


def versions(oldest):
    """From 1.`oldest` to the newest that the validator knows."""
    known = {tuple(map(int, version.split(".")[:2])) for version in utils.all_versions()}
    assert max(known) >= (1, 33), known
    return [f"{major}.{minor}" for major, minor in sorted(known) if (major, minor) >= (1, oldest)]


@functools.cache
def _fault(text, version):
    try:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message}"
    return None


def fault(item, version):
    """What is wrong with an object, strictly; None when nothing is, or when nobody knows it."""
    if item["apiVersion"] in CUSTOM:
        return None
    return _fault(json.dumps(item, sort_keys=True), version)
