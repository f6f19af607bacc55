// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting
package import PredictionLog

/// The history as a file:
///
///     {"format":1,"digest":"sha256:<64 digits>","models":[
///     {"name":…,"default":…,"before":[…],"changes":[{"version":…,"at":…,"action":…}]}
///     ]}
extension DefaultHistory: StateContent {
    package var members: [UInt8] {
        var models: [UInt8] = Array(#""models":["#.utf8)
        for (index, (name, record)) in records.sorted(by: { $0.key < $1.key }).enumerated() {
            models += index == 0 ? "\n".utf8 : ",\n".utf8
            var line = JSONWriter()
            line.write(name, record)
            models += line.bytes
        }
        models += "\n]}\n".utf8
        return models
    }

    package mutating func read(
        _ key: String,
        _ cursor: inout JSONCursor
    ) throws(StateContentError) {
        guard key == "models" else { throw .content("unknown key \(key)") }
        try cursor.eachElement { cursor throws(StateContentError) in
            let (name, record) = try cursor.record()
            guard records.updateValue(record, forKey: name) == nil else {
                throw .content("model \(name) twice")
            }
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
    private mutating func version() throws(StateContentError) -> VersionNumber {
        let text = try textValue()
        guard let version = VersionNumber(text) else { throw .content("no version: \(text)") }
        return version
    }

    fileprivate mutating func record() throws(StateContentError) -> (
        String, DefaultHistory.Record
    ) {
        var name: String?
        var current: VersionNumber?
        var before: [VersionNumber] = []
        var changes: [DefaultHistory.Change] = []
        try eachMember { cursor, key throws(StateContentError) in
            switch key {
            case "name": name = try cursor.textValue()
            case "default": current = try cursor.version()
            case "before":
                try cursor.eachElement { cursor throws(StateContentError) in
                    before.append(try cursor.version())
                }
            case "changes":
                try cursor.eachElement { cursor throws(StateContentError) in
                    changes.append(try cursor.change())
                }
            default: throw .content("unknown key \(key)")
            }
        }
        guard let name, let current else { throw .content("a model without name or default") }
        return (name, DefaultHistory.Record(current: current, before: before, changes: changes))
    }

    private mutating func change() throws(StateContentError) -> DefaultHistory.Change {
        var version: VersionNumber?
        var time: String?
        var action: DefaultHistory.Action?
        try eachMember { cursor, key throws(StateContentError) in
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
