// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension Reference {
    /// The reference as bytes, the same for equal references on every machine: what a digest of it
    /// is taken over.
    ///
    ///     "kedge-reference-1" · model · version · rows · number of features · features
    ///     feature      name · 0 (numeric) or 1 (categorical) · distribution
    ///     numeric      number of knots · knots · cell counts · missing · resolution · distinct
    ///     categorical  number of categories · categories · counts · unseen · missing
    ///
    /// Numbers take eight bytes, little-endian, doubles by their IEEE 754 bits; a text is the
    /// number of its UTF-8 bytes, then those. The resolution `exact` is 0. Since every number of
    /// parts precedes them, different references never have the same bytes.
    ///
    /// - Complexity: O(cells + bytes of the texts).
    package func canonicalBytes() -> [UInt8] {
        var bytes = CanonicalBytes()
        bytes.append("kedge-reference-1")
        bytes.append(model)
        bytes.append(version)
        bytes.append(UInt64(rows))
        bytes.append(UInt64(features.count))
        for feature in features {
            bytes.append(feature.name)
            switch feature.distribution {
            case .numeric(let numeric):
                bytes.append(0)
                bytes.append(numeric)
            case .categorical(let categorical):
                bytes.append(1)
                bytes.append(categorical)
            }
        }
        return bytes.bytes
    }
}

extension FeatureReference {
    /// What the bins are, as bytes: the same for features whose bins count the same values.
    ///
    ///     "kedge-bins-1" · 0 · number of cut points · cut points
    ///     "kedge-bins-1" · 1 · number of categories · categories
    ///
    /// Written as in `Reference.canonicalBytes()`. The name is not part of it, nor are the
    /// reference's own counts.
    ///
    /// - Complexity: O(cut points or bytes of the categories).
    package func binBytes() -> [UInt8] {
        var bytes = CanonicalBytes()
        bytes.append("kedge-bins-1")
        switch distribution {
        case .numeric(let numeric):
            bytes.append(0)
            bytes.append(UInt64(numeric.cutPoints.count))
            for cut in numeric.cutPoints { bytes.append(cut.bitPattern) }
        case .categorical(let categorical):
            bytes.append(1)
            bytes.append(UInt64(categorical.categories.count))
            for category in categorical.categories { bytes.append(category) }
        }
        return bytes.bytes
    }
}

/// Bytes being written in the one order and width of `Reference.canonicalBytes()`.
private struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ reference: NumericReference) {
        append(UInt64(reference.knots.count))
        for knot in reference.knots { append(knot.bitPattern) }
        for count in reference.cellCounts { append(count) }
        append(reference.missing)
        switch reference.resolution {
        case .exact: append(0)
        case .knots(let count): append(UInt64(count))
        }
        append(UInt64(reference.distinct))
    }

    mutating func append(_ reference: CategoricalReference) {
        append(UInt64(reference.categories.count))
        for category in reference.categories { append(category) }
        for count in reference.counts { append(count) }
        append(reference.unseen)
        append(reference.missing)
    }
}
