# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""Writes drift.json, serving.json and fleet.json (Grafana's classic model): python3 generate.py"""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SIDECAR = 'job=~"$job",instance=~"$instance"'
SERIES = f'{SIDECAR},model=~"$model",model_version=~"$model_version"'
WINDOW = f'{SERIES},window=~"$window"'
FEATURE = f'{WINDOW},feature=~"$feature"'
# Of the whole fleet: recorded over all instances.
FLEET = 'job=~"$job",model=~"$model",model_version=~"$model_version",window=~"$window"'
FLEET_REFERENCE = 'job=~"$job",model=~"$model",model_version=~"$model_version"'


# MARK: panels

def target(expression, legend="", table=False):
    """A query; a table is asked for at one moment."""
    made = {"datasource": DATASOURCE, "expr": expression, "legendFormat": legend or "__auto",
            "editorMode": "code"}
    return made | ({"format": "table", "instant": True, "range": False} if table
                   else {"range": True, "instant": False})


def panel(kind, title, description, targets, unit, *, width=12, height=8, options=None, custom=None,
          thresholds=None, **defaults):
    """A panel; `arrange` gives it a number and a place."""
    for place, item in enumerate(targets):
        item["refId"] = chr(ord("A") + place)
    steps = [{"color": "green", "value": None}]
    steps += [{"color": color, "value": value} for value, color in thresholds or []]
    field = {"unit": unit, "custom": custom or {}} | defaults
    field["thresholds"] = {"mode": "absolute", "steps": steps}
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "targets": targets, "options": options or {},
            "fieldConfig": {"defaults": field, "overrides": []},
            "gridPos": {"w": width, "h": height}}


def lines(title, description, targets, unit, **more):
    custom = {"lineWidth": 1, "fillOpacity": 5, "showPoints": "never", "spanNulls": False}
    custom |= more.pop("custom", {})
    options = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, description, targets, unit, custom=custom, options=options,
                 **more)


def stat(title, description, targets, unit, **more):
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "colorMode": "value", "graphMode": "area", "textMode": "auto"}
    return panel("stat", title, description, targets, unit, width=more.pop("width", 6), height=4,
                 options=options, **more)


def heat(title, description, targets, unit, **more):
    """Features × time."""
    options = {"showValue": "never", "rowHeight": 0.9, "colWidth": 1.0,
               "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom"},
               "tooltip": {"mode": "single", "sort": "none"}}
    return panel("status-history", title, description, targets, unit, options=options,
                 custom={"lineWidth": 0, "fillOpacity": 80}, color={"mode": "thresholds"}, **more)


def bars(title, description, targets, names):
    """Shares by bin, at the end of the time range."""
    made = panel("barchart", title, description, targets, "percentunit", min=0,
                 custom={"fillOpacity": 80, "lineWidth": 0},
                 options={"xField": "bin", "orientation": "vertical", "showValue": "never",
                          "groupWidth": 0.8, "barWidth": 0.95,
                          "legend": {"displayMode": "list", "placement": "bottom",
                                     "showLegend": True},
                          "tooltip": {"mode": "multi", "sort": "none"}})
    made["transformations"] = [
        {"id": "joinByField", "options": {"byField": "bin", "mode": "outer"}},
        {"id": "organize", "options": {
            "excludeByName": {f"Time {place}": True for place in (1, 2)},
            "renameByName": {f"Value #{letter}": name for letter, name in zip("AB", names)}}},
        {"id": "sortBy", "options": {"sort": [{"field": "bin"}]}},
    ]
    return made


def table(title, description, targets, unit, **more):
    made = panel("table", title, description, targets, unit, **more)
    made["transformations"] = [{"id": "organize", "options": {"excludeByName": {
        name: True for name in ("Time", "Value", "__name__", "endpoint", "prometheus")}}}]
    return made


