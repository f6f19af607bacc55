// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the sidecar says to a producer that asks for acknowledgements.
package enum Answer: Sendable, Equatable {
    /// `{"hello":{"seq":N}}`: everything up to N is decided and durable.
    case hello(UInt64)
    /// `{"ack":N}`: everything up to N is decided and durable.
    case acknowledgement(UInt64)
    /// There will be no acknowledgements; the line says why.
    case unsupported(line: String)
    /// Anything else: an error, or what later versions may say.
    case remark(line: String)
    /// What no sidecar says.
    case garbage(line: String)
}

/// Finds answers in what comes from the socket, in pieces of any size and within bounded memory.
package struct AnswerReader: Sendable {
    /// Bytes of the longest line.
    package static let lineLimit = 4_096
    /// Bytes of a line that are told.
    package static let toldBytes = 512

    private var carry: [UInt8] = []

    /// Begins with a new connection.
    package init() {}

    /// Takes what was received.
    ///
    /// - Returns: The answers whose lines are ended by now; a line over the limit is garbage, and
    ///   what follows it is not looked at.
    /// - Complexity: O(bytes).
    package mutating func read(_ bytes: [UInt8]) -> [Answer] {
        carry += bytes
        var answers: [Answer] = []
        var start = 0
        while let newline = carry[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = carry[start..<newline]
            start = newline + 1
            answers.append(line.count > Self.lineLimit ? .garbage(line: line.told) : Answer(line))
        }
        carry.removeFirst(start)
        if carry.count > Self.lineLimit {
            answers.append(.garbage(line: carry[...].told))
            carry = []
        }
        return answers
    }
}

extension Answer {
    /// Reads a line without its newline.
    fileprivate init(_ line: ArraySlice<UInt8>) {
        let parts = JSONCursor.read(line.span, maxDepth: 8) { cursor in
            Result { () throws(ScanFault) in try Parts(reading: &cursor) }
        }
        self =
            switch parts {
            case .failure: .garbage(line: line.told)
            case .success(let parts):
                if let sequence = parts.hello {
                    .hello(sequence)
                } else if let sequence = parts.acknowledgement {
                    .acknowledgement(sequence)
                } else if parts.error == "ack_unsupported" {
                    .unsupported(line: line.told)
                } else {
                    .remark(line: line.told)
                }
            }
    }

    /// The members of an answer that mean something.
    private struct Parts {
        var hello: UInt64?
        var acknowledgement: UInt64?
        var error: String?

        init(reading cursor: inout JSONCursor) throws(ScanFault) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                switch key {
                case "hello":
                    guard let sequence = try cursor.sequenceOfHello() else {
                        throw cursor.malformed(.integer)
                    }
                    hello = sequence
                case "ack": acknowledgement = try cursor.readCount()
                case "error" where try cursor.kind() == .object: error = try cursor.code()
                default: try cursor.skipValue()
                }
            }
            try cursor.end()
        }
    }
}

extension JSONCursor {
    fileprivate mutating func sequenceOfHello() throws(ScanFault) -> UInt64? {
        var sequence: UInt64?
        try beginObject()
        while let key = try nextKey() {
            if key == "seq" { sequence = try readCount() } else { try skipValue() }
        }
        return sequence
    }

    fileprivate mutating func code() throws(ScanFault) -> String? {
        var code: String?
        try beginObject()
        while let key = try nextKey() {
            if key == "code", try kind() == .string { code = try string() } else { try skipValue() }
        }
        return code
    }
}

extension ArraySlice<UInt8> {
    fileprivate var told: String {
        String(decoding: prefix(AnswerReader.toldBytes), as: UTF8.self)
    }
}
