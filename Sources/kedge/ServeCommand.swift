// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import InferenceServer
import Logging

/// `kedge serve`: the inference server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve ONNX models over HTTP and log every prediction.",
        discussion: """
            Flags win over the environment (KEDGE_LISTEN, KEDGE_LOG_SOCKET, …), the environment over \
            the file. SIGTERM and SIGINT drain the server: /ready says no at once, everything else \
            goes on for --drain, then what is under way is finished. Exits with 78 when the settings \
            are faulty.

            \(SettingsManual<ServerSettings>.flagHelp)
            """
    )

    @OptionGroup
    var sources: SettingsArguments

    func run() async throws {
        let settings = try sources.resolveOrExit(ServerSettings.self)
        let logger = Logger(label: "kedge") { _ in JSONLogHandler() }
        try await InferenceServer(settings: settings, build: .current, logger: logger).run()
    }
}