def row(title):
    return {"type": "row", "title": title, "collapsed": False, "panels": [],
            "gridPos": {"w": 24, "h": 1}}


# MARK: dashboards

def arrange(panels):
    """From left to right, a new line where there is no room; numbers by place."""
    x = y = tallest = 0
    for number, item in enumerate(panels, 1):
        place = item["gridPos"]
        if x + place["w"] > 24:
            x, y, tallest = 0, y + tallest, 0
        place |= {"x": x, "y": y}
        x, tallest = x + place["w"], max(tallest, place["h"])
        item["id"] = number
    return panels


def variable(name, label, query, *, multi=True, every=True):
    made = {"name": name, "label": label, "type": "query", "datasource": DATASOURCE,
            "definition": query, "query": {"query": query, "refId": f"variable-{name}"},
            "refresh": 2, "sort": 1, "multi": multi, "includeAll": every, "hide": 0,
            "options": [], "regex": "", "skipUrlSync": False}
    if every:
        made |= {"allValue": ".+", "current": {"selected": True, "text": ["All"],
                                               "value": ["$__all"]}}
    else:
        made["current"] = {}
    return made


def variables(metric, *, window=False, feature=False):
    made = [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
         "current": {}, "hide": 0, "includeAll": False, "multi": False, "options": [],
         "refresh": 1, "regex": "", "skipUrlSync": False},
        variable("job", "Job", f"label_values({metric}, job)"),
        variable("instance", "Instance", f'label_values({metric}{{job=~"$job"}}, instance)'),
        variable("model", "Model", f"label_values({metric}{{{SIDECAR}}}, model)"),
        variable("model_version", "Version",
                 f'label_values({metric}{{{SIDECAR},model=~"$model"}}, model_version)'),
    ]
    if window:
        made.append(variable("window", "Window", f"label_values(kedge_window_rows{{{SERIES}}}, window)",
                             multi=False, every=False))
    if feature:
        made.append(variable("feature", "Feature",
                             f"label_values(kedge_drift_verdict{{{SERIES}}}, feature)",
                             multi=False, every=False))
    return made


ALERTS = {
    "name": "Alerts", "datasource": DATASOURCE, "enable": True, "iconColor": "red",
    "expr": 'ALERTS{alertname=~"Kedge.+",alertstate="firing",job=~"$job"}',
    "titleFormat": "{{alertname}}", "textFormat": "{{model}} {{model_version}} {{feature}}",
    "tagKeys": "severity", "step": "60s",
}


def dashboard(uid, title, description, templating, panels):
    links = [{"title": "Kedge", "type": "dashboards", "tags": ["kedge"], "asDropdown": True,
              "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "external link",
              "tooltip": "", "url": ""}]
    return {"id": None, "uid": uid, "title": title, "description": description, "version": 1,
            "tags": ["kedge"], "schemaVersion": 39, "editable": True, "graphTooltip": 1,
            "time": {"from": "now-6h", "to": "now"}, "timepicker": {}, "timezone": "browser",
            "refresh": "30s", "style": "dark", "links": links, "annotations": {"list": [ALERTS]},
            "templating": {"list": templating}, "panels": arrange(panels)}


def by(labels, expression):
    return f"max by ({labels}) ({expression})"


def over_threshold(metric, statistic):
    threshold = f'kedge_drift_threshold{{{WINDOW},statistic="{statistic}"}}'
    pair = "model, model_version, window, feature"
    return f"{by(pair, f'{metric}{{{WINDOW}}}')} / {by(pair, threshold)}"


def of_feature(statistic, name):
    """A statistic, its threshold and its noise floor."""
    judged = f'{{{FEATURE},statistic="{statistic}"}}'
    return [target(by("model, model_version", f"kedge_drift_{statistic}{{{FEATURE}}}"),
                   f"{name} {{{{model}}}}:{{{{model_version}}}}"),
            target(by("model, model_version", f"kedge_drift_threshold{judged}"), "threshold"),
            target(by("model, model_version", f"kedge_drift_noise_floor{judged}"), "noise floor")]


