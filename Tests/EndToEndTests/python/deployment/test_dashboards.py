# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Dashboards that Grafana's linter would pass, and whose every expression has data of a real run."""

import json
import math
import re
import sys

import pytest
from demo import Demo
from manifests import ROOT
from names import is_known, used
from programs import wait
from prometheus import JOB, Prometheus
from test_rules import RECORDED
from world import MODEL, VERSION, WINDOW

FOLDER = ROOT / "dashboards"
DASHBOARDS = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
# Recorded over all instances: their expressions cannot have the label.
WITHOUT_INSTANCE = re.compile(r"kedge:fleet_|ALERTS")
# Grafana's names of units (the ones in use, and those of its linter's list that are near).
UNITS = {"none", "short", "percentunit", "s", "bytes", "reqps", "rps"}
KNOWN_KINDS = {"timeseries", "stat", "status-history", "barchart", "table", "heatmap", "row"}


def panels(dashboard, rows=False):
    return [panel for panel in dashboard["panels"] if rows or panel["type"] != "row"]


EXPRESSIONS = [(file, panel["title"], target["expr"]) for file, dashboard in DASHBOARDS.items()
               for panel in panels(dashboard) for target in panel["targets"]]


def filled(expression, feature):
    """As Grafana fills it in, with everything chosen that can be."""
    values = {"job": ".+", "instance": ".+", "model": ".+", "model_version": ".+",
              "window": WINDOW, "feature": feature, "__rate_interval": "30s"}
    return re.sub(r"\$(\w+)", lambda match: values[match[1]], expression)


@pytest.fixture(scope="module")
def demo(kedge, tmp_path_factory):
    """A real Prometheus with our rules, that has scraped two real pods while their alerts were told."""
    with Demo(kedge, tmp_path_factory.mktemp("demo")) as demo:
        with Prometheus(demo.targets, tmp_path_factory.mktemp("prometheus")) as prometheus:
            demo.settle()
            prometheus.settle()
            yield demo, prometheus


@pytest.fixture(scope="module")
def prometheus(demo):
    return demo[1]


def test_the_run_is_a_real_one(demo):
    """What the dashboards are about happens in it: drift, alerts, refusals, a receiver that fails."""
    demo, prometheus = demo
    for expression in (
            'kedge_drift_verdict{feature="temp",verdict="drifted",window="1h"} == 1',
            'kedge_alerts{state="firing"} > 0',
            'kedge_notifications_total{receiver="team",outcome="delivered"} > 0',
            'kedge_notifications_total{receiver="broken",outcome="failed"} > 0',
            'kedge_notifications_pending{receiver="broken"} > 0', "kedge_journal_up == 1",
            'kedge_ingest_rejected_total{reason="malformed"} > 0',
            'prediction_requests_total{outcome="rejected"} > 0', "prediction_log_connected == 1"):
        wait(lambda expression=expression: len({labels["instance"] for labels, _ in
                                                prometheus.query(expression)}) == 2)
    assert prometheus.value('kedge:fleet_ks_statistic{feature="temp",window="1h"}') > 0.7
    told = json.dumps(demo.receivers.bodies)
    assert "kedge-0" in told and "kedge-1" in told, "a message names its pod"


@pytest.mark.parametrize("file, title, expression", EXPRESSIONS)
def test_every_expression_has_data(prometheus, file, title, expression):
    found = [value for feature in ("temp", "carrier")
             for _, value in prometheus.query(filled(expression, feature))]
    assert found, expression
    assert all(map(math.isfinite, found)), (expression, found)


@pytest.mark.parametrize("file", DASHBOARDS)
def test_every_variable_has_values(prometheus, file):
    chosen = {}
    for variable in DASHBOARDS[file]["templating"]["list"][1:]:
        metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"]).groups()
        series = prometheus.query(filled(metric, "temp"))
        chosen[label] = {labels.get(label) for labels, _ in series}
        assert chosen[label] and None not in chosen[label], variable
    assert chosen["job"] == {JOB} and MODEL in chosen["model"] and VERSION in chosen["model_version"]
    assert chosen.get("window", {WINDOW}) >= {WINDOW}


@pytest.mark.parametrize("file, title, expression", EXPRESSIONS)
def test_every_name_is_exported_or_recorded(file, title, expression):
    names = used(expression)
    assert names and {name for name in names if not is_known(name)} <= RECORDED


