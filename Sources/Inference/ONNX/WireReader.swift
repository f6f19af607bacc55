// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One field of a protobuf message.
struct WireField {
    enum Value {
        case varint(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        /// Where the bytes of a text, a message or a packed list lie.
        case bytes(Range<Int>)
    }

    let number: UInt64
    let value: Value
    /// Where the field begins in the file.
    let offset: Int
}

/// Walks over the fields of one protobuf message: a place in the file, and where the message ends.
///
/// The bytes are handed to every call, so that this is a plain value. What the wire format does not
/// allow, and what would reach beyond the message, is an error; nothing is allocated.
///
/// Source: Protocol Buffers, "Encoding".
struct WireReader {
    private(set) var offset: Int
    private let end: Int

    /// Begins at the start of a message, whose range lies in the file.
    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// Reads the next field; nil at the end of the message.
    mutating func next(in bytes: Span<UInt8>) throws(ModelError) -> WireField? {
        guard offset < end else { return nil }
        let start = offset
        let tag = try varint(in: bytes)
        guard tag >> 3 > 0, tag <= UInt64(UInt32.max) else {
            throw malformed(start, found: "tag \(tag)", expected: "a field number")
        }
        let value: WireField.Value
        switch tag & 7 {
        case 0: value = .varint(try varint(in: bytes))
        case 1: value = .fixed64(try fixed(8, in: bytes))
        case 2: value = .bytes(try delimited(in: bytes))
        case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4, in: bytes)))
        default:
            throw malformed(
                start,
                found: "wire type \(tag & 7)",
                expected: "a varint, fixed or delimited field"
            )
        }
        return WireField(number: tag >> 3, value: value, offset: start)
    }

    /// Reads a number of up to 64 bits, seven a byte, the lowest first.
    mutating func varint(in bytes: Span<UInt8>) throws(ModelError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        let start = offset
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            // The tenth byte has room for the topmost bit alone.
            guard shift < 63 || byte <= 1 else { break }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        throw malformed(start, found: "an unfinished number", expected: "a varint of 64 bits")
    }

    /// Reads `count` bytes, at most 8, as a number, the lowest first.
    mutating func fixed(_ count: Int, in bytes: Span<UInt8>) throws(ModelError) -> UInt64 {
        guard end - offset >= count else {
            throw malformed(offset, found: "\(end - offset) bytes", expected: "\(count)")
        }
        var result: UInt64 = 0
        for index in 0..<count {
            result |= UInt64(bytes[offset + index]) << UInt64(8 * index)
        }
        offset += count
        return result
    }

    private mutating func delimited(in bytes: Span<UInt8>) throws(ModelError) -> Range<Int> {
        let start = offset
        let length = try varint(in: bytes)
        guard length <= UInt64(end - offset) else {
            throw malformed(
                start,
                found: "a length of \(length)",
                expected: "at most \(end - offset) bytes, which are left"
            )
        }
        let range = offset..<offset + Int(length)
        offset = range.upperBound
        return range
    }

    private func malformed(_ offset: Int, found: String, expected: String) -> ModelError {
        .malformed(path: "", offset: offset, found: found, expected: expected)
    }
}

extension WireField {
    /// The field's number as a signed one.
    func integer() throws(ModelError) -> Int64 {
        guard case .varint(let value) = value else { throw mistyped("a varint") }
        return Int64(bitPattern: value)
    }

    func float() throws(ModelError) -> Float {
        guard case .fixed32(let bits) = value else { throw mistyped("four bytes") }
        return Float(bitPattern: bits)
    }

    /// Where the bytes of the field lie.
    func range() throws(ModelError) -> Range<Int> {
        guard case .bytes(let range) = value else { throw mistyped("a delimited field") }
        return range
    }

    func mistyped(_ expected: String) -> ModelError {
        .malformed(path: "", offset: offset, found: "field \(number)", expected: expected)
    }
}
