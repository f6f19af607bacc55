// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Hosting
import InferenceServer
import Logging
import ServiceLifecycle
import Sidecar

/// `kedge demo`: a whole pod on one machine, a quiet February and a hot summer of New York's flights.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Watch a real year of flights being predicted and drift, live.",
        discussion: """
            Builds a reference from January and February, starts a server with the flights model and a \
            sidecar beside it, asks the server for a prediction of every flight of February and then \
            of June and July in accelerated event time, and shows what both report. What drifts is \
            told to a receiver that prints its messages, and so is the end of it, when the next \
            February comes. Keeps serving until Ctrl-C.
            """
    )

    @Option(help: "The directory of the flights data.")
    var data = "Tests/Fixtures/flights"

    @Option(help: "The directory of the model's version that predicts.")
    var model = "Tests/Fixtures/models/delay/1"

    @Option(help: "Where the server answers; port 0 takes any free one.")
    var serve = "127.0.0.1:8080"

    @Option(help: "Where the sidecar's /metrics and API are served; port 0 takes any free one.")
    var listen = "127.0.0.1:9095"

    @Option(help: "How fast event time runs: 172800x is two days a second; or max.")
    var speed: ReplaySpeed = .times(172_800)

    @Flag(help: "End by itself once the year is over.")
    var once = false

    func validate() throws {
        guard FileManager.default.fileExists(atPath: "\(model)/model.onnx") else {
            throw ValidationError(
                "--model: there is no \(model)/model.onnx; run the demo in the folder of the package"
            )
        }
    }

    func run() async throws {
        let directory = try DemoDirectory()
        let reference = try directory.buildReference(from: "\(data)/reference.csv.gz")
        let socket = directory.path("kedge.sock")
        let display = DemoDisplay(isTerminal: isatty(STDOUT_FILENO) == 1, socket: socket)
        let receiver = DemoReceiver { display.tell($0) }
        let channel = try await receiver.bind()
        let logger = Logger(label: "kedge") { _ in JSONLogHandler(level: .error) }
        let settings: SidecarSettings = try read(
            sidecarSettings(reference: reference, socket: socket, channel: channel),
            called: "the demo's settings of the sidecar"
        )
        let sidecar = try Sidecar(settings: settings, build: .current, logger: logger) { settings }
        let models = try directory.linkModel("delay", version: "1", to: model)
        let server = try InferenceServer(
            settings: read(
                serverSettings(models: models, socket: socket),
                called: "the demo's settings of the server"
            ),
            build: .current,
            logger: logger
        )
        let service = DemoService(
            acts: [
                DemoAct(title: "A quiet February", stream: "\(data)/stream-quiet.csv.gz"),
                DemoAct(title: "The summer", stream: "\(data)/stream-summer.csv.gz"),
                DemoAct(
                    title: "The next February",
                    stream: "\(data)/stream-quiet.csv.gz",
                    later: 365 * 86_400
                ),
            ],
            reference: reference,
            speed: speed,
            endsByItself: once,
            pod: DemoPod(sidecar: sidecar, server: server),
            display: display,
            receiver: receiver
        )
        try await sidecar.run(with: [ServerCompanion(server: server), service])
        // The directory goes with its last use, which is after the socket's.
        withExtendedLifetime(directory) {}
    }

    private func read<Settings: ProgramSettings>(
        _ yaml: String,
        called name: String
    ) throws -> Settings {
        try ResolvedSettings(file: SettingsFile(name: name, bytes: Array(yaml.utf8))).settings
    }

    private func serverSettings(models: String, socket: String) -> String {
        """
        models: "\(models)"
        listen: \(serve)
        log_socket: "\(socket)"
        drain: 0s
        """
    }

    /// Messages come as soon as event time, which runs by days a second, has anything to tell.
    ///
    /// Weather changes by the week, so its thresholds are wide, and a window is judged when it is
    /// nearly full; what is left at 0.1 is the model's business.
    private func sidecarSettings(
        reference: String,
        socket: String,
        channel: ListenAddress
    ) -> String {
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
        external_url: "http://\(listen)"
        rules:
          - {name: FeatureDrift, statistic: drift, features: ["!prediction"], for: 24h, keep_firing_for: 72h}
          - {name: PredictionDrift, statistic: drift, features: [prediction], for: 24h, keep_firing_for: 72h, severity: critical}
        receivers:
          - {name: channel, slack: {url: "http://\(channel)/services/demo"}}
        group_wait: 500ms
        group_interval: 1s
        """
    }
}

/// The server as one of the sidecar's companions: in the demo both are one process.
private struct ServerCompanion: Service {
    let server: InferenceServer

    func run() async throws { try await server.run() }
}
