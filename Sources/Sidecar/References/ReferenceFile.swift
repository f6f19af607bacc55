// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
import Hosting
import PredictionLog

/// A reference as a file: JSON with a format number and a digest that its content must have.
///
///     {"format":1,"digest":"sha256:<64 digits>","model":…,"version":…,"rows":…,"features":[
///     {"name":…,"kind":"numeric","resolution":…,"distinct":…,"missing":…,"knots":[],"counts":[]},
///     {"name":…,"kind":"categorical","unseen":…,"missing":…,"categories":[],"counts":[]}
///     ]}
///
/// `resolution` is a number of knots or `"exact"`; infinite knots are the texts `"Infinity"` and
/// `"-Infinity"`, which JSON has no numbers for. Equal references are equal files, byte for byte.
package struct ReferenceFile: Sendable, Equatable {
    /// What a file may hold at most.
    package struct Limits: Sendable, Equatable {
        /// The size of the file.
        package var bytes: Int
        /// The features, the prediction included.
        package var features: Int
        /// The knots of a numeric feature.
        package var knots: Int
        /// The categories of a categorical feature.
        package var categories: Int

        /// Makes limits; the standard ones are what statistics can work with at all.
        package init(
            bytes: Int = 67_108_864,
            features: Int = 10_000,
            knots: Int = NumericReference.maximumKnots,
            categories: Int = CategoricalReference.maximumCategories
        ) {
            self.bytes = bytes
            self.features = features
            self.knots = knots
            self.categories = categories
        }
    }

    /// The number of the format that is written, and the only one that is read.
    package static let format = 1

    /// The reference.
    package let reference: Reference
    /// `sha256:` and the SHA-256 of the reference's canonical bytes in lower-case hexadecimal.
    package let digest: String

    /// Takes a reference and its digest.
    ///
    /// - Complexity: O(cells + bytes of the texts).
    package init(_ reference: Reference) {
        self.reference = reference
        digest = ContentDigest.text(of: reference.canonicalBytes())
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - limits: What is refused before it is taken into memory.
    /// - Throws: The first fault, with the byte where it is.
    /// - Complexity: O(bytes).
    package init(
        decoding bytes: Span<UInt8>,
        limits: Limits = Limits()
    ) throws(ReferenceFileError) {
        guard bytes.count <= limits.bytes else {
            throw .tooMany(.bytes, limit: limits.bytes, offset: limits.bytes)
        }
        let content = try JSONCursor.read(bytes, maxDepth: 8) {
            cursor throws(ReferenceFileError) in
            try ReferenceFileContent(reading: &cursor, limits: limits)
        }
        self.init(content.reference)
        guard digest == content.digest else {
            throw .digest(found: content.digest, expected: digest)
        }
    }

    /// The bytes of a reference's file; the same for equal references.
    ///
    /// - Complexity: O(bytes).
    package static func encode(_ reference: Reference) -> [UInt8] {
        ReferenceFile(reference).encoded()
    }

    /// Reads the file at a path.
    ///
    /// - Throws: `ReferenceFault`, which names the path.
    /// - Complexity: O(bytes), which the limits bound.
    package static func load(
        _ path: String,
        limits: Limits = Limits()
    ) throws(ReferenceFault) -> (reference: Reference, digest: String) {
        switch ReferenceReader(limits: limits).read(path) {
        case .valid(let file): return (file.reference, file.digest)
        case .faulty(let problem): throw ReferenceFault(path: path, problem: problem)
        }
    }

    /// The bytes of the file.
    ///
    /// - Complexity: O(bytes).
    package func encoded() -> [UInt8] {
        var head = JSONWriter()
        head.object { head in
            head.key("format")
            head.value(Self.format)
            head.key("digest")
            head.value(digest)
            head.key("model")
            head.value(reference.model)
            head.key("version")
            head.value(reference.version)
            head.key("rows")
            head.value(reference.rows)
        }
        // A feature a line: legible in a diff, and no line is as long as the file.
        var bytes = Array(head.bytes.dropLast())
        bytes += #","features":["#.utf8
        for (index, feature) in reference.features.enumerated() {
            bytes += index == 0 ? "\n".utf8 : ",\n".utf8
            var line = JSONWriter()
            line.write(feature)
            bytes += line.bytes
        }
        bytes += "\n]}\n".utf8
        return bytes
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ feature: FeatureReference) {
        object { line in
            line.key("name")
            line.value(feature.name)
            line.key("kind")
            line.value(feature.kind.rawValue)
            switch feature.distribution {
            case .numeric(let numeric): line.writeMembers(of: numeric)
            case .categorical(let categorical): line.writeMembers(of: categorical)
            }
        }
    }

    private mutating func writeMembers(of numeric: NumericReference) {
        key("resolution")
        switch numeric.resolution {
        case .exact: value("exact")
        case .knots(let count): value(count)
        }
        key("distinct")
        value(numeric.distinct)
        key("missing")
        value(numeric.missing)
        key("knots")
        array { list in
            for knot in numeric.knots {
                if knot.isFinite {
                    list.value(knot)
                } else {
                    list.value(knot < 0 ? "-Infinity" : "Infinity")
                }
            }
        }
        key("counts")
        array { list in
            for count in numeric.cellCounts { list.value(count) }
        }
    }

    private mutating func writeMembers(of categorical: CategoricalReference) {
        key("unseen")
        value(categorical.unseen)
        key("missing")
        value(categorical.missing)
        key("categories")
        array { list in
            for category in categorical.categories { list.value(category) }
        }
        key("counts")
        array { list in
            for count in categorical.counts { list.value(count) }
        }
    }
}
