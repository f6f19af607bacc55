// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Hosting
import Logging
import Sidecar

/// `kedge sidecar`: the real thing.
struct SidecarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidecar",
        abstract: "Take prediction logs over a Unix socket and measure drift.",
        discussion: """
            Flags win over the environment (KEDGE_LISTEN, KEDGE_SOCKET_PATH, …), the environment over \
            the file. SIGHUP reads all of them again; SIGTERM and SIGINT end the sidecar. Exits with \
            78 when the settings are faulty.

            \(SettingsManual<SidecarSettings>.flagHelp)
            """
    )

    @OptionGroup
    var sources: SettingsArguments

    func run() async throws {
        let settings = try sources.resolveOrExit(SidecarSettings.self)
        let logger = Logger(label: "kedge") { _ in JSONLogHandler() }
        let sources = sources
        let sidecar = try Sidecar(
            settings: settings,
            build: .current,
            logger: logger,
            environment: ProcessInfo.processInfo.environment
        ) {
            try sources.resolve(SidecarSettings.self)
        }
        try await sidecar.run()
    }
}
