// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The bytes of a settings file, with the name that faults are reported under.
package struct SettingsFile: Sendable, Equatable {
    /// The name in messages; the path of a file that was read.
    package let name: String
    /// The content.
    package let bytes: [UInt8]

    /// Takes the content of a file.
    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a file, or a pipe, whole; of one over the limit no more than shows that it is.
    ///
    /// - Throws: A `SettingsError` with one fault.
    package init(reading path: String) throws(SettingsError) {
        name = path
        do throws(SystemError) {
            bytes = try OpenFile(reading: path).readAll(limit: YAMLReader.maximumBytes)
        } catch {
            let problem = SettingsFault.Problem.unreadable(error.description)
            let place = SettingsPlace.file(path, line: 1, column: 1)
            throw SettingsError(faults: [SettingsFault(problem, key: "", at: place)])
        }
    }
}
