// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Writes one JSON document into a growing buffer of bytes.
///
/// The one JSON writer of the package: records, reports, reference files, API answers and log
/// lines. It places commas itself; the caller keeps objects and arrays balanced and gives every
/// member of an object a key. Doubles are the shortest text that reads back to the same bits;
/// what JSON has no number for (NaN, the infinities) is `null`.
package struct JSONWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Makes a writer of nothing, with room for some bytes.
    package init(reservingBytes capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an object around what `body` writes.
    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try enclosed(by: "{", "}", body)
    }

    /// Writes an array around what `body` writes.
    package mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try enclosed(by: "[", "]", body)
    }

    /// Writes the key of the next value.
    package mutating func key(_ name: some StringProtocol) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    package mutating func value(_ text: some StringProtocol) {
        separate()
        quote(text)
    }

    /// Writes a number, the shortest text that reads back to it; `null` unless it is finite.
    package mutating func value(_ number: Double) {
        guard number.isFinite else { return null() }
        separate()
        let text = number.description
        // Swift writes whole numbers as `5.0`; the fraction carries nothing.
        bytes.append(contentsOf: text.hasSuffix(".0") ? text.utf8.dropLast(2) : text.utf8[...])
    }

    /// Writes a number, the shortest text that reads back to the float; `null` unless it is finite.
    package mutating func value(_ number: Float) {
        separate()
        bytes.append(number: number)
    }

    /// Writes a value that is JSON already.
    package mutating func value(json text: [UInt8]) {
        separate()
        bytes.append(contentsOf: text)
    }

    /// Writes a number, infinite ones as the bare `Infinity` and `-Infinity` that Python writes and
    /// `JSONCursor` reads; NaN is `null`.
    package mutating func valueOrInfinity(_ number: Double) {
        guard number.isInfinite else { return value(number) }
        separate()
        bytes.append(contentsOf: number < 0 ? "-Infinity".utf8 : "Infinity".utf8)
    }

    /// Writes a whole number.
    package mutating func value(_ number: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: number.description.utf8)
    }

    /// Writes `true` or `false`.
    package mutating func value(_ truth: Bool) {
        separate()
        bytes.append(contentsOf: truth ? "true".utf8 : "false".utf8)
    }

    /// Writes `null`.
    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes `number`, or `null` when there is none.
    package mutating func value(_ number: Double?) {
        if let number { value(number) } else { null() }
    }

    /// Writes `text`, or `null` when there is none.
    package mutating func value(_ text: String?) {
        if let text { value(text) } else { null() }
    }

    /// Ends a line, so that the next value stands for itself (NDJSON).
    package mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// Forgets what was written and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    private mutating func enclosed(
        by open: Unicode.Scalar,
        _ close: Unicode.Scalar,
        _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        try body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Writes a string literal: quotes, backslashes and control characters escaped (RFC 8259, 7).
    private mutating func quote(_ text: some StringProtocol) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
            case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
            case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
            case 0..<0x20:
                bytes.append(contentsOf: #"\u00"#.utf8)
                bytes.append(hexadecimal(byte >> 4))
                bytes.append(hexadecimal(byte & 0xF))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
