// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import PredictionLog

/// The ledger as NDJSON, a line a model version and quarter, the same bytes for the same counts.
///
///     {"model":…,"version":…,"quarter":"2013-06-01T00:00:00Z","rows":…,
///      "features":{"temp":{"bins":"<SHA-256 of the bins>","counts":[…]},…},
///      "coverage":{"seconds":…,"dropped":…,"late":…,"invalid_values":…}}
///
/// Lines are in the order of model, version and quarter, features in that of their names, all by
/// their UTF-8 bytes. Counts are in the order of the bins, zeros too. Seconds and drops that nothing
/// says anything about, as on the event clock, are `null`. Lines of the same model, version and
/// quarter add: when a feature's bins changed within a quarter, the counts under the further bins
/// come in a further line, whose rows are 0 and which has no coverage.
package struct LedgerExport: Sendable {
    /// Which part of the ledger.
    package var selection = LedgerSelection()
    /// Whether lines have coverage.
    package var includesCoverage = true

    /// What was written.
    package struct Tally: Sendable, Equatable {
        /// Lines.
        package var lines = 0
        /// Rows of the ledger that were damaged, and left out.
        package var damaged = 0
    }

    /// All of it.
    package init() {}

    /// Writes the lines in pieces of about 64 KiB.
    ///
    /// - Throws: `JournalError`; what `sink` throws is in `other`.
    package func write(
        _ reader: JournalReader,
        to sink: ([UInt8]) throws -> Void
    ) throws(JournalError) -> Tally {
        var tally = Tally()
        var json = JSONWriter()
        tally.damaged = try reader.ledgerQuarters(selection) { quarter in
            for (index, features) in lines(of: quarter).enumerated() {
                line(of: quarter, features, isFirst: index == 0, to: &json)
                tally.lines += 1
            }
            if json.bytes.count >= 64 << 10 {
                try sink(json.bytes)
                json.removeAll()
            }
        }
        do { try sink(json.bytes) } catch { throw JournalError(error) }
        return tally
    }

    /// The features of each line: in the first those under their first bins, and so on.
    private func lines(of quarter: LedgerQuarter) -> [[LedgerQuarter.Feature]] {
        var lines: [[LedgerQuarter.Feature]] = [[]]
        var name: String?
        var line = 0
        for feature in quarter.features {
            line = feature.name == name ? line + 1 : 0
            name = feature.name
            if line == lines.count { lines.append([]) }
            lines[line].append(feature)
        }
        return lines
    }

    private func line(
        of quarter: LedgerQuarter,
        _ features: [LedgerQuarter.Feature],
        isFirst: Bool,
        to json: inout JSONWriter
    ) {
        let traffic = isFirst ? quarter.traffic ?? [] : []
        json.object { json in
            json.key("model")
            json.value(quarter.model)
            json.key("version")
            json.value(quarter.version)
            json.key("quarter")
            json.value(RFC3339.format(Double(quarter.quarter) * 900))
            json.key("rows")
            json.value(traffic.first ?? 0)
            json.key("features")
            json.object { json in
                for feature in features { member(feature, to: &json) }
            }
            if includesCoverage, isFirst {
                json.key("coverage")
                coverage(quarter.coverage, traffic: traffic, to: &json)
            }
        }
        json.newline()
    }

    private func member(_ feature: LedgerQuarter.Feature, to json: inout JSONWriter) {
        json.key(feature.name)
        json.object { json in
            json.key("bins")
            json.value(feature.bins.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            json.key("counts")
            json.array { json in
                for count in feature.counts { json.value(count) }
            }
        }
    }

    private func coverage(
        _ coverage: CoverageDelta?,
        traffic: [UInt64],
        to json: inout JSONWriter
    ) {
        json.object { json in
            json.key("seconds")
            json.value(coverage?.seconds)
            json.key("dropped")
            if let coverage { json.value(coverage.dropped) } else { json.null() }
            json.key("late")
            json.value(traffic.count > 1 ? traffic[1] : 0)
            json.key("invalid_values")
            json.value(traffic.count > 2 ? traffic[2] : 0)
        }
    }
}
