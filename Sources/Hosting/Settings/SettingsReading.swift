// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What decoding has met so far: the faults, and where each key was last set.
package struct SettingsReading: Sendable {
    /// What is wrong, in the order met.
    package private(set) var faults: [SettingsFault] = []
    /// Where the value of a key was said, by the key's path; absent for a default.
    package private(set) var places: [String: SettingsPlace] = [:]

    /// Notes a fault of a key.
    package mutating func report(
        _ problem: SettingsFault.Problem,
        key: String,
        at place: SettingsPlace
    ) {
        faults.append(SettingsFault(problem, key: key, at: place))
    }

    mutating func report(_ faults: [SettingsFault]) {
        self.faults += faults
    }

    /// Notes that a value is not what its key expects.
    package mutating func reject(_ node: SettingsNode, key: String, expected: String) {
        report(.unexpected(found: node.summary, expected: expected), key: key, at: node.place)
    }

    /// Sorts the faults of a file by line and column.
    mutating func sortByPosition() {
        faults = faults.enumerated().sorted { first, second in
            (first.element.place.position, first.offset)
                < (second.element.place.position, second.offset)
        }.map(\.element)
    }

    mutating func set(_ key: String, at place: SettingsPlace) {
        places[key] = place
    }
}

extension SettingsPlace {
    /// Line and column as one number that sorts by line first.
    fileprivate var position: Int {
        if case .file(_, let line, let column) = self { line << 32 | column } else { 0 }
    }
}
