// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Crypto
package import PredictionLog

/// The history as a file:
///
///     {"format":1,"digest":"sha256:<64 digits>","models":[
///     {"name":…,"default":…,"before":[…],"changes":[{"version":…,"at":…,"action":…}]}
///     ]}
///
/// The digest is that of what follows it. Equal histories are equal files, byte for byte, and what
/// reads as a history but would be written otherwise is refused: no changed byte goes unseen.
extension DefaultHistory {
    /// The number of the format that is written, and the only one that is read.
    package static let format = 1

    /// The bytes of the file; the same for equal histories.
    package func encoded() -> [UInt8] {
        var models: [UInt8] = Array(#""models":["#.utf8)
        for (index, (name, record)) in records.sorted(by: { $0.key < $1.key }).enumerated() {
            models += index == 0 ? "\n".utf8 : ",\n".utf8
            var line = JSONWriter()
            line.write(name, record)
            models += line.bytes
        }
        models += "\n]}\n".utf8
        let digest = VersionContent.hexadecimal(SHA256.hash(data: models))
        return Array(#"{"format":\#(Self.format),"digest":"sha256:\#(digest)","#.utf8) + models
    }

    /// Reads a file.
    ///
    /// - Throws: `DefaultHistoryError`.
    /// - Complexity: O(bytes).
    package init(decoding bytes: [UInt8]) throws(DefaultHistoryError) {
        self.init()
        try JSONCursor.read(bytes.span, maxDepth: 8) { cursor throws(DefaultHistoryError) in
            try read(&cursor)
        }
        guard encoded() == bytes else { throw .digest }
    }

    private mutating func read(_ cursor: inout JSONCursor) throws(DefaultHistoryError) {
        try cursor.object { cursor, key throws(DefaultHistoryError) in
            switch key {
            case "format":
                let format = try cursor.reading { cursor throws(ScanFault) in
                    try cursor.integer()
                }
                guard format == Self.format else { throw .format(found: format) }
            case "digest": _ = try cursor.textValue()
            case "models":
                try cursor.list { cursor throws(DefaultHistoryError) in
                    let (name, record) = try cursor.record()
                    guard records.updateValue(record, forKey: name) == nil else {
                        throw .content("model \(name) twice")
                    }
                }
            default: throw .content("unknown key \(key)")
            }
        }
        try cursor.reading { cursor throws(ScanFault) in try cursor.end() }
    }
}

/// Why bytes are no history.
package enum DefaultHistoryError: Error, Sendable, Equatable {
    /// No JSON, or a value of another kind.
    case malformed(ScanFault)
    /// A format that this version does not read.
    case format(found: Int)
    /// A member that means nothing, or is not there.
    case content(String)
    /// Not what was written: some byte is another.
    case digest
}

extension DefaultHistoryError: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        switch self {
        case .malformed(let fault): "\(fault)"
        case .format(let found):
            "format \(found); this version of kedge reads format \(DefaultHistory.format)"
        case .content(let what): what
        case .digest: "the content is not what its digest says"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ name: String, _ record: DefaultHistory.Record) {
        object { line in
            line.key("name")
            line.value(name)
            line.key("default")
            line.value(record.current.text)
            line.key("before")
            line.array { list in
                for version in record.before { list.value(version.text) }
            }
            line.key("changes")
            line.array { list in
                for change in record.changes {
                    list.object { member in
                        member.key("version")
                        member.value(change.version.text)
                        member.key("at")
                        member.value(change.at)
                        member.key("action")
                        member.value(change.action.rawValue)
                    }
                }
            }
        }
    }
}

extension JSONCursor {
    fileprivate mutating func reading<Result>(
        _ body: (inout JSONCursor) throws(ScanFault) -> Result
    ) throws(DefaultHistoryError) -> Result {
        do throws(ScanFault) { return try body(&self) } catch { throw .malformed(error) }
    }

    fileprivate mutating func object(
        _ member: (inout JSONCursor, String) throws(DefaultHistoryError) -> Void
    ) throws(DefaultHistoryError) {
        try reading { cursor throws(ScanFault) in try cursor.beginObject() }
        while let key = try reading({ cursor throws(ScanFault) in try cursor.nextKey() }) {
            try member(&self, key)
        }
    }

    fileprivate mutating func list(
        _ element: (inout JSONCursor) throws(DefaultHistoryError) -> Void
    ) throws(DefaultHistoryError) {
        try reading { cursor throws(ScanFault) in try cursor.beginArray() }
        while try reading({ cursor throws(ScanFault) in try cursor.nextElement() }) {
            try element(&self)
        }
    }

    fileprivate mutating func textValue() throws(DefaultHistoryError) -> String {
        try reading { cursor throws(ScanFault) in try cursor.string() }
    }

    private mutating func version() throws(DefaultHistoryError) -> VersionNumber {
        let text = try textValue()
        guard let version = VersionNumber(text) else { throw .content("no version: \(text)") }
        return version
    }

    fileprivate mutating func record() throws(DefaultHistoryError) -> (
        String, DefaultHistory.Record
    ) {
        var name: String?
        var current: VersionNumber?
        var before: [VersionNumber] = []
        var changes: [DefaultHistory.Change] = []
        try object { cursor, key throws(DefaultHistoryError) in
            switch key {
            case "name": name = try cursor.textValue()
            case "default": current = try cursor.version()
            case "before":
                try cursor.list { cursor throws(DefaultHistoryError) in
                    before.append(try cursor.version())
                }
            case "changes":
                try cursor.list { cursor throws(DefaultHistoryError) in
                    changes.append(try cursor.change())
                }
            default: throw .content("unknown key \(key)")
            }
        }
        guard let name, let current else { throw .content("a model without name or default") }
        return (name, DefaultHistory.Record(current: current, before: before, changes: changes))
    }

    private mutating func change() throws(DefaultHistoryError) -> DefaultHistory.Change {
        var version: VersionNumber?
        var time: String?
        var action: DefaultHistory.Action?
        try object { cursor, key throws(DefaultHistoryError) in
            switch key {
            case "version": version = try cursor.version()
            case "at": time = try cursor.textValue()
            case "action": action = DefaultHistory.Action(rawValue: try cursor.textValue())
            default: throw .content("unknown key \(key)")
            }
        }
        guard let version, let time, let action else {
            throw .content("a change without version, time or action")
        }
        return DefaultHistory.Change(version: version, at: time, action: action)
    }
}
