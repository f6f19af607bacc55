// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The demo, without a terminal and ending by itself.
    @Suite
    struct DemoTests {
        @Test
        func `temp and prediction drift in the summer and are told, carrier and origin never`()
            throws
        {
            let directory = try TemporaryDirectory()
            let result = try Kedge.run(
                [
                    "demo", "--once", "--speed", "max", "--listen", "127.0.0.1:0",
                    "--serve", "127.0.0.1:0", "--data", Flights.directory.path,
                    "--model", Fixture.url("models/delay/1").path,
                ],
                in: directory.url
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(!result.output.contains("\u{1B}"), "escapes without a terminal")
            #expect(result.errors.isEmpty, "\(result.errors)")
            for (stream, rows) in [("quiet", 23_611), ("summer", 55_368)] {
                #expect(result.output.contains("server: \(rows) predictions, "), "\(stream)")
            }
            #expect(result.output.contains(", 0 refused, 0 records dropped"))
            let tables = result.output.components(separatedBy: "\nfeature ").dropFirst().map(rows)
            try #require(tables.count == 3, "\(result.output)")
            for quiet in [tables[0], tables[2]] {
                #expect(quiet.values.allSatisfy { $0.verdicts == ["steady", "steady"] })
            }
            #expect(tables[0].count == 14)
            for (name, feature) in tables[1] {
                let hasDrifted = ["temp", "prediction"].contains(name)
                let expected = hasDrifted ? "drifted" : "steady"
                #expect(feature.verdicts == [expected, expected], "\(name)")
            }
            #expect(try #require(tables[1]["temp"]?.ks) > 0.6)
            #expect(try #require(tables[1]["prediction"]?.ks) > 0.1)
            #expect(result.output.contains("/metrics"))
            // What the built-in receiver got.
            let fired = try #require(result.output.range(of: "│ [FIRING:2] delay 1: "))
            let resolved = try #require(result.output.range(of: "│ [RESOLVED] delay 1: "))
            #expect(fired.lowerBound < resolved.lowerBound)
            #expect(result.output.contains("temp above 64.4: 0% → "))
            #expect(result.output.contains("The team's channel got 2 messages."))
        }

        /// The lines of one table: feature → KS and verdicts.
        private func rows(_ table: String) -> [String: (ks: Double?, verdicts: [String])] {
            var rows: [String: (ks: Double?, verdicts: [String])] = [:]
            for line in table.split(separator: "\n").dropFirst() {
                let words = line.split(separator: " ").map { String($0) }
                guard words.count == 8 else { break }
                rows[words[0]] = (Double(words[1]), Array(words[6...]))
            }
            return rows
        }
    }
}
