// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with the settings, with where and what instead.
package struct SettingsFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Problem: Sendable, Equatable {
        /// The value is not of the key's kind, or out of its range.
        case unexpected(found: String, expected: String)
        /// There is no such key, variable or flag; `nearest` is the known one most like it.
        case unknown(nearest: String?)
        /// The key, or the name that must be unique in its list, was given before.
        case duplicate(first: SettingsPlace)
        /// A key that its mapping needs is not there.
        case missing(expected: String)
        /// The text is no YAML, or has more of it than settings need.
        case syntax(String)
        /// There is more than the limit.
        case tooLarge(limit: String)
        /// The file cannot be read.
        case unreadable(String)
    }

    /// Where it is wrong.
    package let place: SettingsPlace
    /// The path of the key (`windows[1].rows`); empty for the whole document.
    package let key: String
    /// What is wrong.
    package let problem: Problem

    /// Names a problem, its key and its place.
    package init(_ problem: Problem, key: String, at place: SettingsPlace) {
        self.place = place
        self.key = key
        self.problem = problem
    }

    /// One sentence: `sidecar.yaml:3:9: clock: expected arrival or event, found "arival"`.
    package var description: String {
        [place.description, key, problem.description].filter { !$0.isEmpty }
            .joined(separator: ": ")
    }
}

extension SettingsFault.Problem: CustomStringConvertible {
    /// The sentence without place and key.
    package var description: String {
        switch self {
        case .unexpected(let found, let expected): "expected \(expected), found \(found)"
        case .unknown(let nearest?): "unknown; did you mean \(nearest)?"
        case .unknown(nil): "unknown"
        case .duplicate(let first): "given twice, first at \(first)"
        case .missing(let expected): "missing; expected \(expected)"
        case .syntax(let text): text
        case .tooLarge(let limit): "over the limit of \(limit)"
        case .unreadable(let reason): "cannot be read: \(reason)"
        }
    }
}

/// Settings that cannot be used, with every fault.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The faults of the file by position, then of the environment, then of the flags; never empty.
    package let faults: [SettingsFault]

    /// One fault a line.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
