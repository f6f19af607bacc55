// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Testing

/// A numeric feature of the values 1, 2, 2 and a missing one.
private func numeric(_ name: String) throws -> FeatureReference {
    let values = [2, 1, .nan, 2]
    return FeatureReference(
        name: name,
        distribution: .numeric(try NumericReference(values, resolution: .exact))
    )
}

/// A categorical feature of the texts "é", "a" twice and a rare one.
private func categorical(_ name: String) throws -> FeatureReference {
    let parts = try CategoricalReference(
        categories: ["a", "é"],
        counts: [2, 1],
        unseen: 1,
        missing: 0
    )
    return FeatureReference(name: name, distribution: .categorical(parts))
}

struct ReferenceTests {
    @Test
    func `a reference keeps its features in order, the prediction last`() throws {
        let features = [try numeric("b"), try categorical("a"), try numeric("prediction")]
        let reference = try Reference(model: "m", version: "1", rows: 4, features: features)
        #expect(reference.features == features)
        #expect(reference.prediction == features[2])
        let without = try Reference(model: "m", version: "1", rows: 4, features: [features[0]])
        #expect(without.prediction == nil)
    }

    struct Parts: CustomTestStringConvertible, Sendable {
        var model = "m"
        var version = "1"
        var rows = 4
        var names = ["a", "b"]
        let error: ReferenceError
        var testDescription: String { error.description }

        static let faulty: [Self] = [
            Self(model: "", error: .emptyModel),
            Self(version: "", error: .emptyVersion),
            Self(rows: 0, error: .noRows),
            Self(rows: .min, error: .noRows),
            Self(rows: 5, error: .rowsDiffer(feature: "a", found: 4, expected: 5)),
            Self(names: [], error: .noFeatures),
            Self(names: ["a", ""], error: .emptyFeatureName(index: 1)),
            Self(names: ["a", "b", "a"], error: .duplicateFeature("a")),
            Self(names: ["a", "prediction", "b"], error: .predictionNotLast(index: 1)),
        ]
    }

    @Test(arguments: Parts.faulty)
    func `faulty parts are refused`(_ parts: Parts) throws {
        let features = try parts.names.map(numeric)
        #expect(throws: parts.error) {
            try Reference(
                model: parts.model,
                version: parts.version,
                rows: parts.rows,
                features: features
            )
        }
    }
}

struct CanonicalBytesTests {
    /// Eight bytes of a number.
    private func number(_ value: UInt8) -> [UInt8] { [value] + Array(repeating: 0, count: 7) }

    /// A text of less than 256 bytes.
    private func text(_ text: String) -> [UInt8] { number(UInt8(text.utf8.count)) + text.utf8 }

    @Test
    func `the bytes are those that are documented`() throws {
        let reference = try Reference(
            model: "delay",
            version: "1",
            rows: 4,
            features: [try numeric("x"), try categorical("carrier")]
        )
        let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x3F]
        let two: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]
        var expected = text("kedge-reference-1") + text("delay") + text("1")
        expected += number(4) + number(2)
        expected += text("x") + number(0) + number(2) + one + two
        expected += number(0) + number(1) + number(0) + number(2) + number(0)
        expected += number(1) + number(0) + number(2)
        expected += text("carrier") + number(1) + number(2) + text("a") + text("é")
        expected += number(2) + number(1) + number(1) + number(0)
        #expect(reference.canonicalBytes() == expected)
    }

    @Test
    func `every part changes the bytes`() throws {
        func distribution(
            _ resolution: Resolution = .knots(8),
            _ knots: [Double] = [1, 2],
            _ counts: [UInt64] = [0, 21, 1, 38, 0],
            _ missing: UInt64 = 1,
            _ distinct: Int = 3
        ) throws -> FeatureReference.Distribution {
            let parts = try NumericReference(
                knots: knots,
                cellCounts: counts,
                missing: missing,
                resolution: resolution,
                distinct: distinct
            )
            return .numeric(parts)
        }
        func bytes(
            _ distribution: FeatureReference.Distribution,
            model: String = "m",
            version: String = "v",
            name: String = "x",
            rows: Int = 61
        ) throws -> [UInt8] {
            let feature = FeatureReference(name: name, distribution: distribution)
            return try Reference(model: model, version: version, rows: rows, features: [feature])
                .canonicalBytes()
        }
        let plain = try distribution()
        let ten = (0..<10).map { "\($0)" }
        let all = [
            try bytes(plain),
            try bytes(plain, model: "mv", version: "v"),
            try bytes(plain, model: "m", version: "vv"),
            try bytes(plain, name: "y"),
            try bytes(distribution(.knots(9))),
            try bytes(distribution(.knots(8), [1, 3])),
            try bytes(distribution(.knots(8), [1, 2], [0, 24, 1, 35, 0])),
            try bytes(distribution(.knots(8), [1, 2], [0, 21, 2, 37, 0])),
            try bytes(distribution(.knots(8), [1, 2], [0, 21, 2, 37, 0], 1, 4)),
            try bytes(distribution(.knots(8), [1, 2], [0, 21, 1, 38, 0], 2), rows: 62),
            try bytes(distribution(.exact, [1, 2], [0, 21, 0, 39, 0], 1, 2)),
            try bytes(distribution(.knots(8), [1, 2], [0, 21, 0, 39, 0], 1, 2)),
            try bytes(.categorical(CategoricalReference(ten)), rows: 10),
            try bytes(.categorical(CategoricalReference(ten.dropLast() + ["A"])), rows: 10),
            try bytes(.categorical(CategoricalReference(ten.dropLast() + ["0"])), rows: 10),
            try bytes(.categorical(CategoricalReference(ten.dropLast() + [nil])), rows: 10),
            try bytes(.categorical(CategoricalReference(ten, foldBelow: 2)), rows: 10),
        ]
        #expect(Set(all).count == all.count)
    }
}
