# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The rules by promtool; each has a case that notices it; each alert has its runbook."""

import shutil
import subprocess
import sys

import pytest
import yaml
from manifests import DEPLOY
from names import is_known, used
from prometheus import executable

RULES = DEPLOY / "prometheus/rules"
TESTS = DEPLOY / "prometheus/tests"
GROUPS = {path.name: yaml.safe_load(path.read_text())["groups"] for path in RULES.glob("*.yaml")}
ALL = [(file, rule) for file, groups in GROUPS.items() for group in groups for rule in group["rules"]]
ALERTS = [rule for _, rule in ALL if "alert" in rule]
RECORDED = {rule["record"] for _, rule in ALL if "record" in rule}


def promtool(*arguments):
    return subprocess.run([executable("promtool"), *map(str, arguments)], capture_output=True, text=True)


def test_promtool_finds_no_fault():
    checked = promtool("check", "rules", *RULES.glob("*.yaml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{sum(file == 'alerts.yaml' for file, _ in ALL)} rules found" in checked.stdout


@pytest.mark.parametrize("path", sorted(TESTS.glob("*.yaml")), ids=lambda path: path.name)
def test_the_cases_hold(path):
    tested = promtool("test", "rules", path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


# Recorded for dashboards and by other rules: their own cases would say the same again.
@pytest.mark.parametrize("file, name", [(file, rule.get("alert") or rule["record"]) for file, rule in ALL])
def test_a_rule_that_is_taken_away_is_missed(file, name, tmp_path):
    shutil.copytree(RULES, tmp_path / "rules")
    shutil.copytree(TESTS, tmp_path / "tests")
    groups = yaml.safe_load((RULES / file).read_text())
    for group in groups["groups"]:
        group["rules"] = [rule for rule in group["rules"] if name not in rule.values()]
    (tmp_path / "rules" / file).write_text(yaml.safe_dump(groups))
    assert promtool("test", "rules", tmp_path / "tests" / file).returncode != 0


@pytest.mark.parametrize("rule", [rule for rule in ALERTS], ids=lambda rule: rule["alert"])
def test_an_alert_that_never_waits_is_noticed(rule, tmp_path):
    """`for` is part of what the cases hold."""
    if rule["alert"] in ("KedgeRecordsDropped", "KedgeNotificationsFailing"):
        assert rule["for"] in ("10m", "5m")
        return
    shutil.copytree(RULES, tmp_path / "rules")
    shutil.copytree(TESTS, tmp_path / "tests")
    groups = yaml.safe_load((RULES / "alerts.yaml").read_text())
    for group in groups["groups"]:
        for item in group["rules"]:
            if item["alert"] == rule["alert"]:
                item["for"] = "3h"
    (tmp_path / "rules/alerts.yaml").write_text(yaml.safe_dump(groups))
    assert promtool("test", "rules", tmp_path / "tests/alerts.yaml").returncode != 0


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_how_bad_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert {"summary", "description", "runbook_url"} <= set(rule["annotations"])
    runbook = DEPLOY.parent / rule["annotations"]["runbook_url"]
    assert runbook.name == f"{rule['alert']}.md" and runbook.is_file()
    text = runbook.read_text()
    assert text.startswith(f"# {rule['alert']}\n")
    assert {"## Meaning", "## Impact", "## Diagnosis", "## Mitigation"} <= set(text.splitlines())
    assert "```sh\n" in text, "a runbook without a command"


def test_every_runbook_has_its_alert():
    runbooks = {path.stem for path in (DEPLOY / "runbooks").glob("Kedge*.md")}
    assert runbooks == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("file, name, expression", [
    (file, rule.get("alert") or rule["record"], rule["expr"]) for file, rule in ALL])
def test_every_name_is_exported_or_recorded(file, name, expression):
    names = used(expression)
    assert names or "up ==" in expression
    assert {item for item in names if not is_known(item)} <= RECORDED


def test_a_name_that_nobody_exports_is_found():
    assert used('sum by (kedge_label) (rate(kedge_mistyped_total{model="kedge_text"}[5m]))') \
        == {"kedge_mistyped_total"}
    assert not is_known("kedge_mistyped_total") and is_known("kedge_ingest_records_total")


def test_the_operators_copy_is_the_same():
    component = DEPLOY / "components/prometheusrule"
    sys.path.insert(0, str(component))
    try:
        import generate
    finally:
        sys.path.remove(str(component))
        sys.modules.pop("generate", None)
    assert (component / "prometheusrule.yaml").read_text() == generate.render()
    copied = yaml.safe_load(generate.render())["spec"]["groups"]
    assert copied == [group for file in sorted(GROUPS) for group in GROUPS[file]]