def drift():
    shares = [
        target(f"sum by (bin) (kedge_window_observations{{{FEATURE}}}) / ignoring (bin) group_left () "
               f"sum (kedge_window_observations{{{FEATURE}}})", table=True),
        target(f'max by (bin) (kedge_reference_observations{{{SERIES},feature=~"$feature"}}) '
               f'/ ignoring (bin) group_left () '
               f'sum (max by (bin) (kedge_reference_observations{{{SERIES},feature=~"$feature"}}))',
               table=True)]
    ratio = [(0.8, "yellow"), (1, "red")]
    return dashboard(
        "kedge-drift", "Kedge: drift", "How far traffic has moved from what the model learnt from.",
        variables("kedge_window_rows", window=True, feature=True), [
            stat("Drifted", "Features, the prediction included, whose verdict is drifted.",
                 [target(f'sum(kedge_drift_verdict{{{WINDOW},verdict="drifted"}})')], "short",
                 thresholds=[(1, "red")]),
            stat("Learning", "Features with too few rows for a verdict.",
                 [target(f'sum(kedge_drift_verdict{{{WINDOW},verdict="learning"}})')], "short"),
            stat("Rows", "Records in the window, of all instances chosen.",
                 [target(f"sum(kedge_window_rows{{{WINDOW}}})")], "short"),
            stat("Age of the report", "Time since the oldest report that is shown was made.",
                 [target(f"time() - min(kedge_report_timestamp_seconds{{{SIDECAR}}})")], "s",
                 thresholds=[(120, "red")]),
            row("All features"),
            heat("KS over its threshold",
                 "Numeric features: the Kolmogorov-Smirnov statistic divided by its threshold. "
                 "From 1 on the feature has drifted.",
                 [target(over_threshold("kedge_drift_ks_statistic", "ks_statistic"), "{{feature}}")],
                 "none", thresholds=ratio, decimals=2),
            heat("JS over its threshold",
                 "Categorical features: the Jensen-Shannon divergence divided by its threshold. "
                 "From 1 on the feature has drifted.",
                 [target(over_threshold("kedge_drift_js_divergence", "js_divergence"),
                         "{{feature}}")],
                 "none", thresholds=ratio, decimals=2),
            lines("KS", "Kolmogorov-Smirnov statistic of each numeric feature, 0 to 1.",
                  [target(by("feature", f"kedge_drift_ks_statistic{{{WINDOW}}}"), "{{feature}}")],
                  "none", min=0, decimals=3),
            lines("JS", "Jensen-Shannon divergence of each feature in bits, 0 to 1.",
                  [target(by("feature", f"kedge_drift_js_divergence{{{WINDOW}}}"), "{{feature}}")],
                  "none", min=0, decimals=3),
            row("$feature"),
            bars("Distribution now and in the reference",
                 "Shares of the bins, at the end of the time range. Bins are numbered in the order "
                 "of values or categories; /api/v1/monitors of a sidecar names them.",
                 shares, ["now", "reference"]),
            lines("Missing, unseen, out of range",
                  "Shares of rows without a value, of values whose category the reference does not "
                  "have, and of values outside the reference's range.",
                  [target(by("model_version", f"kedge_missing_ratio{{{FEATURE}}}"), "missing"),
                   target(by("model_version", f"kedge_unseen_ratio{{{FEATURE}}}"), "unseen"),
                   target(by("model_version", f"kedge_out_of_range_ratio{{{FEATURE}}}"),
                          "out of range")], "percentunit", min=0),
            lines("KS of the feature",
                  "With its threshold, and what to expect without any drift (the noise floor).",
                  of_feature("ks_statistic", "KS"), "none", min=0, decimals=3),
            lines("JS of the feature",
                  "With its threshold if it is judged by JS, and the noise floor. In bits.",
                  of_feature("js_divergence", "JS"), "none", min=0, decimals=3),
            lines("PSI of the feature", "Population stability index; 0.1 and 0.25 are customary marks.",
                  [target(by("model_version", f"kedge_drift_psi{{{FEATURE}}}"), "{{model_version}}")],
                  "none", min=0, decimals=3),
            row("Alerts"),
            lines("Alerts", "Alerts of the sidecars by state, silenced ones included.",
                  [target(f"sum by (state) (kedge_alerts{{{SIDECAR}}})", "{{state}}")], "short",
                  min=0),
            lines("Notifications", "What became of them in five minutes, by receiver: delivered, failed "
                  "(and tried again), rejected, abandoned.",
                  [target(f"sum by (receiver, outcome) "
                          f"(increase(kedge_notifications_total{{{SIDECAR}}}[5m]))",
                          "{{receiver}} {{outcome}}")], "short", min=0),
            lines("Waiting to be told", "Model versions of which a receiver is due to be told something; "
                  "more than 0 for long is a receiver that is away.",
                  [target(f"sum by (receiver) (kedge_notifications_pending{{{SIDECAR}}})",
                          "{{receiver}}")], "short", min=0),
            lines("Silenced and held", "Alerts that fire and are silenced, and alerts that keep their "
                  "state as there are too few records to say more.",
                  [target(f"sum(kedge_alerts_silenced{{{SIDECAR}}})", "silenced"),
                   target(f"sum(kedge_alerts_held{{{SIDECAR}}})", "held")], "short", min=0),
            row("Ingest"),
            lines("Records", "Records accepted a second, and what producers dropped before sending.",
                  [target(f"sum by (model, model_version) "
                          f"(rate(kedge_ingest_records_total{{{SERIES}}}[$__rate_interval]))",
                          "{{model}}:{{model_version}}"),
                   target(f"sum(rate(kedge_producer_dropped_total{{{SIDECAR}}}[$__rate_interval]))",
                          "dropped by producers")], "rps", min=0),
            lines("Rejected", "Lines and records not taken, by reason.",
                  [target(f"sum by (reason) "
                          f"(rate(kedge_ingest_rejected_total{{{SIDECAR}}}[$__rate_interval]))",
                          "{{reason}}")], "rps", min=0),
        ])


