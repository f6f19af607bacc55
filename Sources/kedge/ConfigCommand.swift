// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import Sidecar

/// `kedge config`: looks at settings without starting anything.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check or show a sidecar's settings.",
        subcommands: [Check.self, Show.self]
    )

    /// `kedge config check`: every fault at once.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find every fault of the settings; exits with 78 when there is one."
        )

        @OptionGroup
        var sources: SettingsArguments

        func run() throws {
            _ = try sources.resolveOrExit(SidecarSettings.self)
            Terminal.output("the settings are valid\n")
        }
    }

    /// `kedge config show`: what is in force, as a file that reads back to the same.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the settings in force, with every default."
        )

        @OptionGroup
        var sources: SettingsArguments

        func run() throws {
            Terminal.output(try sources.resolveOrExit(SidecarSettings.self).yaml)
        }
    }
}
