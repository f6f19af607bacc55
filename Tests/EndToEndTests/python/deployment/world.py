# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""A made-up fleet: three sidecars and two servers whose /metrics say what the real ones say.

The counts of the fleet gauges come from values that are dealt out unevenly; `oracle.py` computes
the statistics from all the values together.
"""

import bisect
import http.server
import random
import threading

MODEL, VERSION, REFERENCE, WINDOW = "delay", "2", "sha256:e57c852d2d98", "1h"
SHARES = (0.62, 0.30, 0.08)
IDENTITY = {"model": MODEL, "model_version": VERSION}
RECORDED = {**IDENTITY, "reference": REFERENCE}


class Feature:
    """A feature's reference values and those of the fleet's window; None is missing."""

    def __init__(self, name, reference, window, owners):
        self.name, self.reference, self.window, self.owners = name, reference, window, owners
        present = [value for value in reference if value is not None]
        self.is_numeric = not isinstance(present[0], str)
        if self.is_numeric:
            ordered = sorted(present)
            ranks = [-(-step * len(ordered) // 20) - 1 for step in range(1, 20)]
            self.cuts = sorted({ordered[rank] for rank in ranks})
            self.bins = [f"{place:03}" for place in range(len(self.cuts) + 1)] + ["missing"]
        else:
            self.categories = sorted(set(present))
            self.bins = [f"{place:03}" for place in range(len(self.categories))] \
                + ["unseen", "missing"]

    def bin(self, value):
        if value is None:
            return "missing"
        if self.is_numeric:
            return f"{bisect.bisect_left(self.cuts, value):03}"
        return f"{self.categories.index(value):03}" if value in self.categories else "unseen"

    def counts(self, values):
        """As the contract says: every bin in order, zeros too."""
        counted = dict.fromkeys(self.bins, 0)
        for value in values:
            counted[self.bin(value)] += 1
        return counted

    def cumulative(self, values):
        """The twins: numeric features only, all bins but the missing one."""
        if not self.is_numeric:
            return {}
        total, sums = 0, {}
        for name, count in self.counts(values).items():
            if name != "missing":
                total += count
                sums[name] = total
        return sums

    def of(self, replica):
        return [value for value, owner in zip(self.window, self.owners) if owner == replica]


def features(random):
    """Continuous with missing values, heavily tied, constant, categorical, and the prediction."""
    reference_rows, window_rows = random.randint(800, 1500), random.randint(1200, 3000)
    owners = random.choices(range(len(SHARES)), SHARES, k=window_rows)

    def some(draw, missing, rows):
        return [None if random.random() < missing else draw() for _ in range(rows)]

    def feature(name, before, after, missing=(0.02, 0.1)):
        return Feature(name, some(before, missing[0], reference_rows),
                       some(after, missing[1], window_rows), owners)

    return [
        feature("temp", lambda: random.gauss(38, 9), lambda: random.gauss(60, 12)),
        feature("visib", lambda: random.choice([10.0] * 9 + [6.0, 2.0, 0.5]),
                lambda: random.choice([10.0] * 7 + [6.0, 2.0, 1.0])),
        feature("empty_bins", lambda: random.gauss(0, 1), lambda: random.gauss(0.4, 0.05), (0, 0)),
        feature("constant", lambda: 7.0, lambda: random.choice([7.0, 7.0, 8.0])),
        feature("carrier", lambda: random.choice("AA AS B6 DL EV UA US".split()),
                lambda: random.choice("AA B6 DL DL EV UA WN".split()), (0, 0.01)),
        feature("prediction", lambda: random.betavariate(2, 7), lambda: random.betavariate(3, 6),
                (0, 0)),
    ]


class Fleet:
    """`with Fleet(seed) as fleet`: its `targets` answer; counters go on as they are asked."""

    def __init__(self, seed):
        self.features = features(random.Random(seed))
        self.sidecars = [f"sidecar-{number}" for number in range(len(SHARES))]
        self.servers = ["server-0", "server-1"]
        self.ticks = 0
        fleet = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = fleet.page(self.path.strip("/")).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        address = f"127.0.0.1:{self.http.server_port}"
        self.targets = [(address, f"/{name}", name) for name in self.sidecars + self.servers]

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def page(self, instance):
        self.ticks += 1
        page = Page()
        page.add("kedge_build_info", 1, version="0.1.0", revision="", swiftversion="6.3",
                 os="linux", arch="x86_64")
        page.add("process_cpu_seconds_total", self.ticks / 100)
        page.add("process_resident_memory_bytes", 38_000_000)
        if instance in self.sidecars:
            self.sidecar(page, self.sidecars.index(instance))
        else:
            self.server(page)
        return page.text()

    def sidecar(self, page, number):
        page.add("kedge_report_timestamp_seconds", 1_000_000 + self.ticks)
        page.add("kedge_ingest_connections", 1)
        page.add("kedge_ingest_bytes_total", 40_000 * self.ticks)
        page.add("kedge_ingest_records_total", 100 * self.ticks, **IDENTITY)
        page.add("kedge_ingest_rejected_total", 0, reason="malformed")
        page.add("kedge_ingest_rejected_total", 0, reason="no_reference")
        page.add("kedge_producer_dropped_total", 0)
        page.add("kedge_references_refused", 0)
        page.add("kedge_journal_up", 1)
        for bound, share in (("0.01", 0.5), ("0.1", 1), ("+Inf", 1)):
            page.add("kedge_journal_commit_duration_seconds_bucket", int(20 * self.ticks * share),
                     le=bound)
        for outcome in ("delivered", "failed", "rejected", "abandoned"):
            page.add("kedge_notifications_total", self.ticks if outcome == "delivered" else 0,
                     receiver="team", outcome=outcome)
        page.add("kedge_window_rows", sum(owner == number for owner in self.features[0].owners),
                 **IDENTITY, window=WINDOW)
        for feature in self.features:
            self.feature(page, feature, feature.of(number), number)

    def feature(self, page, feature, values, number):
        judged = {**IDENTITY, "window": WINDOW, "feature": feature.name}
        statistic = "ks_statistic" if feature.is_numeric else "js_divergence"
        if feature.is_numeric:
            page.add("kedge_drift_ks_statistic", 0.2 + number / 100, **judged)
            page.add("kedge_out_of_range_ratio", 0.01, **judged)
        else:
            page.add("kedge_unseen_ratio", 0.1, **judged)
        page.add("kedge_drift_js_divergence", 0.05, **judged)
        page.add("kedge_drift_psi", 0.2, **judged)
        page.add("kedge_missing_ratio", 0.1, **judged)
        page.add("kedge_drift_threshold", 0.1, **judged, statistic=statistic)
        for name in ("ks_statistic", "js_divergence"):
            page.add("kedge_drift_noise_floor", 0.01, **judged, statistic=name)
        for verdict in ("learning", "steady", "drifted"):
            page.add("kedge_drift_verdict", int(verdict == "drifted"), **judged, verdict=verdict)
        labels = {**RECORDED, "feature": feature.name}
        for name, of, more in (("window", values, {"window": WINDOW}),
                               ("reference", feature.reference, {})):
            for place, count in feature.counts(of).items():
                page.add(f"kedge_{name}_observations", count, **labels, **more, bin=place)
            for place, count in feature.cumulative(of).items():
                page.add(f"kedge_{name}_observations_cumulative", count, **labels, **more, bin=place)
            # A window of a second span, with nothing in it yet.
            if name == "window":
                for place in feature.bins:
                    page.add("kedge_window_observations", 0, **labels, window="1d", bin=place)
                for place in feature.cumulative([]):
                    page.add("kedge_window_observations_cumulative", 0, **labels, window="1d",
                             bin=place)

    def server(self, page):
        page.add("prediction_model_info", 1, **IDENTITY, digest="sha256:8efb", default="true")
        for outcome, share in (("ok", 97), ("rejected", 2), ("failed", 1)):
            page.add("prediction_requests_total", share * self.ticks, **IDENTITY, outcome=outcome)
        page.add("prediction_errors_total", 3 * self.ticks, reason="body")
        page.add("prediction_rows_total", 97 * self.ticks, **IDENTITY)
        for bound, share in (("5e-05", 0.2), ("0.0001", 0.9), ("0.00025", 1), ("+Inf", 1)):
            page.add("prediction_latency_seconds_bucket", int(100 * self.ticks * share),
                     **IDENTITY, le=bound)
        page.add("prediction_in_flight", 2)
        page.add("prediction_log_records_total", 97 * self.ticks)
        page.add("prediction_log_dropped_total", 0)
        page.add("prediction_log_connected", 1)
        page.add("prediction_log_queue_bytes", 0)


class Page:
    """Text of /metrics, families together."""

    def __init__(self):
        self.families = {}

    def add(self, name, value, **labels):
        text = ",".join(f'{key}="{value}"' for key, value in labels.items())
        self.families.setdefault(name, []).append(f"{name}{{{text}}} {value}\n")

    def text(self):
        return "".join(line for lines in self.families.values() for line in lines)
