// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Hosting

/// Where a program's settings come from: flags over the environment over a file over the defaults.
///
/// The flags are not declared here one by one: the table of keys that reads the file reads them.
struct SettingsArguments: ParsableArguments {
    /// The exit code for faulty settings, EX_CONFIG of sysexits(3).
    static let faulty = ExitCode(78)

    @Option(help: "The settings file (YAML). A flag for each key wins over it; see below.")
    var config: String?

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    /// Reads all sources.
    ///
    /// - Throws: `SettingsError` with every fault.
    func resolve<Settings: ProgramSettings>(
        _ program: Settings.Type
    ) throws(SettingsError) -> Settings {
        let file: SettingsFile?
        if let config { file = try SettingsFile(reading: config) } else { file = nil }
        return try ResolvedSettings<Settings>(
            file: file,
            environment: ProcessInfo.processInfo.environment,
            flags: SettingsFlag.parse(flags)
        ).settings
    }

    /// Reads all sources; prints every fault and exits with 78 when there is one.
    func resolveOrExit<Settings: ProgramSettings>(_ program: Settings.Type) throws -> Settings {
        do {
            return try resolve(program)
        } catch {
            throw Self.exit(telling: error)
        }
    }

    /// Prints every fault.
    ///
    /// - Returns: The exit to throw.
    static func exit(telling error: SettingsError) -> ExitCode {
        Terminal.note("\(error)\n")
        return faulty
    }
}
