// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Testing

struct MonitorDescriptionTests {
    @Test
    func `says what is compared with what, bins in the order of the report`() throws {
        let settings = MonitorSettings(windows: SmallWorld.windows, clock: .event, minimumRows: 7)
        let reference = try SmallWorld.reference()
        var monitor = ModelMonitor(reference: reference, digest: "digest", settings: settings)
        let description = monitor.description
        #expect(description.model == "delay" && description.version == "1")
        #expect(description.reference == "digest")
        #expect(description.rows == 8)
        #expect(description.clock == .event && description.minimumRows == 7)
        #expect(description.windows == SmallWorld.windows)
        let features = description.features
        #expect(features.map(\.name) == ["speed", "carrier", "prediction"])
        #expect(features.map(\.kind) == [.numeric, .categorical, .numeric])
        #expect(features[0].cutPoints == [0, 1, 2, 3] && features[0].categories.isEmpty)
        // (−∞, 0], (0, 1], (1, 2], (2, 3], (3, ∞), missing.
        #expect(features[0].bins == [2, 2, 1, 2, 0, 1])
        #expect(features[1].cutPoints.isEmpty && features[1].categories == ["AA", "BB", "CC"])
        #expect(features[1].bins == [3, 2, 2, 0, 1])
        #expect(features[1].threshold.statistic == .jsDivergence)
        let report = monitor.report(at: 0).windows[0].features
        #expect(report.map(\.statistics.bins.count) == features.map(\.bins.count))
    }
}
