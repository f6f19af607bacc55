// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import PredictionLog

/// What a `StateFile` holds, as JSON under a digest.
///
///     {"format":1,"digest":"sha256:<64 digits>",<members>
///
/// The digest is that of what follows it. Equal contents are equal files, byte for byte, and what
/// reads as a content but would be written otherwise is refused: no changed byte goes unseen.
package protocol StateContent: Sendable {
    /// Makes what there is before anything was written.
    init()

    /// The members behind the digest, with the end of the object; the same for equal contents.
    var members: [UInt8] { get }

    /// Reads the value of one of the members.
    ///
    /// - Throws: `StateContentError`, `.content` for a key that is none.
    mutating func read(_ key: String, _ cursor: inout JSONCursor) throws(StateContentError)
}

extension StateContent {
    /// The bytes of the file.
    ///
    /// - Complexity: O(bytes).
    package func encoded() -> [UInt8] {
        let members = members
        let digest = ContentDigest.text(of: members)
        let head = #"{"format":\#(StateContentError.knownFormat),"digest":"\#(digest)","#
        return Array(head.utf8) + members
    }

    /// Reads a file.
    ///
    /// - Throws: `StateContentError`.
    /// - Complexity: O(bytes).
    package init(decoding bytes: [UInt8]) throws(StateContentError) {
        self.init()
        try JSONCursor.read(bytes.span, maxDepth: 8) { cursor throws(StateContentError) in
            try cursor.eachMember { cursor, key throws(StateContentError) in
                switch key {
                case "format":
                    let format = try cursor.integerValue()
                    guard format == StateContentError.knownFormat else {
                        throw .format(found: format)
                    }
                case "digest": _ = try cursor.textValue()
                default: try read(key, &cursor)
                }
            }
            try cursor.attempt { cursor throws(ScanFault) in try cursor.end() }
        }
        guard encoded() == bytes else { throw .digest }
    }
}

/// Why bytes are not what a `StateFile` holds.
package enum StateContentError: Error, Sendable, Equatable {
    /// No JSON, or a value of another kind.
    case malformed(ScanFault)
    /// A format that this version does not read.
    case format(found: Int)
    /// A member that means nothing, or is not there.
    case content(String)
    /// Not what was written: some byte is another.
    case digest

    /// The number of the format that is written, and the only one that is read.
    package static let knownFormat = 1
}

extension StateContentError: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        switch self {
        case .malformed(let fault): "\(fault)"
        case .format(let found):
            "format \(found); this version of kedge reads format \(Self.knownFormat)"
        case .content(let what): what
        case .digest: "the content is not what its digest says"
        }
    }
}

extension JSONCursor {
    /// Has a body read, what is wrong with the JSON being a `StateContentError`.
    package mutating func attempt<Result>(
        _ body: (inout JSONCursor) throws(ScanFault) -> Result
    ) throws(StateContentError) -> Result {
        do throws(ScanFault) { return try body(&self) } catch { throw .malformed(error) }
    }

    /// Reads an object; `member` reads the value of each key.
    package mutating func eachMember(
        _ member: (inout JSONCursor, String) throws(StateContentError) -> Void
    ) throws(StateContentError) {
        try attempt { cursor throws(ScanFault) in try cursor.beginObject() }
        while let key = try attempt({ cursor throws(ScanFault) in try cursor.nextKey() }) {
            try member(&self, key)
        }
    }

    /// Reads an array; `element` reads each of its values.
    package mutating func eachElement(
        _ element: (inout JSONCursor) throws(StateContentError) -> Void
    ) throws(StateContentError) {
        try attempt { cursor throws(ScanFault) in try cursor.beginArray() }
        while try attempt({ cursor throws(ScanFault) in try cursor.nextElement() }) {
            try element(&self)
        }
    }

    /// Reads a string.
    package mutating func textValue() throws(StateContentError) -> String {
        try attempt { cursor throws(ScanFault) in try cursor.string() }
    }

    /// Reads a whole number.
    package mutating func integerValue() throws(StateContentError) -> Int {
        try attempt { cursor throws(ScanFault) in try cursor.integer() }
    }

    /// Reads a number.
    package mutating func numberValue() throws(StateContentError) -> Double {
        try attempt { cursor throws(ScanFault) in try cursor.double() }
    }
}
