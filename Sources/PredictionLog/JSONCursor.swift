// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Reads a JSON document value by value, as its caller asks for them: nothing is built.
///
/// The grammar is RFC 8259 with one addition, the bare `NaN`, `Infinity` and `-Infinity` that
/// Python writes. Strings must be UTF-8 and their escapes whole. Commas and colons are checked by
/// the cursor; the caller asks for what it expects, and is told the offset when it is not there:
///
/// ```swift
/// let names = try JSONCursor.read(bytes) { cursor throws(ScanFault) in
///     var names: [String] = []
///     try cursor.beginObject()
///     while let key = try cursor.nextKey() {
///         if key == "name" { names.append(try cursor.string()) } else { try cursor.skipValue() }
///     }
///     try cursor.end()
///     return names
/// }
/// ```
///
/// Inside this module the scanner uses the same cursor without making strings.
package struct JSONCursor: ~Copyable {
    /// The deepest nesting of arrays and objects, as in Foundation's parser.
    package static let maxDepth = 512

    let bytes: ByteView
    /// Where the next byte to be read stands.
    package internal(set) var offset = 0
    /// How many arrays and objects are open.
    private(set) var depth = 0
    private let depthLimit: Int
    /// Whether a comma must stand before the next member or element.
    private var needsComma = false

    /// Whether a column's value was invalid; see `readColumnNumber()`.
    var hasInvalidValue = false

    /// The text of the string read last: a range of the bytes, or `decoded` if it had escapes.
    var textRange = 0..<0
    var isTextDecoded = false
    var decoded: [UInt8] = []

    /// Starts at the first byte.
    ///
    /// - Parameters:
    ///   - bytes: The line or document.
    ///   - depthLimit: The deepest nesting.
    ///   - decoded: Memory for strings with escapes, to be taken back afterwards.
    init(_ bytes: consuming ByteView, depthLimit: Int, decoded: [UInt8] = []) {
        self.bytes = bytes
        self.decoded = decoded
        self.depthLimit = depthLimit
    }

    /// Lends a cursor at the start of a document to `body`.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - maxDepth: The deepest nesting, at most 512.
    ///   - body: Reads the document; call `end()` last to refuse anything that follows.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; the cursor itself throws `ScanFault`.
    /// - Complexity: Every byte is looked at once or twice; memory only for strings with escapes.
    package static func read<Result, Failure: Error>(
        _ bytes: Span<UInt8>,
        maxDepth: Int = JSONCursor.maxDepth,
        _ body: (inout JSONCursor) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let depthLimit = min(maxDepth, Self.maxDepth)
        return try ByteView.withView(of: bytes) { view throws(Failure) in
            var cursor = JSONCursor(view, depthLimit: depthLimit)
            return try body(&cursor)
        }
    }
}

// MARK: - Structure

extension JSONCursor {
    /// Goes into the object that comes next.
    package mutating func beginObject() throws(ScanFault) {
        skipBlanks()
        guard byte == UInt8(ascii: "{") else { throw malformed(.object) }
        try enter()
    }

    /// Goes into the array that comes next.
    package mutating func beginArray() throws(ScanFault) {
        skipBlanks()
        guard byte == UInt8(ascii: "[") else { throw malformed(.array) }
        try enter()
    }

    /// Goes to the next key of the object, or out of the object if there is none.
    ///
    /// - Returns: Whether a key comes next; it is to be read by `key()`.
    @inline(__always)
    mutating func nextMember() throws(ScanFault) -> Bool {
        skipBlanks()
        if byte == UInt8(ascii: "}") {
            leave()
            return false
        }
        if needsComma {
            guard byte == UInt8(ascii: ",") else { throw malformed(.commaOrBrace) }
            offset &+= 1
            skipBlanks()
        }
        guard byte == UInt8(ascii: "\"") else { throw malformed(.key) }
        return true
    }

    /// Goes to the next element of the array, or out of the array if there is none.
    ///
    /// - Returns: Whether an element comes next; it must be read or skipped.
    @inline(__always)
    package mutating func nextElement() throws(ScanFault) -> Bool {
        skipBlanks()
        if byte == UInt8(ascii: "]") {
            leave()
            return false
        }
        if needsComma {
            guard byte == UInt8(ascii: ",") else { throw malformed(.commaOrBracket) }
            offset &+= 1
            skipBlanks()
            if byte == UInt8(ascii: "]") { throw malformed(.value) }
        }
        return true
    }

    /// Makes sure that nothing but blanks follows.
    package mutating func end() throws(ScanFault) {
        skipBlanks()
        guard offset >= bytes.count else { throw malformed(.end) }
    }

    /// Skips the next value, whatever it is, and checks it all the same.
    ///
    /// - Complexity: O(bytes), a stack frame for each level of nesting.
    package mutating func skipValue() throws(ScanFault) {
        skipBlanks()
        switch byte {
        case UInt8(ascii: "\""): try readText()
        case UInt8(ascii: "{"):
            try enter()
            while try nextMember() {
                try readKey()
                try skipValue()
            }
        case UInt8(ascii: "["):
            try enter()
            while try nextElement() { try skipValue() }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try readNumber()
        default: _ = try readLiteral()
        }
    }

    private mutating func enter() throws(ScanFault) {
        guard depth < depthLimit else { throw fault(.tooDeep, .shallower) }
        depth &+= 1
        offset &+= 1
        needsComma = false
    }

    /// Goes out of the array or object whose closing byte comes next.
    @inline(__always)
    mutating func leave() {
        depth &-= 1
        offset &+= 1
        needsComma = true
    }
}

// MARK: - Bytes

extension JSONCursor {
    /// The next byte; 0 at the end.
    @inline(__always)
    var byte: UInt8 { bytes[offset] }

    @inline(__always)
    mutating func skipBlanks() {
        while byte <= 0x20, isBlank(byte) { offset &+= 1 }
    }

    /// Whether a comma must stand before the next member or element.
    @inline(__always)
    var isAfterValue: Bool { needsComma }

    /// Notes that a value was read, so that a comma must follow.
    @inline(__always)
    mutating func finishValue(at end: Int) {
        offset = end
        needsComma = true
    }

    /// Notes that a key was read, so that its value follows without a comma.
    @inline(__always)
    mutating func finishKey(at end: Int) {
        offset = end
        needsComma = false
    }

    /// Goes back to a value that was read before, to read it anew.
    mutating func rewind(to offset: Int) {
        self.offset = offset
        needsComma = false
    }

    /// The fault of a byte that does not belong here.
    @inline(never)
    func malformed(_ expected: ScanFault.Expected, at place: Int? = nil) -> ScanFault {
        fault(.malformed, expected, at: place)
    }

    @inline(never)
    func fault(
        _ reason: RejectReason,
        _ expected: ScanFault.Expected,
        at place: Int? = nil
    ) -> ScanFault {
        let place = place ?? offset
        let found: ScanFault.Found = place < bytes.count ? .byte(bytes[place]) : .end
        return ScanFault(reason, at: place, found: found, expected: expected)
    }
}

/// Whether JSON allows the byte between tokens.
@inline(__always)
private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
}
