// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
package import Exposition
package import Hosting

/// The whole page of `/metrics`, of values only: it reads nothing and evaluates nothing.
///
/// Keeps between pages the labels it has rendered and how long the last page was.
package struct MetricsDocument: Sendable {
    private let build: BuildInfo
    private var drift: DriftMetrics
    private var fleet: FleetMetrics
    private var ingest = IngestMetrics()
    private var lastCount = 0

    /// Makes the page of a program.
    ///
    /// - Parameters:
    ///   - build: What program it is.
    ///   - maximumFeatures: How many features of a model version have series.
    ///   - maximumBins: How many bins of a feature have series; 0 leaves all of them out.
    package init(build: BuildInfo, maximumFeatures: Int = 200, maximumBins: Int = 256) {
        self.build = build
        drift = DriftMetrics(maximumFeatures: maximumFeatures)
        fleet = FleetMetrics(maximumFeatures: maximumFeatures, maximumBins: maximumBins)
    }

    /// Renders the page.
    ///
    /// - Parameters:
    ///   - format: The text format.
    ///   - report: The last report published; nil before the first.
    ///   - counters: The live counters of the socket.
    ///   - journal: What the journal does; nil without one.
    ///   - raw: What the raw log holds; nil without one.
    ///   - alerts: The alerts and what became of their notifications; nil without any rules.
    ///   - describe: What a monitor is compared with, asked when its reference is not known yet.
    ///   - process: What the kernel says about the process.
    /// - Returns: The page, to be sent as it is or compressed.
    /// - Complexity: O(bytes written).
    package mutating func render(
        _ format: ExpositionFormat,
        report: Report?,
        counters: IngestCounters,
        journal: JournalFigures? = nil,
        raw: RawLog.Figures? = nil,
        alerts: AlertFigures? = nil,
        describe: (MonitorReport) -> MonitorDescription? = { _ in nil },
        process: ProcessStatistics
    ) -> [UInt8] {
        var writer = ExpositionWriter(format, reservingBytes: lastCount + lastCount / 8)
        build.write(to: &writer)
        ingest.write(counters, to: &writer)
        if let journal { JournalMetrics.write(journal, counters, to: &writer) }
        if let raw { JournalMetrics.write(raw, to: &writer) }
        if let alerts { AlertMetrics.write(alerts, to: &writer) }
        drift.write(report, to: &writer)
        fleet.write(report, describe: describe, to: &writer)
        ProcessMetrics.write(process, to: &writer)
        let page = writer.finish()
        lastCount = page.count
        return page
    }
}
