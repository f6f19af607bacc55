// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Which version of each model answers when a request names none, and which did before.
///
/// The default is what somebody said, never what happens to be there: only the first one of a model
/// is taken by itself, and that is written down as well.
package struct DefaultHistory: Sendable, Equatable {
    /// Why a version became the default.
    package enum Action: String, Sendable, CaseIterable {
        /// The model had none.
        case initial
        /// Somebody chose it.
        case promote
        /// It had been the default before the one that was taken back.
        case rollback
    }

    /// A version that became the default.
    package struct Change: Sendable, Equatable {
        /// The version.
        package let version: VersionNumber
        /// When, in RFC 3339.
        package let at: String
        /// Why.
        package let action: Action
    }

    /// The default of one model.
    package struct Record: Sendable, Equatable {
        /// The default.
        package internal(set) var current: VersionNumber
        /// What it is rolled back to, the nearest last.
        package internal(set) var before: [VersionNumber] = []
        /// Every change, the latest last.
        package internal(set) var changes: [Change]
    }

    /// The most versions that can be rolled back to, and changes that are remembered, of a model.
    package static let depth = 100

    /// The defaults, by the models' names.
    package internal(set) var records: [String: Record] = [:]

    /// Makes a history in which nothing happened.
    package init() {}

    /// Gives a model its first default.
    mutating func begin(_ model: String, with version: VersionNumber, at time: String) {
        let change = Change(version: version, at: time, action: .initial)
        records[model] = Record(current: version, changes: [change])
    }

    /// Makes a version the default; nothing when it is already.
    mutating func promote(_ model: String, to version: VersionNumber, at time: String) {
        guard var record = records[model] else {
            return begin(model, with: version, at: time)
        }
        guard record.current != version else { return }
        record.before = (record.before + [record.current]).suffix(Self.depth)
        record.change(to: version, at: time, .promote)
        records[model] = record
    }

    /// Makes the version before the default again; nothing when there was none.
    mutating func rollBack(_ model: String, at time: String) {
        guard var record = records[model], let version = record.before.popLast() else { return }
        record.change(to: version, at: time, .rollback)
        records[model] = record
    }
}

extension DefaultHistory.Record {
    fileprivate mutating func change(
        to version: VersionNumber,
        at time: String,
        _ action: DefaultHistory.Action
    ) {
        current = version
        let change = DefaultHistory.Change(version: version, at: time, action: action)
        changes = (changes + [change]).suffix(DefaultHistory.depth)
    }
}
