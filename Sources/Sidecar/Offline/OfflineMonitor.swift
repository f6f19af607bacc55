// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
package import DriftStatistics
package import PredictionLog

/// Takes the rows of a file the way the socket takes records, and reports window by window.
///
/// A row is written as a record and scanned like one: what the report says of a file is what the
/// sidecar says of the same rows.
package struct OfflineMonitor: ~Copyable {
    /// The arrival clock of a file: the end of the times that records may have, so that none is
    /// ahead of it.
    private static let now = 253_402_300_800.0

    private let windows: OfflineReport.Windows
    private var records: RowRecords
    private var scanner: RecordScanner
    private var intake: Intake
    private var monitor: ModelMonitor
    private var report: OfflineReport

    /// The file's row of each row of the batch.
    private var fileRows: [Int] = []
    private var current = CountedRows()
    private var panes: PaneRows?

    /// - Parameters:
    ///   - reference: What windows are compared with.
    ///   - digest: The reference's digest.
    ///   - windows: How the file is cut; sizes are > 0.
    ///   - records: What makes records of rows.
    ///   - settings: Thresholds, `minimumRows` and lateness; its windows and clock are not used.
    package init(
        reference: Reference,
        digest: String,
        windows: OfflineReport.Windows,
        records: RowRecords,
        settings: MonitorSettings
    ) {
        var settings = settings
        switch windows {
        case .rows(let rows):
            // Counted in the order of the file, whatever the times are.
            settings.windows = [WindowDefinition(name: "rows", extent: .rows(rows))]
            settings.clock = .arrival
            panes = nil
        case .seconds(let seconds):
            let extent = WindowDefinition.Extent.panes(count: 1, seconds: seconds)
            settings.windows = [WindowDefinition(name: "pane", extent: extent)]
            settings.clock = .event
            panes = PaneRows(seconds: seconds, latenessSeconds: settings.latenessSeconds)
        }
        self.windows = windows
        self.records = records
        scanner = RecordScanner(limits: ScanLimits())
        intake = Intake(catalog: SchemaCatalog([ModelMonitor.schema(of: reference)]))
        monitor = ModelMonitor(reference: reference, digest: digest, settings: settings)
        report = OfflineReport(
            windows: windows,
            model: reference.model,
            version: reference.version,
            reference: digest
        )
    }

    /// Takes the next rows of the file.
    package mutating func observe(_ rows: [TableRow], columns: [TableColumn]) {
        var line: [UInt8] = []
        for row in rows {
            let fileRow = report.rows
            report.rows += 1
            line.removeAll(keepingCapacity: true)
            let time = records.append(row, columns: columns, to: &line)
            if panes != nil, time.isNaN {
                // The sidecar would take the arrival for it; a file has none.
                report.rejected[.timestamp, default: 0] += 1
                continue
            }
            _ = scanner.scan(line.span, into: &intake)
            if intake.batches[0].rows > fileRows.count { fileRows.append(fileRow) }
            if intake.batches[0].rows == intake.batches[0].capacity || isWindowFull { drain() }
        }
    }

    /// Ends the file and says what was found.
    package consuming func finish() -> OfflineReport {
        drain()
        if case .seconds = windows {
            take(monitor.finish(), isPartial: false)
            // The pane that was open when the file ended.
            take([monitor.report(at: Self.now)], isPartial: true)
        }
        report.unreadableTimes = records.unreadable
        let tally = intake.takeTally()
        report.failedRows = tally.schemas[0].failed
        report.invalidValues = tally.schemas[0].invalidValues
        for reason in RejectReason.allCases where tally.rejected(reason) > 0 {
            report.rejected[reason, default: 0] += tally.rejected(reason)
        }
        return report
    }

    /// Whether the rows counted and those of the batch make a count window.
    private var isWindowFull: Bool {
        guard case .rows(let limit) = windows else { return false }
        return current.count + fileRows.count == limit
    }

    /// Passes the batch to the monitor and takes the windows that it completes.
    private mutating func drain() {
        for (row, fileRow) in fileRows.enumerated() {
            let time = intake.batches[0].timestamps[row]
            if panes == nil {
                current.add(fileRow, time: time)
            } else {
                panes?.add(fileRow, time: time)
            }
        }
        fileRows.removeAll(keepingCapacity: true)
        let observation = monitor.observe(&intake.batches[0], now: Self.now)
        intake.batches[0].removeAll()
        if observation.late > 0 { report.rejected[.late, default: 0] += UInt64(observation.late) }
        take(observation.reports, isPartial: false)
        if case .rows(let limit) = windows, current.count == limit {
            take(monitor.report(at: Self.now).windows[0], of: current, isPartial: false)
            current = CountedRows()
        }
    }

    /// Takes reports at pane borders, or of the pane that was open at the end.
    private mutating func take(_ reports: [MonitorReport], isPartial: Bool) {
        for window in reports.map(\.windows[0]) {
            guard let from = window.from, var rows = panes?.rows(from: from) else { continue }
            rows.times = from...(window.to ?? from)
            take(window, of: rows, isPartial: isPartial)
        }
    }

    private mutating func take(_ window: WindowReport, of rows: CountedRows, isPartial: Bool) {
        guard let fileRows = rows.fileRows else { return }
        report.results.append(
            OfflineReport.Window(
                fileRows: fileRows,
                times: rows.times,
                isPartial: isPartial,
                report: window
            )
        )
    }
}

/// Which rows of a file a window holds.
private struct CountedRows {
    private(set) var count = 0
    private(set) var fileRows: ClosedRange<Int>?
    /// From the earliest to the latest time, in Unix seconds.
    var times: ClosedRange<Double>?

    /// Counts a row of the file; a time of NaN is none.
    mutating func add(_ fileRow: Int, time: Double) {
        count += 1
        fileRows =
            min(
                fileRow,
                fileRows?.lowerBound ?? fileRow
            )...max(fileRow, fileRows?.upperBound ?? fileRow)
        if !time.isNaN {
            times = min(time, times?.lowerBound ?? time)...max(time, times?.upperBound ?? time)
        }
    }
}

/// Which rows of a file each pane holds, found as the monitor finds it.
private struct PaneRows {
    private let seconds: Int
    private var clock: EventClock
    private var panes: [Int: CountedRows] = [:]

    init(seconds: Int, latenessSeconds: Int) {
        self.seconds = seconds
        clock = EventClock(paneSeconds: seconds, latenessSeconds: latenessSeconds)
    }

    /// Counts a row in its pane unless that pane is closed; `time` is finite.
    mutating func add(_ fileRow: Int, time: Double) {
        switch clock.admit(time, arrival: .infinity) {
        case .pane(let pane), .paneAfterClosing(let pane, _):
            panes[pane, default: CountedRows()].add(fileRow, time: time)
        case .late, .future:
            break
        }
    }

    /// Takes out the rows of the pane that begins at a time.
    mutating func rows(from start: Double) -> CountedRows? {
        panes.removeValue(forKey: Int(start) / seconds)
    }
}
