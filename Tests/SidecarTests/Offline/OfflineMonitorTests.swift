// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import Sidecar
import Testing

struct OfflineMonitorTests {
    private static func reference() throws -> Reference {
        let values = (0..<100).map(Double.init)
        let numeric = try NumericReference(values, resolution: .exact)
        let feature = FeatureReference(name: "x", distribution: .numeric(numeric))
        return try Reference(model: "m", version: "1", rows: 100, features: [feature])
    }

    /// The report on a table that is handed over in pieces of so many rows.
    private static func report(
        _ text: String,
        _ windows: OfflineReport.Windows,
        by length: Int = .max / 2
    ) throws -> OfflineReport {
        var reader = TableReader()
        var rows = try reader.read(Array(text.utf8).span)
        let format = try #require(reader.format)
        rows += try reader.finish()
        let reference = try reference()
        let mapping = RowMapping(
            format: format,
            reference: reference,
            time: "ts",
            prediction: "prediction"
        )
        var monitor = OfflineMonitor(
            reference: reference,
            digest: "d",
            windows: windows,
            records: RowRecords(mapping, model: "m", version: "1"),
            settings: MonitorSettings(windows: [], minimumRows: 1)
        )
        for start in stride(from: 0, to: rows.count, by: length) {
            let piece = Array(rows[start..<min(start + length, rows.count)])
            monitor.observe(piece, columns: reader.columns)
        }
        return monitor.finish()
    }

    /// Rows `ts,x`, one every 10 s from 0.
    private static func table(rows: Int) -> String {
        "ts,x\n" + (0..<rows).map { "\($0 * 10),\($0 % 100)\n" }.joined()
    }

    @Test(arguments: [1, 7, 300, 1_000])
    func `windows of rows tumble, and what is left over is dropped`(length: Int) throws {
        let report = try Self.report(Self.table(rows: 1_050), .rows(300), by: length)
        #expect(report.rows == 1_050)
        #expect(report.results.map(\.fileRows) == [0...299, 300...599, 600...899])
        #expect(report.results.map(\.times) == [0...2_990, 3_000...5_990, 6_000...8_990])
        #expect(report.results.allSatisfy { $0.report.rows == 300 && !$0.isPartial })
        #expect(report.results.allSatisfy { $0.report.features[0].statistics.ksStatistic == 0 })
        #expect(report.rejected.isEmpty)
        #expect(!report.hasDrifted)
    }

    @Test(arguments: [1, 7, 1_000])
    func `windows of time end at their borders, the last one with the file`(length: Int) throws {
        let report = try Self.report(Self.table(rows: 1_050), .seconds(3_600), by: length)
        #expect(report.results.map(\.fileRows) == [0...359, 360...719, 720...1_049])
        #expect(report.results.map(\.report.rows) == [360, 360, 330])
        #expect(report.results.map(\.isPartial) == [false, false, true])
        #expect(report.results[1].times == 3_600...7_200)
        #expect(report.results[2].times == 7_200...10_490)
    }

    @Test
    func `windows of time leave gaps out and count late and timeless rows`() throws {
        let text = "ts,x\n10,1\n20,2\n100000,3\n30,4\n,5\n100010,6\n99950,7\n"
        let report = try Self.report(text, .seconds(60))
        #expect(report.results.map(\.fileRows) == [0...1, 6...6, 2...5])
        #expect(report.results.map(\.report.rows) == [2, 1, 2])
        #expect(report.rejected == [.late: 1, .timestamp: 1])
    }

    @Test
    func `windows of rows count rows in any order, and those without a time`() throws {
        let report = try Self.report("ts,x\n500,1\n5,2\n,3\n100000,4\n", .rows(2))
        #expect(report.results.map(\.times) == [5...500, 100_000...100_000])
        #expect(report.rejected.isEmpty)
        #expect(try Self.report("x\n1\n2\n", .rows(2)).results.map(\.times) == [nil])
    }

    @Test
    func `a window of rows holds so many good ones, whatever lies between`() throws {
        let text = """
            {"features":{"x":1}}
            {"features":{"x":"much"}}
            {"features":{"x":2},"outcome":"error"}
            {"features":{"x":3},"model":"other"}
            {"features":{"x":null},"ts":"soon"}
            {"features":{"x":500}}
            {"features":{"x":500}}
            """
        let report = try Self.report(text, .rows(2))
        #expect(report.results.map(\.fileRows) == [0...1, 5...6])
        #expect(report.failedRows == 1)
        #expect(report.invalidValues == 1)
        #expect(report.rejected == [.noReference: 1, .timestamp: 1])
        #expect(report.results.map(\.report.verdict) == [.drifted, .drifted])
        #expect(report.hasDrifted)
    }

    @Test
    func `a file without a whole window has no results`() throws {
        #expect(try Self.report("x\n1\n", .rows(2)).results.isEmpty)
        #expect(try Self.report("x\n", .rows(2)).results.isEmpty)
        #expect(try Self.report("ts,x\n", .seconds(60)).results.isEmpty)
    }
}
