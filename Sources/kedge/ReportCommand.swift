// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DriftMonitor
import DriftStatistics
import Hosting
import PredictionLog
import Sidecar

/// `kedge report`: the monitor over a file, window by window.
struct ReportCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json
    }

    /// The exit code when a window drifted.
    static let drifted = ExitCode(3)

    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Measure the drift of a file against a reference.",
        discussion: """
            Exits with 3 when a window drifted, with 0 when none did, with 1 when something cannot \
            be read or there is no window, with 78 when the configuration is faulty.
            """
    )

    @OptionGroup
    var table: TableArguments

    @Option(help: "The reference file.")
    var reference: String

    @Option(help: "Cut the file into windows of so many rows; what is left over is dropped.")
    var rows: Int?

    @Option(help: "Cut the file into windows of so much event time: 30s, 15m, 1h, 7d.")
    var every: DurationArgument?

    @Option(help: "The column of the event time.")
    var time = "ts"

    @Option(help: "The column of the model's prediction.")
    var prediction = Reference.predictionName

    @Option(help: "table or json.")
    var format = Format.table

    @Option(help: "A sidecar's configuration, for thresholds, min_rows and lateness.")
    var config: String?

    @Option(help: "A statistic with fewer rows behind it is 'learning'.")
    var minRows: Int?

    @Option(help: "Numeric features drift above this KS statistic.")
    var ksThreshold: Double?

    @Option(help: "Categorical features drift above this JS divergence.")
    var jsThreshold: Double?

    mutating func validate() throws {
        guard (rows == nil) != (every == nil) else {
            throw ValidationError("give one of --rows and --every, and not both")
        }
        if let rows, !WindowDefinition.rowCounts.contains(rows) {
            throw ValidationError("--rows must be within \(WindowDefinition.rowCounts)")
        }
        if let every, !WindowDefinition.paneSeconds.contains(every.seconds) {
            throw ValidationError("--every must be within \(WindowDefinition.paneSeconds) seconds")
        }
        if let minRows, minRows < 0 { throw ValidationError("--min-rows must not be negative") }
        for (name, threshold) in [("ks", ksThreshold), ("js", jsThreshold)] {
            if let threshold, !(0...1).contains(threshold) {
                throw ValidationError("--\(name)-threshold must be within 0...1")
            }
        }
    }

    func run() throws {
        let (reference, digest) = try ReferenceFile.load(reference)
        let settings = try monitorSettings()
        let names = ModelMonitor.schema(of: reference).features.map(\.name)
        var source = try table.open(featureNames: names)
        var rows = try source.next()
        let mapping = RowMapping(
            format: source.format ?? .csv,
            reference: reference,
            time: time,
            prediction: prediction
        )
        var monitor = OfflineMonitor(
            reference: reference,
            digest: digest,
            windows: every.map { .seconds($0.seconds) } ?? .rows(self.rows ?? 1),
            records: RowRecords(mapping, model: reference.model, version: reference.version),
            settings: settings
        )
        while let batch = rows {
            monitor.observe(batch, columns: source.columns)
            rows = try source.next()
        }
        let report = monitor.finish()
        Terminal.note(mapping.remarks(on: source.columns, needsTime: every != nil))
        if let times = report.unreadableTimes { Terminal.note("warning: rejected: \(times)\n") }
        switch format {
        case .json: Terminal.output(report.json())
        case .table: Terminal.output(ReportTable.text(of: report))
        }
        if report.hasDrifted { throw Self.drifted }
        // Whatever waits for this command must not take silence for health.
        if report.results.isEmpty { throw NothingMeasured(report: report, path: table.input) }
    }
    /// The configured settings, or the defaults, changed by the flags.
    private func monitorSettings() throws -> MonitorSettings {
        var settings = SidecarSettings().monitor
        if let config {
            do {
                let file = try SettingsFile(reading: config)
                settings = try ResolvedSettings<SidecarSettings>(file: file).settings.monitor
            } catch {
                throw SettingsArguments.exit(telling: error)
            }
        }
        if let minRows { settings.minimumRows = UInt64(minRows) }
        if let ksThreshold { settings.thresholds.ksStatistic = ksThreshold }
        if let jsThreshold { settings.thresholds.jsDivergence = jsThreshold }
        return settings
    }
}

/// A file without one window: too few rows, or none that could be used.
private struct NothingMeasured: Error, CustomStringConvertible {
    let report: OfflineReport
    let path: String

    var description: String {
        let rejected = report.rejected.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.value) \($0.key.rawValue)" }
        let list = rejected.isEmpty ? "none" : rejected.joined(separator: ", ")
        return "\(path): no window: \(report.rows) rows were read; rejected: \(list)"
    }
}
