// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The running sidecar against SciPy's numbers on a real stream.
    @Suite
    struct SidecarOracleTests {
        /// A count window of 5,000 rows that is fed k · 5,000 rows holds exactly the oracle's window k.
        @Test(arguments: [("quiet", 1), ("quiet", 4), ("summer", 1), ("summer", 11)])
        func `shows the oracle's numbers for the window that it holds`(
            stream: String,
            windows: Int
        ) async throws {
            let sidecar = try RunningSidecar(
                configuration: """
                    references: ["\(try Flights.exactReference())"]
                    clock: event
                    windows: [{name: 5k, rows: 5000}]
                    """
            )
            let rows = windows * 5_000
            let file = try Flights.head(rows, of: stream, in: sidecar.directory)
            let replay = try Kedge.run(
                [
                    "replay", "--input", file, "--socket", sidecar.socket, "--speed", "max",
                    "--reference", try Flights.exactReference(), "--ignore", "late",
                ],
                in: sidecar.directory.url
            )
            #expect(replay.status == 0, "\(replay.errors)")
            try await sidecar.wait(
                for: #"kedge_ingest_records_total{model="delay",model_version="1"}"#,
                toBe: Double(rows)
            )
            try await wait(for: try Flights.oracle(stream)[windows - 1], on: sidecar)
        }

        /// Waits until the report and `/metrics` both show every one of the oracle's numbers.
        private func wait(
            for expected: [String: [String: Double]],
            on sidecar: RunningSidecar
        ) async throws {
            let deadline = ContinuousClock.now + .seconds(30)
            var differences: [String] = []
            repeat {
                // The page first: what it shows is never newer than the report that follows.
                let metrics = try await sidecar.get("/metrics").body
                let report = try await report(of: sidecar)
                differences = expected.flatMap { feature, statistics in
                    statistics.filter { $0.key != "wasserstein" }.flatMap { statistic, value in
                        let series = seriesName(statistic)
                        let shown = [
                            ("report", report[feature]?[statistic]),
                            ("metrics", sample(series, feature: feature, in: metrics)),
                        ]
                        return shown.filter { !($0.1.map { isClose($0, value) } ?? false) }.map {
                            "\($0.0): \(feature) \(statistic) is \($0.1 ?? .nan), not \(value)"
                        }
                    }
                }
            } while !differences.isEmpty && ContinuousClock.now < deadline
            #expect(differences.isEmpty)
        }

        /// The first window's statistics by feature.
        private func report(of sidecar: RunningSidecar) async throws -> [String: [String: Double]] {
            let body = try await sidecar.get("/api/v1/report").body
            let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            let monitors = object?["monitors"] as? [[String: Any]]
            let windows = monitors?.first?["windows"] as? [[String: Any]]
            let features = try #require(windows?.first?["features"] as? [String: [String: Any]])
            return features.mapValues { $0.compactMapValues { $0 as? Double } }
        }

        private func seriesName(_ statistic: String) -> String {
            statistic.hasSuffix("_ratio") ? "kedge_\(statistic)" : "kedge_drift_\(statistic)"
        }

        private func sample(_ series: String, feature: String, in metrics: String) -> Double? {
            let labels = #"{model="delay",model_version="1",window="5k",feature="\#(feature)"}"#
            for line in metrics.split(separator: "\n") where line.hasPrefix("\(series)\(labels) ") {
                return Double(line.dropFirst(series.count + labels.count + 1))
            }
            return nil
        }
    }
}
