// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Exposition
import Sidecar
import TestSupport
import Testing

/// The page of a report in a format.
private func bytes(
    _ report: Report?,
    _ metrics: inout DriftMetrics,
    _ format: ExpositionFormat = .text004
) -> [UInt8] {
    var writer = ExpositionWriter(format)
    metrics.write(report, to: &writer)
    return writer.finish()
}

/// The page as the checker reads it, which finds nothing wrong with it.
private func page(
    _ report: Report?,
    _ metrics: inout DriftMetrics,
    _ format: ExpositionFormat = .text004
) -> ExpositionCheck {
    let check = ExpositionCheck(
        String(decoding: bytes(report, &metrics, format), as: UTF8.self),
        dialect: format == .text004 ? .text : .openMetrics
    )
    #expect(check.faults == [])
    return check
}

private func page(_ report: Report?) -> ExpositionCheck {
    var metrics = DriftMetrics()
    return page(report, &metrics)
}

private let temp = ["model": "delay", "model_version": "1", "window": "10k", "feature": "temp"]
private let carrier = temp.merging(["feature": "carrier"]) { $1 }

struct DriftMetricsTests {
    @Test
    func `shows what is known of a window that left the reference altogether`() throws {
        let page = page(
            SampleReports.report([SampleReports.monitor(try SampleReports.reference())])
        )
        let window = ["model": "delay", "model_version": "1", "window": "10k"]
        #expect(page.value("kedge_report_timestamp_seconds") == 1_700_000_000.5)
        #expect(page.value("kedge_window_rows", window) == 250)
        #expect(page.value("kedge_drift_ks_statistic", temp) == 1)
        #expect(page.value("kedge_drift_ks_error_bound", temp) == 0)
        #expect(page.value("kedge_out_of_range_ratio", temp) == 1)
        #expect(page.value("kedge_missing_ratio", temp) == 0.1)
        #expect(page.value("kedge_missing_ratio", carrier) == 0.1)
        #expect(page.value("kedge_unseen_ratio", carrier) == 0)
        // Of the shares ½, ½ before and 0.9, 0 with 0.1 missing now, 0.5 are the same.
        #expect(page.value("kedge_drift_total_variation", carrier) == 0.5)
        #expect(page.value("kedge_drift_ks_statistic", carrier) == nil)
        #expect(page.value("kedge_unseen_ratio", temp) == nil)
        let threshold = ["statistic": "js_divergence"].merging(carrier) { $1 }
        #expect(page.value("kedge_drift_threshold", threshold) == 0.1)
    }

