// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Hosting
import PredictionLog
import Sidecar

/// The rows of a table as requests for predictions, in order, each with the moment when it is due.
///
/// Several connections take from one feed; a record of the log without model and prediction is
/// just what `/predict` takes.
actor FlightFeed {
    /// A request and its moment.
    struct Item: Sendable {
        let body: [UInt8]
        let due: ContinuousClock.Instant
    }

    private var source: TableSource
    private var records: RowRecords
    private var pace: ReplayPace
    private var rows: [TableRow]
    private var taken = 0
    private let start = ContinuousClock.now

    /// Opens a table.
    ///
    /// - Parameters:
    ///   - path: The file: CSV, gzipped or not, with the columns `id` and `ts`.
    ///   - reference: Its features are those that are sent, the prediction excepted.
    ///   - speed: How fast event time runs.
    ///   - later: By how many seconds flights are later than the table says.
    /// - Throws: `TableSourceError`.
    init(
        path: String,
        reference: Reference,
        speed: ReplaySpeed,
        later: Double
    ) throws(TableSourceError) {
        var source = try TableSource(path: path, options: TableReader.Options())
        let head = try ReplayHead(of: &source)
        let mapping = RowMapping(
            format: .csv,
            reference: reference,
            time: "ts",
            prediction: "prediction",
            ignored: ["prediction"]
        )
        records = RowRecords(mapping, model: nil, version: nil, timeShift: later)
        pace = ReplayPace(speed: speed)
        rows = head.rows
        self.source = source
    }

    /// The next request; nil after the last row.
    ///
    /// - Throws: `TableSourceError`.
    func next() throws(TableSourceError) -> Item? {
        while taken == rows.count {
            guard let more = try source.next() else { return nil }
            (rows, taken) = (more, 0)
        }
        var body: [UInt8] = []
        let time = records.append(rows[taken], columns: source.columns, to: &body)
        taken += 1
        return Item(body: body, due: start.advanced(by: .seconds(pace.due(at: time))))
    }
}
