// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Writes metric families as one exposition.
///
/// Its shape makes the usual faults hard to express: a family's samples exist only inside its
/// closure, so they are contiguous and typed; suffixes, units and escapes follow the format; names
/// and labels were validated when they were made; writing after the end does not compile. What it
/// does not check is that a family's label sets differ: that is the caller's to know.
package struct ExpositionWriter: ~Copyable {
    /// What is being written.
    package let format: ExpositionFormat
    private var bytes: [UInt8] = []
    private var families: Set<MetricName> = []

    /// Begins an exposition.
    ///
    /// - Parameters:
    ///   - format: What to write.
    ///   - capacity: How many bytes to reserve, such as what the last one took.
    package init(_ format: ExpositionFormat, reservingBytes capacity: Int = 0) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// Writes a family around the samples that `body` writes; nothing at all when it writes none.
    ///
    /// - Precondition: No family of that name was written before.
    package mutating func family<Failure: Error>(
        _ descriptor: MetricDescriptor,
        _ body: (inout FamilyWriter) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(
            families.insert(descriptor.name).inserted,
            "the family '\(descriptor.name.text)' is written twice"
        )
        // The buffer moves into the family's writer and back, and is never copied.
        var family = FamilyWriter(descriptor, format, bytes: bytes.taken())
        defer { bytes = family.bytes.taken() }
        try body(&family)
    }

    /// Writes a family of one sample without labels; nothing when there is no value.
    ///
    /// - Precondition: No family of that name was written before.
    package mutating func single(_ descriptor: MetricDescriptor, _ value: Double?) {
        guard let value else { return }
        family(descriptor) { $0.sample(value) }
    }

    /// The whole exposition, ended as its format wants it.
    package consuming func finish() -> [UInt8] {
        if format == .openMetrics100 { bytes.append(contentsOf: "# EOF\n".utf8) }
        return bytes
    }
}

extension [UInt8] {
    /// The bytes themselves, leaving none: a move where a copy would otherwise be made.
    fileprivate mutating func taken() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &self)
        return taken
    }
}
