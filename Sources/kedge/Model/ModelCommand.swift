// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `kedge model`: checks models, and steers those of a running server.
struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Check models, or say which version of one a running server answers with.",
        subcommands: [
            Check.self, List.self, Promote.self, Rollback.self, Load.self, Unload.self,
        ]
    )

    /// How a result is written.
    enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }
}
