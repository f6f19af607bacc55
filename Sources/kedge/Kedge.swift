// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting

/// The program: one file a subcommand.
@main
struct Kedge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kedge",
        abstract: "Drift monitoring beside the model.",
        version: BuildInfo.current.version,
        subcommands: [
            ServeCommand.self, SidecarCommand.self, ConfigCommand.self, ModelCommand.self,
            AlertsCommand.self, ReferenceCommand.self, ReportCommand.self, ReplayCommand.self,
            JournalCommand.self,
            HealthcheckCommand.self, DemoCommand.self,
        ]
    )
}
