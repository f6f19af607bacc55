// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Made-up traffic of a tabular model: records of about 360 bytes, and the CSV of its training set.
///
/// Numbers look like those of real logs (few decimals, some of full precision, some missing);
/// lines differ, since a repeated line flatters every cache.
package struct Workload {
    /// How many numeric features a record has; two categorical ones follow.
    package let numericFeatures: Int
    /// The categories of both categorical features.
    package let categories = (0..<16).map { "carrier-\($0)" }
    private var random = Xorshift(state: 0x9E37_79B9_7F4A_7C15)

    /// Makes a workload; the same one every time.
    package init(numericFeatures: Int) {
        self.numericFeatures = numericFeatures
    }

    /// The training set as CSV.
    package mutating func trainingSet(rows: Int) -> String {
        var csv = names.joined(separator: ",") + ",prediction\n"
        for _ in 0..<rows {
            csv += row().map { $0 ?? "" }.joined(separator: ",") + "\n"
        }
        return csv
    }

    /// `count` records as NDJSON.
    package mutating func records(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 340)
        for index in 0..<count {
            let cells = row()
            let features = zip(names, cells).map { name, cell in
                let value = cell.map { name.hasPrefix("category") ? "\"\($0)\"" : $0 } ?? "null"
                return "\"\(name)\":\(value)"
            }
            let line = """
                {"model":"bench","version":"1","id":"f\(100_000 + index)","features":{\
                \(features.joined(separator: ","))},"prediction":\(cells.last.flatMap(\.self) ?? "0"),\
                "latency":0.0004,"outcome":"ok"}

                """
            bytes.append(contentsOf: line.utf8)
        }
        return bytes
    }

    private var names: [String] {
        (0..<numericFeatures).map { "feature_\($0)" } + ["category_a", "category_b"]
    }

    private mutating func row() -> [String?] {
        var cells: [String?] = []
        for feature in 0..<numericFeatures {
            let value = normal() * Double(feature + 1) * 10
            switch feature % 4 {
            case 0: cells.append(random.unit() < 0.05 ? nil : decimals(value, 2))
            case 1: cells.append(decimals(value, 0))
            case 3 where feature < 4: cells.append("\(value)")
            default: cells.append(decimals(value, 4))
            }
        }
        for _ in 0..<2 { cells.append(categories[Int(random.unit() * random.unit() * 16)]) }
        cells.append(decimals(random.unit(), 7))
        return cells
    }

    private mutating func normal() -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + random.unit() }
    }

    private func decimals(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        return "\((value * scale).rounded() / scale)"
    }
}

/// Marsaglia's xorshift64: small, seeded, good enough for traffic.
package struct Xorshift {
    private var state: UInt64

    /// Starts from a state other than 0.
    package init(state: UInt64) { self.state = state }

    /// A number in [0, 1).
    package mutating func unit() -> Double {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Double(state >> 11) * 0x1p-53
    }
}