def serving():
    bucket = f"prediction_latency_seconds_bucket{{{SERIES}}}[$__rate_interval]"

    def quantile(q):
        return target(f"histogram_quantile({q}, sum by (le) (rate({bucket})))", f"p{q * 100:g}")

    def share(outcome):
        return (f'sum by (model, model_version) (rate(prediction_requests_total{{{SERIES},'
                f'outcome="{outcome}"}}[$__rate_interval])) / sum by (model, model_version) '
                f"(rate(prediction_requests_total{{{SERIES}}}[$__rate_interval]))")

    heatmap = panel(
        "heatmap", "Latency", "How many requests a second took how long.",
        [target(f"sum by (le) (rate({bucket}))", "{{le}}") | {"format": "heatmap"}], "rps",
        options={"calculate": False, "yAxis": {"unit": "s"}, "cellGap": 1,
                 "color": {"mode": "scheme", "scheme": "Blues", "steps": 64},
                 "legend": {"show": True}, "tooltip": {"mode": "single"}})
    return dashboard(
        "kedge-serving", "Kedge: serving", "How the inference server answers.",
        variables("prediction_requests_total"), [
            stat("Requests", "Requests for predictions a second.",
                 [target(f"sum(rate(prediction_requests_total{{{SERIES}}}[$__rate_interval]))")],
                 "reqps"),
            stat("Failed", "Share of the requests that were answered with 5xx.",
                 [target(f'sum(rate(prediction_requests_total{{{SERIES},outcome="failed"}}'
                         f"[$__rate_interval])) / "
                         f"sum(rate(prediction_requests_total{{{SERIES}}}[$__rate_interval]))")],
                 "percentunit", thresholds=[(0.01, "red")]),
            stat("p99", "99 of 100 requests are answered within this time.", [quantile(0.99)], "s"),
            stat("Records dropped", "Records of the prediction log that were dropped in an hour.",
                 [target(f"sum(increase(prediction_log_dropped_total{{{SIDECAR}}}[1h]))")], "short",
                 thresholds=[(1, "red")]),
            lines("Requests by outcome", "ok, rejected (4xx) and failed (5xx), a second.",
                  [target(f"sum by (model, model_version, outcome) "
                          f"(rate(prediction_requests_total{{{SERIES}}}[$__rate_interval]))",
                          "{{model}}:{{model_version}} {{outcome}}")], "reqps", min=0),
            lines("Shares of failed and rejected requests",
                  "By version, so that a canary can be told from what it is to replace.",
                  [target(share("failed"), "{{model}}:{{model_version}} failed"),
                   target(share("rejected"), "{{model}}:{{model_version}} rejected")],
                  "percentunit", min=0),
            lines("Latency quantiles", "From a request's last byte to its answer.",
                  [quantile(0.5), quantile(0.9), quantile(0.99)], "s", min=0),
            heatmap,
            lines("Errors by reason", "Requests that were rejected or failed, a second.",
                  [target(f"sum by (reason) "
                          f"(rate(prediction_errors_total{{{SIDECAR}}}[$__rate_interval]))",
                          "{{reason}}")], "reqps", min=0),
            lines("Rows predicted", "A request may ask for many rows.",
                  [target(f"sum by (model, model_version) "
                          f"(rate(prediction_rows_total{{{SERIES}}}[$__rate_interval]))",
                          "{{model}}:{{model_version}}")], "rps", min=0),
            table("Versions", "What each instance has loaded; the default answers requests that "
                  "name no version.",
                  [target(f"prediction_model_info{{{SERIES}}}", table=True)], "short"),
            lines("Under way", "Requests taken in and not answered yet.",
                  [target(f"prediction_in_flight{{{SIDECAR}}}", "{{instance}}")], "short", min=0),
            lines("Prediction log", "Records that the sidecar's socket took, and those dropped, a "
                  "second.",
                  [target(f"sum(rate(prediction_log_records_total{{{SIDECAR}}}[$__rate_interval]))",
                          "sent"),
                   target(f"sum(rate(prediction_log_dropped_total{{{SIDECAR}}}[$__rate_interval]))",
                          "dropped")], "rps", min=0),
            lines("Waiting for the sidecar", "Bytes of records in the queue; connected is 1 or 0.",
                  [target(f"prediction_log_queue_bytes{{{SIDECAR}}}", "{{instance}}")], "bytes",
                  min=0),
            lines("Processor", "Cores used.",
                  [target(f"rate(process_cpu_seconds_total{{{SIDECAR}}}[$__rate_interval])",
                          "{{instance}}")], "none", min=0, decimals=2),
            lines("Memory", "Resident memory.",
                  [target(f"process_resident_memory_bytes{{{SIDECAR}}}", "{{instance}}")], "bytes",
                  min=0),
        ])


