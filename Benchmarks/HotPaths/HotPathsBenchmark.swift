// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import DriftMonitor
import DriftStatistics
import PredictionLog

/// The steps of a record's way, each alone: scan, cells, windows, evaluation.
///
/// Prints the median of some rounds; every round goes over all of the distinct records once.
@main
struct HotPathsBenchmark {
    static let rounds = 15
    static let records = 4_000

    static func main() throws {
        var workload = Workload(numericFeatures: 10)
        let reference = try reference(from: workload.trainingSet(rows: 10_000))
        let payload = workload.records(records)
        print("scan                     \(fixed(scan(payload, reference) * 1e9, 0)) ns a record")
        print("cell look-up             \(fixed(quantise() * 1e9, 1)) ns a value, 1,024 knots")
        let windows = observe(payload, reference)
        print("cells and two windows    \(fixed(windows * 1e9, 0)) ns a record of 13 columns")
        var wide = Workload(numericFeatures: 27)
        let large = try Self.reference(from: wide.trainingSet(rows: 10_000))
        let evaluation = evaluate(wide.records(records), large)
        print("evaluation               \(fixed(evaluation * 1e3)) ms, 30 features × 2 windows")
    }

    /// Seconds a record.
    static func scan(_ payload: [UInt8], _ reference: Reference) -> Double {
        var intake = Intake(catalog: SchemaCatalog([ModelMonitor.schema(of: reference)]))
        return median(
            (0..<rounds).map { _ in
                var scanner = RecordScanner(limits: ScanLimits())
                let seconds = elapsed {
                    var consumed = 0
                    while consumed < payload.count {
                        let rest = payload.span.extracting(consumed..<payload.count)
                        consumed += scanner.scan(rest, into: &intake)
                        intake.batches[0].removeAll()
                    }
                }
                precondition(intake.takeTally().records(of: 0) == UInt64(records))
                return seconds / Double(records)
            }
        )
    }

    /// Seconds a value, on values that are spread like the knots.
    static func quantise() -> Double {
        var random = Xorshift(state: 0x1234_5678_9ABC_DEF1)
        let knots = (0..<1_024).map { _ in random.unit() + random.unit() + random.unit() }.sorted()
        let index = CellIndex(knots: knots)
        let values = (0..<65_536).map { _ in random.unit() + random.unit() + random.unit() }
        var cells = [UInt16](repeating: 0, count: values.count)
        return median(
            (0..<rounds).map { _ in
                elapsed {
                    for start in stride(from: 0, to: values.count, by: 256) {
                        var all = cells.mutableSpan
                        var piece = all._mutatingExtracting(start..<start + 256)
                        index.quantise(values.span.extracting(start..<start + 256), into: &piece)
                    }
                } / Double(values.count)
            }
        )
    }

    /// Seconds a record from the batch into an hour of 60 panes and a ring of 10,000 rows.
    static func observe(_ payload: [UInt8], _ reference: Reference) -> Double {
        var batches = batches(of: payload, reference)
        var monitor = makeMonitor(reference)
        return median(
            (0..<rounds).map { round in
                elapsed {
                    for index in batches.indices {
                        let now = 1_700_000_000 + Double(round * 60)
                        _ = monitor.observe(&batches[index], now: now)
                    }
                } / Double(records)
            }
        )
    }

    /// Seconds an evaluation.
    static func evaluate(_ payload: [UInt8], _ reference: Reference) -> Double {
        var batches = batches(of: payload, reference)
        var monitor = makeMonitor(reference)
        for index in batches.indices {
            _ = monitor.observe(&batches[index], now: 1_700_000_000 + Double(index * 20))
        }
        return median(
            (0..<rounds).map { _ in
                elapsed { _ = monitor.report(at: 1_700_003_600) }
            }
        )
    }

    private static func makeMonitor(_ reference: Reference) -> ModelMonitor {
        let windows = [
            WindowDefinition(name: "1h", extent: .panes(count: 60, seconds: 60)),
            WindowDefinition(name: "10k", extent: .rows(10_000)),
        ]
        let settings = MonitorSettings(windows: windows)
        return ModelMonitor(reference: reference, digest: "", settings: settings)
    }

    private static func batches(of payload: [UInt8], _ reference: Reference) -> [RecordBatch] {
        var intake = Intake(catalog: SchemaCatalog([ModelMonitor.schema(of: reference)]))
        var scanner = RecordScanner(limits: ScanLimits())
        var batches: [RecordBatch] = []
        var consumed = 0
        while consumed < payload.count {
            let rest = payload.span.extracting(consumed..<payload.count)
            consumed += scanner.scan(rest, into: &intake)
            batches.append(intake.batches[0])
            intake.batches[0].removeAll()
        }
        return batches
    }

    /// The reference of a training set that `Workload` made.
    private static func reference(from csv: String) throws -> Reference {
        let rows = csv.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        var features: [FeatureReference] = []
        for (column, name) in rows[0].enumerated() {
            let cells = rows.dropFirst().map { $0[column] }
            if name.hasPrefix("category") {
                let categorical = try CategoricalReference(cells.map { String($0) }, foldBelow: 0)
                features.append(
                    FeatureReference(name: String(name), distribution: .categorical(categorical))
                )
            } else {
                let numbers = cells.map { Double($0) ?? .nan }
                let numeric = try NumericReference(numbers, resolution: .knots(1_024))
                features.append(
                    FeatureReference(name: String(name), distribution: .numeric(numeric))
                )
            }
        }
        return try Reference(model: "bench", version: "1", rows: rows.count - 1, features: features)
    }

    private static func elapsed(_ body: () -> Void) -> Double {
        let (seconds, attoseconds) = ContinuousClock().measure(body).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
