// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A set of labels, rendered once: `model="delay",feature="temp"`.
///
/// Keep one for as long as its series lives; writing a sample then copies these bytes and formats
/// nothing but the number.
package struct Labels: Sendable, Equatable {
    /// The labels as both formats write them between braces; empty for none.
    package let bytes: [UInt8]
    /// The names, in order.
    let names: [LabelName]

    /// No labels.
    package static let none = Labels(bytes: [], names: [])

    /// Renders labels, in the order given.
    ///
    /// - Precondition: No name occurs twice.
    /// - Complexity: O(bytes).
    package init(_ pairs: KeyValuePairs<LabelName, String>) {
        var bytes: [UInt8] = []
        for (name, value) in pairs {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: name.text.utf8)
            bytes.append(contentsOf: "=\"".utf8)
            bytes.appendEscaped(value, quotes: true)
            bytes.append(UInt8(ascii: "\""))
        }
        self.init(bytes: bytes, names: pairs.map(\.key))
    }

    /// These labels and then others.
    ///
    /// - Precondition: No name occurs twice.
    /// - Complexity: O(bytes).
    package func adding(_ others: Labels) -> Labels {
        guard !bytes.isEmpty, !others.bytes.isEmpty else { return bytes.isEmpty ? others : self }
        return Labels(
            bytes: bytes + [UInt8(ascii: ",")] + others.bytes,
            names: names + others.names
        )
    }

    /// These labels and one more.
    ///
    /// - Precondition: The name is not among them.
    package func adding(_ name: LabelName, _ value: String) -> Labels {
        adding(Labels([name: value]))
    }

    /// The label `le` of a bucket, which no `LabelName` can be.
    ///
    /// - Parameter bound: The greatest value that the bucket counts, as a canonical number
    ///   (OpenMetrics 1.0, "Considerations: Canonical Numbers"): with a point or an exponent.
    init(upperBound bound: Double) {
        let text = bound == .infinity ? "+Inf" : bound.description
        bytes = Array("le=\"\(text)\"".utf8)
        names = []
    }

    private init(bytes: [UInt8], names: [LabelName]) {
        precondition(Set(names).count == names.count, "a label occurs twice: \(names.map(\.text))")
        self.bytes = bytes
        self.names = names
    }
}

extension [UInt8] {
    /// Appends text with backslash and line feed escaped, and the double quote if so asked.
    ///
    /// The rule of label values in both formats and of `# HELP` in OpenMetrics; `# HELP` of 0.0.4
    /// leaves quotes as they are. Everything else travels as it is, UTF-8.
    mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
            default: append(byte)
            }
        }
    }
}