def fleet():
    def fleet_lines(title, description, name):
        return lines(title, description,
                     [target(f"{name}{{{FLEET}}}", "{{feature}} {{model_version}}")],
                     "none", min=0, decimals=3)

    one = f'{FLEET},feature=~"$feature"'
    shares = [target(f"max by (bin) (kedge:fleet_window_share{{{one}}})", table=True),
              target(f'max by (bin) (kedge:fleet_reference_share{{{FLEET_REFERENCE},'
                     f'feature=~"$feature"}})', table=True)]
    spread = "model, model_version, window, feature"
    return dashboard(
        "kedge-fleet", "Kedge: fleet",
        "All replicas together: counts are added, then measured (deploy/prometheus).",
        variables("kedge_window_rows", window=True, feature=True), [
            stat("Sidecars up", "Sidecars that answer their scrape.",
                 [target(f"count(kedge_ingest_connections{{{SIDECAR}}})")], "short"),
            stat("Alerts firing", "Alerts of Kedge that Prometheus has firing.",
                 [target('count(ALERTS{alertname=~"Kedge.+",alertstate="firing",job=~"$job"}) '
                         f"or 0 * count(kedge_ingest_connections{{{SIDECAR}}})")], "short",
                 thresholds=[(1, "red")]),
            stat("Rows", "Records in the window, of the whole fleet.",
                 [target(f"max(kedge:fleet_window_rows{{{FLEET}}})")], "short"),
            stat("References in force", "More than one a model version: a promotion is under way.",
                 [target(f"max(count by (model, model_version) (count by (model, model_version, reference) "
                         f"(kedge:fleet_reference_observations{{{FLEET_REFERENCE}}})))")], "short",
                 thresholds=[(2, "yellow")]),
            row("Fleet-wide drift"),
            fleet_lines("KS", "At the ends of the bins; the statistic over all values may be larger "
                        "by the error bound, the largest share of one bin.",
                        "kedge:fleet_ks_statistic"),
            fleet_lines("JS", "In bits; what one sidecar would say of all the traffic.",
                        "kedge:fleet_js_divergence"),
            fleet_lines("PSI", "What one sidecar would say of all the traffic.", "kedge:fleet_psi"),
            bars("Distribution of $feature, now and in the reference",
                 "Shares of the bins over all replicas, at the end of the time range.",
                 shares, ["now", "reference"]),
            row("Replicas"),
            lines("Rows by replica", "An uneven share of the traffic shows here.",
                  [target(f"sum by (instance) (kedge_window_rows{{{WINDOW}}})", "{{instance}}")],
                  "short", min=0),
            lines("Spread of KS",
                  "The largest KS of one replica less the smallest: one that sees other traffic.",
                  [target(f"max by ({spread}) (kedge_drift_ks_statistic{{{WINDOW}}}) - "
                          f"min by ({spread}) (kedge_drift_ks_statistic{{{WINDOW}}})",
                          "{{feature}} {{model_version}}")], "none", min=0, decimals=3),
            lines("Records by replica", "Records accepted a second.",
                  [target(f"sum by (instance) "
                          f"(rate(kedge_ingest_records_total{{{SERIES}}}[$__rate_interval]))",
                          "{{instance}}")], "rps", min=0),
            lines("Producers", "Connections that are open on each socket.",
                  [target(f"kedge_ingest_connections{{{SIDECAR}}}", "{{instance}}")], "short",
                  min=0),
            lines("Journal", "How long 99 of 100 commits took until they were durable.",
                  [target(f"histogram_quantile(0.99, sum by (instance, le) "
                          f"(rate(kedge_journal_commit_duration_seconds_bucket{{{SIDECAR}}}"
                          f"[$__rate_interval])))", "{{instance}}")], "s", min=0),
            lines("Notifications", "By receiver and outcome, in five minutes.",
                  [target(f"sum by (receiver, outcome) "
                          f"(increase(kedge_notifications_total{{{SIDECAR}}}[5m]))",
                          "{{receiver}} {{outcome}}")], "short", min=0),
            table("Programs", "What each target was built from.",
                  [target(f"kedge_build_info{{{SIDECAR}}}", table=True)], "short"),
            lines("Memory", "Resident memory.",
                  [target(f"process_resident_memory_bytes{{{SIDECAR}}}", "{{instance}}")], "bytes",
                  min=0),
        ])


DASHBOARDS = {"drift.json": drift, "serving.json": serving, "fleet.json": fleet}


def render(make):
    return json.dumps(make(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file, make in DASHBOARDS.items():
        (HERE / file).write_text(render(make))
