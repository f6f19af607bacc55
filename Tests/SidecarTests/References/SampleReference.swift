// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Sidecar

/// Small references to write, damage and read.
enum SampleReference {
    /// Ties, both infinities, missing values, folded categories, names that need escapes.
    static func odd(model: String = "delay \"v\"", version: String = "1") throws -> Reference {
        try Reference(
            model: model,
            version: version,
            rows: 8,
            features: [
                FeatureReference(
                    name: "tem\tp",
                    distribution: .numeric(
                        try NumericReference(
                            knots: [-.infinity, -1.5, 0, .leastNonzeroMagnitude, 0.1, .infinity],
                            cellCounts: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0],
                            missing: 2,
                            resolution: .exact,
                            distinct: 6
                        )
                    )
                ),
                FeatureReference(
                    name: "carrier",
                    distribution: .categorical(
                        try CategoricalReference(
                            categories: ["", "UA", "é\\"],
                            counts: [1, 3, 1],
                            unseen: 2,
                            missing: 1
                        )
                    )
                ),
                FeatureReference(
                    name: "prediction",
                    distribution: .numeric(
                        try NumericReference(
                            knots: [],
                            cellCounts: [0],
                            missing: 8,
                            resolution: .knots(4),
                            distinct: 0
                        )
                    )
                ),
            ]
        )
    }

    /// One feature; another `rows` is another digest.
    static func small(model: String = "m", version: String = "1", rows: UInt64 = 1) throws
        -> Reference
    {
        let feature = FeatureReference(
            name: "x",
            distribution: .categorical(
                try CategoricalReference(categories: ["a"], counts: [rows], unseen: 0, missing: 0)
            )
        )
        return try Reference(model: model, version: version, rows: Int(rows), features: [feature])
    }
}

extension ReferenceFile {
    /// The file of a small reference.
    static func small(
        _ model: String = "m",
        _ version: String = "1",
        rows: UInt64 = 1
    ) throws -> ReferenceFile {
        ReferenceFile(try SampleReference.small(model: model, version: version, rows: rows))
    }

    /// The file as a text.
    var text: String { String(decoding: encoded(), as: UTF8.self) }
}
