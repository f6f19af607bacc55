// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Writes the samples of one family.
///
/// The head (`# TYPE` and its like) is written with the first sample.
package struct FamilyWriter: ~Copyable {
    /// The exposition so far; lent by the writer of the whole.
    var bytes: [UInt8]
    private let descriptor: MetricDescriptor
    private let format: ExpositionFormat
    private let name: [UInt8]
    private var hasHead = false

    init(_ descriptor: MetricDescriptor, _ format: ExpositionFormat, bytes: consuming [UInt8]) {
        self.descriptor = descriptor
        self.format = format
        self.bytes = bytes
        name = Array(descriptor.sampleName.utf8)
    }

    /// Writes one sample.
    ///
    /// A value that the kind forbids is left out, since a missing series is better than a refused
    /// page: a counter that is NaN or negative, an info other than 1. NaN of a gauge is `NaN`. A
    /// histogram has no single samples; none is written.
    ///
    /// - Parameters:
    ///   - value: The number; written as the shortest text that reads back to it (-0 as 0).
    ///   - labels: What tells the series apart from the others of the family.
    ///   - more: Further labels, such as one of a few that all series share.
    /// - Complexity: O(bytes written); no `String`, but for the digits of a fraction.
    package mutating func sample(
        _ value: Double,
        _ labels: Labels = .none,
        _ more: Labels = .none
    ) {
        switch descriptor.kind {
        case .counter: guard value >= 0 else { return }
        case .info: guard value == 1 else { return }
        case .histogram: return
        case .gauge: break
        }
        open(labels, more)
        bytes.appendNumber(value)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes one sample of a count, every digit of it.
    package mutating func sample(
        count: UInt64,
        _ labels: Labels = .none,
        _ more: Labels = .none
    ) {
        if descriptor.kind == .histogram || descriptor.kind == .info && count != 1 { return }
        open(labels, more)
        bytes.appendNumber(count)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes one histogram: its cumulative buckets up to `+Inf`, its sum and its count.
    ///
    /// The count is that of the last bucket, so that a page agrees with itself however the counts
    /// were read. A sum that is negative or NaN, and anything in a family of another kind, is left
    /// out.
    ///
    /// - Parameters:
    ///   - histogram: What was counted.
    ///   - labels: What tells the series apart from the others of the family; no `le`.
    /// - Complexity: O(buckets).
    package mutating func histogram(_ histogram: borrowing Histogram, _ labels: Labels = .none) {
        guard descriptor.kind == .histogram, histogram.sum >= 0 else { return }
        var cumulative: UInt64 = 0
        for (bound, count) in zip(histogram.bounds.labels, histogram.counts) {
            cumulative &+= count
            open(labels, bound, suffix: "_bucket")
            bytes.appendNumber(cumulative)
            bytes.append(UInt8(ascii: "\n"))
        }
        open(labels, .none, suffix: "_sum")
        bytes.appendNumber(histogram.sum)
        bytes.append(UInt8(ascii: "\n"))
        open(labels, .none, suffix: "_count")
        bytes.appendNumber(cumulative)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes a sample up to its value.
    private mutating func open(_ labels: Labels, _ more: Labels, suffix: StaticString = "") {
        assert(
            Set(labels.names).isDisjoint(with: more.names),
            "a label of \(descriptor.name.text) occurs twice"
        )
        if !hasHead { writeHead() }
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: suffix.description.utf8)
        if !labels.bytes.isEmpty || !more.bytes.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes.append(contentsOf: labels.bytes)
            if !labels.bytes.isEmpty, !more.bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: more.bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
    }

    private mutating func writeHead() {
        hasHead = true
        let (name, sampleName) = (descriptor.name.text, descriptor.sampleName)
        switch format {
        case .text004:
            bytes.append(contentsOf: "# HELP \(sampleName) ".utf8)
            bytes.appendEscaped(descriptor.help, quotes: false)
            // An info is a gauge to readers of this format.
            let kind = descriptor.kind == .info ? .gauge : descriptor.kind
            bytes.append(contentsOf: "\n# TYPE \(sampleName) \(kind.rawValue)\n".utf8)
        case .openMetrics100:
            bytes.append(contentsOf: "# TYPE \(name) \(descriptor.kind.rawValue)\n".utf8)
            if let unit = descriptor.unit {
                bytes.append(contentsOf: "# UNIT \(name) \(unit.rawValue)\n".utf8)
            }
            bytes.append(contentsOf: "# HELP \(name) ".utf8)
            bytes.appendEscaped(descriptor.help, quotes: true)
            bytes.append(UInt8(ascii: "\n"))
        }
    }
}
