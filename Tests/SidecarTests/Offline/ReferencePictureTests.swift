// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Foundation
import Sidecar
import Testing

struct ReferencePictureTests {
    private static func reference() throws -> Reference {
        let numbers = (0..<6).map(Double.init) + [.nan, .nan]
        let texts: [String?] = ["b", "b", "b", "a", "a", "a", "c", nil]
        return try Reference(
            model: "m",
            version: "7",
            rows: 8,
            features: [
                FeatureReference(
                    name: "n",
                    distribution: .numeric(NumericReference(numbers, resolution: .exact))
                ),
                FeatureReference(
                    name: "t",
                    distribution: .categorical(CategoricalReference(texts))
                ),
                FeatureReference(
                    name: "empty",
                    distribution: .numeric(
                        NumericReference(Array(repeating: .nan, count: 8), resolution: .exact)
                    )
                ),
            ]
        )
    }

    @Test
    func `shows each feature with its histogram or its categories, the frequent first`() throws {
        let text = ReferencePicture.text(of: try Self.reference(), digest: "sha256:0")
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "model m, version 7: 8 rows, 3 features")
        #expect(lines[1] == "digest sha256:0")
        #expect(lines[2] == "n  numeric, 25.0 % missing, 6 distinct values, 6 knots, KS error ≤ 0")
        #expect(lines[3].hasPrefix("  0 ▕"))
        #expect(lines[3].hasSuffix("▏ 5"))
        #expect(lines[4] == "t  categorical, 12.5 % missing, 3 categories")
        #expect(lines[5].hasPrefix("  a 37.5 % █"))
        #expect(lines[6].hasPrefix("  b 37.5 % █"))
        #expect(lines[7].hasPrefix("  c 12.5 % █"))
        #expect(lines[8].hasPrefix("empty  numeric, 100.0 % missing, 0 distinct"))
        #expect(lines.count == 9)
    }

    @Test
    func `is JSON for programs, undefined bounds null`() throws {
        let bytes = ReferencePicture.json(of: try Self.reference(), digest: "sha256:0")
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        #expect(object?["rows"] as? Int == 8)
        #expect(object?["reference"] as? String == "sha256:0")
        let features = try #require(object?["features"] as? [String: [String: Any]])
        #expect(features["n"]?["cut_points"] as? [Double] == [0, 1, 2, 3, 4, 5])
        #expect(features["n"]?["bins"] as? [Int] == [1, 1, 1, 1, 1, 1, 0, 2])
        #expect(features["t"]?["categories"] as? [String] == ["a", "b", "c"])
        #expect(features["t"]?["bins"] as? [Int] == [3, 3, 1, 0, 1])
        #expect(features["empty"]?["minimum"] is NSNull)
    }
}