def breaches(dashboard):
    """What Grafana's dashboard-linter has rules for, and unique numbers and places besides."""
    found = []
    if not dashboard["title"] or not re.fullmatch(r"[\w-]{1,40}", dashboard["uid"]):
        found.append("title or uid")
    if dashboard["id"] is not None or not 36 <= dashboard["schemaVersion"] <= 41:
        found.append("id or schemaVersion")
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    first = dashboard["templating"]["list"][0]
    if (first["name"], first["type"], first["query"]) != ("datasource", "datasource", "prometheus"):
        found.append("template-datasource-rule")
    if first["label"] != "Data source":
        found.append("template-label-rule: datasource")
    for name in ("job", "instance"):
        variable = variables.get(name)
        if variable is None or variable["type"] != "query" or not variable["multi"] \
                or variable["allValue"] != ".+" or variable["label"] != name.capitalize() \
                or variable["datasource"]["uid"] != "${datasource}":
            found.append(f"template-{name}-rule")
    for variable in list(variables.values())[1:]:
        if variable["refresh"] != 2:
            found.append(f"template-on-time-change-reload-rule: {variable['name']}")
        if not variable["label"]:
            found.append(f"template-label-rule: {variable['name']}")
    if dashboard["editable"] is not True or not dashboard["tags"]:
        found.append("tags")
    numbers = [panel["id"] for panel in panels(dashboard, rows=True)]
    if len(numbers) != len(set(numbers)):
        found.append("two panels of one number")
    for panel in panels(dashboard, rows=True):
        place = panel["gridPos"]
        if panel["type"] not in KNOWN_KINDS or place["x"] + place["w"] > 24:
            found.append(f"kind or place: {panel['title']}")
    for panel in panels(dashboard):
        say = lambda rule, panel=panel: found.append(f"{rule}: {panel['title']}")
        if not panel["title"] or not panel["description"].endswith("."):
            say("panel-title-description-rule")
        if panel["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
            say("panel-datasource-rule")
        if panel["fieldConfig"]["defaults"]["unit"] not in UNITS:
            say("panel-units-rule")
        if not panel["targets"]:
            say("panel-no-targets-rule")
        if len({target["refId"] for target in panel["targets"]}) != len(panel["targets"]):
            say("two targets of one name")
        for target in panel["targets"]:
            expression = target["expr"]
            if target["datasource"] != panel["datasource"]:
                say("target-datasource-rule")
            for metric in re.findall(r"[\w:]+\{[^}]*\}", expression):
                if 'job=~"$job"' not in metric:
                    say("target-job-rule")
                if 'instance=~"$instance"' not in metric and not WITHOUT_INSTANCE.match(metric):
                    say("target-instance-rule")
            if re.search(r"\b(kedge|prediction|process)[_:]\w+(?![\w{:])", re.sub(
                    r'"[^"]*"|\b(by|on|ignoring|group_left) *\([^)]*\)', "", expression)):
                say("a metric without a selector")
            ranges = re.findall(r"(\w+)\([^()]*\[([^\]]+)\]", expression)
            for function, span in ranges:
                if function == "rate" and span != "$__rate_interval":
                    say("target-rate-interval-rule")
            for counter in re.findall(r"(\w+)\{[^}]*\}(?!\[)", expression):
                if counter.endswith("_total"):
                    say("target-counter-agg-rule")
    return found


@pytest.mark.parametrize("file", DASHBOARDS)
def test_the_linter_finds_nothing(file):
    assert breaches(DASHBOARDS[file]) == []


def first(dashboard):
    return panels(dashboard)[0]


@pytest.mark.parametrize("change, expected", [
    (lambda d: d["templating"]["list"].pop(0), "template-datasource-rule"),
    (lambda d: d["templating"]["list"][1].update(multi=False), "template-job-rule"),
    (lambda d: d["templating"]["list"][2].update(allValue=".*"), "template-instance-rule"),
    (lambda d: d["templating"]["list"][3].update(refresh=1), "reload-rule"),
    (lambda d: d["templating"]["list"][3].update(label=""), "template-label-rule"),
    (lambda d: first(d).update(description=""), "panel-title-description-rule"),
    (lambda d: first(d)["datasource"].update(uid="P1"), "datasource-rule"),
    (lambda d: first(d)["fieldConfig"]["defaults"].update(unit="seconds"), "panel-units-rule"),
    (lambda d: first(d).update(targets=[]), "panel-no-targets-rule"),
    (lambda d: first(d)["targets"][0].update(expr='sum(up{instance=~"$instance"})'),
     "target-job-rule"),
    (lambda d: first(d)["targets"][0].update(expr='sum(up{job=~"$job"})'), "target-instance-rule"),
    (lambda d: first(d)["targets"][0].update(expr="kedge_journal_up"), "without a selector"),
    (lambda d: first(d)["targets"][0].update(
        expr='rate(kedge_x_total{job=~"$job",instance=~"$instance"}[5m])'), "rate-interval-rule"),
    (lambda d: first(d)["targets"][0].update(
        expr='kedge_x_total{job=~"$job",instance=~"$instance"}'), "counter-agg-rule"),
    (lambda d: d["panels"][1].update(id=d["panels"][0]["id"]), "one number"),
])
def test_the_linter_sees_what_is_wrong(change, expected):
    dashboard = json.loads((FOLDER / "drift.json").read_text())
    change(dashboard)
    assert any(expected in breach for breach in breaches(dashboard)), breaches(dashboard)


def test_the_files_are_what_the_generator_writes():
    sys.path.insert(0, str(FOLDER))
    try:
        import generate
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.pop("generate", None)
    assert set(generate.DASHBOARDS) == set(DASHBOARDS)
    for file, make in generate.DASHBOARDS.items():
        assert (FOLDER / file).read_text() == generate.render(make)


def test_alerts_lead_to_a_dashboard():
    from test_rules import ALERTS
    links = [rule["annotations"]["dashboard_url"] for rule in ALERTS
             if "dashboard_url" in rule["annotations"]]
    assert links
    for link in links:
        uid = re.match(r"/d/([\w-]+)", link)[1]
        dashboard, = [item for item in DASHBOARDS.values() if item["uid"] == uid]
        names = {variable["name"] for variable in dashboard["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", link)) <= names