    @Test
    func `exports every statistic of every feature under its own name`() throws {
        let monitor = SampleReports.monitor(
            try SampleReports.reference(),
            windows: ["10k", "20k"]
        )
        let page = page(SampleReports.report([monitor]))
        let own: [Statistic: String] = [
            .missingRatio: "kedge_missing_ratio", .unseenRatio: "kedge_unseen_ratio",
            .outOfRangeRatio: "kedge_out_of_range_ratio",
        ]
        for window in monitor.windows {
            for feature in window.features {
                let labels = [
                    "model": "delay", "model_version": "1", "window": window.window,
                    "feature": feature.name,
                ]
                for statistic in Statistic.allCases {
                    let name = own[statistic] ?? "kedge_drift_" + statistic.rawValue
                    #expect(page.value(name, labels) == feature.statistics[statistic], "\(name)")
                    let named = labels.merging(["statistic": statistic.rawValue]) { $1 }
                    #expect(
                        page.value("kedge_drift_noise_floor", named)
                            == feature.statistics.noiseFloor(statistic)
                    )
                }
            }
        }
    }

    @Test(arguments: [(250, Verdict.drifted), (10, .learning)])
    func `shows one verdict of three`(rows: Int, verdict: Verdict) throws {
        let monitor = SampleReports.monitor(try SampleReports.reference(), rows: rows)
        let page = page(SampleReports.report([monitor]))
        for state in Verdict.allCases {
            let labels = temp.merging(["verdict": state.rawValue]) { $1 }
            #expect(page.value("kedge_drift_verdict", labels) == (state == verdict ? 1 : 0))
        }
    }

    @Test
    func `leaves out what is learning, but not the rows, the threshold and the verdict`()
        throws
    {
        let monitor = SampleReports.monitor(try SampleReports.reference(), rows: 10)
        let names = Set(page(SampleReports.report([monitor])).samples.map(\.name))
        #expect(
            names == [
                "kedge_report_timestamp_seconds", "kedge_window_rows", "kedge_drift_threshold",
                "kedge_drift_verdict", "kedge_metrics_omitted_features",
            ]
        )
    }

    @Test
    func `learns by statistic: missing values count towards some and not others`() throws {
        // 215 rows are enough, of which 194 have a value, which are not.
        let monitor = SampleReports.monitor(try SampleReports.reference(), rows: 215)
        let page = page(SampleReports.report([monitor]))
        #expect(page.value("kedge_missing_ratio", temp) != nil)
        #expect(page.value("kedge_drift_js_divergence", temp) != nil)
        #expect(page.value("kedge_drift_ks_statistic", temp) == nil)
        #expect(page.value("kedge_drift_ks_error_bound", temp) == nil)
        #expect(page.value("kedge_out_of_range_ratio", temp) == nil)
        let ks = temp.merging(["statistic": "ks_statistic"]) { $1 }
        let psi = temp.merging(["statistic": "psi"]) { $1 }
        #expect(page.value("kedge_drift_noise_floor", ks) == nil)
        #expect(page.value("kedge_drift_noise_floor", psi) != nil)
    }

    @Test
    func `there is nothing before the first report`() {
        #expect(page(nil).samples.isEmpty)
    }

    @Test(arguments: [
        (6, ["a", "b", "c", "d", "e", "prediction"], 0.0),
        (5, ["a", "b", "c", "d", "prediction"], 1),
        (2, ["a", "prediction"], 4), (1, ["prediction"], 5), (0, ["prediction"], 5),
    ])
    func `a cap keeps the first features and the prediction`(
        cap: Int,
        kept: [String],
        omitted: Double
    ) throws {
        let reference = try SampleReports.reference(
            numeric: ["a", "b", "c", "d", "e"],
            categorical: []
        )
        var metrics = DriftMetrics(maximumFeatures: cap)
        let page = page(SampleReports.report([SampleReports.monitor(reference)]), &metrics)
        let features = page.samples.filter { $0.name == "kedge_drift_psi" }
            .compactMap { $0.labels["feature"] }
        #expect(features == kept)
        let version = ["model": "delay", "model_version": "1"]
        #expect(page.value("kedge_metrics_omitted_features", version) == omitted)
    }

    @Test
    func `a cap without a prediction keeps the first features`() throws {
        let reference = try SampleReports.reference(
            numeric: ["a", "b", "c"],
            categorical: [],
            predicts: false
        )
        var metrics = DriftMetrics(maximumFeatures: 2)
        let page = page(SampleReports.report([SampleReports.monitor(reference)]), &metrics)
        #expect(
            page.samples.filter { $0.name == "kedge_drift_psi" }.map { $0.labels["feature"] }
                == ["a", "b"]
        )
    }

    @Test
    func `labels are kept across pages and dropped with their model`() throws {
        let first = SampleReports.monitor(try SampleReports.reference(model: "a"))
        let second = SampleReports.monitor(try SampleReports.reference(model: "b"))
        var metrics = DriftMetrics()
        // A model version, its window and three features.
        let pages: [([MonitorReport], Int)] = [
            ([first], 5), ([first, second], 10), ([first, second], 10), ([second], 5), ([], 0),
            ([second, first], 10),
        ]
        for (monitors, labels) in pages {
            let report = SampleReports.report(monitors)
            var fresh = DriftMetrics()
            #expect(bytes(report, &metrics) == bytes(report, &fresh))
            #expect(metrics.cachedLabels == labels)
        }
    }

    @Test(arguments: ExpositionFormat.allCases)
    func `names of users never break the page`(format: ExpositionFormat) throws {
        let hostile = "a\"b\\c\n# EOF\nkedge_window_rows 1 {}\u{0}🚢"
        let reference = try SampleReports.reference(
            model: hostile,
            version: hostile,
            numeric: [hostile, "le"],
            categorical: []
        )
        var metrics = DriftMetrics()
        let monitor = SampleReports.monitor(reference, windows: [hostile])
        let page = page(SampleReports.report([monitor]), &metrics, format)
        let labels = [
            "model": hostile, "model_version": hostile, "window": hostile, "feature": hostile,
        ]
        #expect(page.value("kedge_drift_ks_statistic", labels) == 1)
    }
}
