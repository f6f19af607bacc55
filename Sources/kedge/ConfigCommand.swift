// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import InferenceServer
import Sidecar

/// `kedge config`: looks at settings without starting anything.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check, show or explain settings: a sidecar's or, with --server, a server's.",
        subcommands: [Check.self, Show.self, Manual.self]
    )

    /// Whose settings, and where they come from.
    struct Program: ParsableArguments {
        @Flag(help: "Read the settings of kedge serve instead of those of kedge sidecar.")
        var server = false

        @OptionGroup
        var sources: SettingsArguments

        /// The settings in force as a file; prints every fault and exits with 78 when there is one.
        func yamlOrExit() throws -> String {
            server
                ? try sources.resolveOrExit(ServerSettings.self).yaml
                : try sources.resolveOrExit(SidecarSettings.self).yaml
        }
    }

    /// `kedge config check`: every fault at once.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find every fault of the settings; exits with 78 when there is one."
        )

        @OptionGroup
        var program: Program

        func run() throws {
            _ = try program.yamlOrExit()
            Terminal.output("the settings are valid\n")
        }
    }

    /// `kedge config manual`: a file to begin with.
    struct Manual: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a settings file with every key, its meaning and its default."
        )

        @Flag(help: "Print that of kedge serve instead of that of kedge sidecar.")
        var server = false

        func run() {
            Terminal.output(
                server
                    ? SettingsManual<ServerSettings>.yaml : SettingsManual<SidecarSettings>.yaml
            )
        }
    }

    /// `kedge config show`: what is in force, as a file that reads back to the same.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the settings in force, with every default."
        )

        @OptionGroup
        var program: Program

        func run() throws {
            Terminal.output(try program.yamlOrExit())
        }
    }
}
