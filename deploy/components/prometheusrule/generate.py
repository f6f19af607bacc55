# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Wraps deploy/prometheus/rules for the Prometheus operator: python3 generate.py"""

import pathlib

import yaml

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE.parents[1] / "prometheus/rules"


class Dumper(yaml.SafeDumper):
    """Expressions of several lines as blocks, so that a diff is readable."""


Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar(
    "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None))


def resource():
    groups = [group for path in sorted(RULES.glob("*.yaml"))
              for group in yaml.safe_load(path.read_text())["groups"]]
    labels = {"app.kubernetes.io/name": "kedge", "app.kubernetes.io/part-of": "kedge"}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
            "metadata": {"name": "kedge", "labels": labels}, "spec": {"groups": groups}}


def render():
    return ("# Made by generate.py from deploy/prometheus/rules.\n"
            + yaml.dump(resource(), Dumper=Dumper, sort_keys=False, width=10_000, allow_unicode=True))


if __name__ == "__main__":
    (HERE / "prometheusrule.yaml").write_text(render())
