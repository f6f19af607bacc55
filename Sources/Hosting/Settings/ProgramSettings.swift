// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The settings of one of the programs: a value that is checked and complete, and the table that
/// says how it is written.
///
/// A fresh value holds the defaults.
package protocol ProgramSettings: Sendable, Equatable {
    /// Makes the defaults.
    init()

    /// Every key of the file, in the order of the manual.
    static var table: SettingsTable<Self> { get }

    /// What the manual calls the program, as in `the sidecar`.
    static var program: String { get }

    /// What is wrong although every key by itself is right: names that nothing bears.
    ///
    /// - Parameter places: Where a key was said, by its path.
    /// - Returns: The faults, each with its place.
    func faults(at places: [String: SettingsPlace]) -> [SettingsFault]

    /// What `kedge config` needs in order to read these settings; nil for what it reads by itself.
    static var configFlag: String? { get }
}

extension ProgramSettings {
    /// Nothing.
    package func faults(at places: [String: SettingsPlace]) -> [SettingsFault] { [] }

    /// The settings as a file that reads back to the same: what `config show` prints.
    package var yaml: String {
        YAMLWriter.document(Self.table.show(self))
    }
}
