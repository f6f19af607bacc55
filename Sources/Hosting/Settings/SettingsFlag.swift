// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A flag as given on the command line.
package struct SettingsFlag: Sendable, Equatable {
    /// The name with its dashes.
    package let name: String
    /// The value, as text.
    package let value: String

    /// Names a flag and its value.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Takes `--name value` and `--name=value` apart; which names there are is decided later.
    ///
    /// - Throws: A `SettingsError` with every argument that is no flag or lacks its value.
    package static func parse(
        _ arguments: some Sequence<String>
    ) throws(SettingsError) -> [SettingsFlag] {
        var flags: [SettingsFlag] = []
        var faults: [SettingsFault] = []
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.utf8.count > 2 else {
                let problem = SettingsFault.Problem.unexpected(
                    found: "\"\(argument)\"",
                    expected: "a flag such as --listen"
                )
                faults.append(SettingsFault(problem, key: "", at: .flag(argument)))
                continue
            }
            if let equals = argument.firstIndex(of: "=") {
                let value = String(argument[argument.index(after: equals)...])
                flags.append(SettingsFlag(name: String(argument[..<equals]), value: value))
            } else if let value = rest.popFirst() {
                flags.append(SettingsFlag(name: argument, value: value))
            } else {
                let problem = SettingsFault.Problem.missing(expected: "a value")
                faults.append(SettingsFault(problem, key: "", at: .flag(argument)))
            }
        }
        if !faults.isEmpty { throw SettingsError(faults: faults) }
        return flags
    }
}
