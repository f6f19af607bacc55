// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Rows of the flights with the probability that the training library gives them.
struct SampleRows {
    let rows: [[Double?]]
    let probabilities: [Double]

    init() throws {
        let bytes = try Fixture.bytes("flights/expected-predictions.json")
        let file = try JSONValue(String(decoding: bytes, as: UTF8.self))
        rows = (file["rows"]?.elements ?? []).map { $0.elements.map(\.number) }
        probabilities = (file["v1_probability"]?.elements ?? []).compactMap(\.number)
    }

    /// A row as a JSON array.
    static func array(_ row: [Double?]) -> String {
        "[" + row.map { $0.map(\.description) ?? "null" }.joined(separator: ",") + "]"
    }

    /// A row as a JSON object.
    static func object(_ row: [Double?], order: [Int]? = nil) -> String {
        let members = (order ?? Array(row.indices)).map { index in
            "\"\(SampleModel.flightNames[index])\":\(row[index].map(\.description) ?? "null")"
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// A body that `/predict` takes.
    static let features = #"{"features":[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]}"#
}
