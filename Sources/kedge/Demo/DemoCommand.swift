// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DriftMonitor
import DriftStatistics
import Foundation
import Hosting
import Logging
import PredictionLog
import ServiceLifecycle
import Sidecar

/// `kedge demo`: a sidecar, a quiet February and a hot summer of New York's flights.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Watch a real year of flights drift, live.",
        discussion: """
            Builds a reference from January and February, starts a sidecar, sends February and then \
            June and July to its socket in accelerated event time, and shows what it reports. Keeps \
            serving until Ctrl-C.
            """
    )

    @Option(help: "The directory of the flights data.")
    var data = "Tests/Fixtures/flights"

    @Option(help: "Where /metrics and the API are served; port 0 takes any free one.")
    var listen = "127.0.0.1:9095"

    @Option(help: "How fast event time runs: 172800x is two days a second; or max.")
    var speed: ReplaySpeed = .times(172_800)

    @Flag(help: "End by itself once the summer is over.")
    var once = false

    func run() async throws {
        let directory = try DemoDirectory()
        let reference = try directory.buildReference(from: "\(data)/reference.csv.gz")
        let yaml = configuration(reference: reference, socket: directory.path("kedge.sock"))
        let settings = try ResolvedSettings<SidecarSettings>(
            file: SettingsFile(name: "the demo's settings", bytes: Array(yaml.utf8))
        ).settings
        let logger = Logger(label: "kedge") { _ in JSONLogHandler(level: .error) }
        let sidecar = try Sidecar(settings: settings, build: .current, logger: logger) { settings }
        let service = DemoService(
            acts: [
                DemoAct(title: "A quiet February", stream: "\(data)/stream-quiet.csv.gz"),
                DemoAct(title: "The summer", stream: "\(data)/stream-summer.csv.gz"),
            ],
            socket: settings.socket.path,
            reference: reference,
            speed: speed,
            endsByItself: once,
            board: sidecar.board,
            readiness: sidecar.readiness,
            display: DemoDisplay(
                isTerminal: isatty(STDOUT_FILENO) == 1,
                socket: settings.socket.path
            )
        )
        try await sidecar.run(with: [service])
        // The directory goes with its last use, which is after the socket's.
        withExtendedLifetime(directory) {}
    }

    /// Weather changes by the week, so its thresholds are wide, and a window is judged when it is
    /// nearly full; what is left at 0.1 is the model's business.
    private func configuration(reference: String, socket: String) -> String {
        """
        listen: \(listen)
        socket: {path: "\(socket)"}
        references: ["\(reference)"]
        clock: event
        lateness: 1h
        min_rows: 4000
        windows:
          - {name: 5k, rows: 5000}
          - {name: 7d, pane: 24h, panes: 7}
        thresholds:
          features:
            temp: {ks_statistic: 0.7}
            humid: {ks_statistic: 0.6}
            wind_speed: {ks_statistic: 0.4}
            precip: {ks_statistic: 0.4}
            visib: {ks_statistic: 0.4}
            pressure: {ks_statistic: 0.7}
            dep_delay: {ks_statistic: 0.3}
        """
    }
}
