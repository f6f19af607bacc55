// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Hosting
import PredictionLog
import ServiceLifecycle
import Sidecar

/// The demo's own work beside the sidecar: sends the streams to its socket and shows its reports.
struct DemoService: Service {
    /// How often the table is drawn anew.
    private static let interval = Duration.milliseconds(250)
    /// How long the sidecar takes at most to report on the last records.
    private static let lastLook = Duration.milliseconds(1_500)

    let acts: [DemoAct]
    let socket: String
    let reference: String
    let speed: ReplaySpeed
    let endsByItself: Bool
    let board: ReportBoard
    let readiness: Readiness
    let display: DemoDisplay

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                let address = try await address()
                display.introduce(address: address)
                for act in acts { try await play(act) }
                display.conclude(board.report, address: endsByItself ? nil : address)
                while !endsByItself { try await Task.sleep(for: .seconds(3_600)) }
            } catch is CancellationError {
                // Ctrl-C: the sidecar ends in its own order.
            }
        }
    }

    /// Where the sidecar serves, once it and its socket are up.
    private func address() async throws -> String {
        while true {
            if readiness.isReady, let address = readiness.address { return address }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Sends one stream while the table follows.
    private func play(_ act: DemoAct) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await send(act) }
            group.addTask {
                while true {
                    display.show(board.report, of: act)
                    try await Task.sleep(for: Self.interval)
                }
            }
            try await group.next()
            try await Task.sleep(for: Self.lastLook)
            group.cancelAll()
        }
        try Task.checkCancellation()
        display.end(act, board.report)
    }

    private func send(_ act: DemoAct) async throws {
        let reference = try ReferenceFile.load(reference).reference
        var source = try TableSource(path: act.stream, options: TableReader.Options())
        let head = try ReplayHead(of: &source)
        let mapping = RowMapping(
            format: .csv,
            reference: reference,
            time: "ts",
            prediction: "prediction"
        )
        let records = RowRecords(mapping, model: reference.model, version: reference.version)
        let stream = try UnixStream(path: socket)
        var replay = Replay(source, to: stream, records: records, speed: speed, head: head)
        try await replay.run { _ in }
    }
}

/// One stretch of the year.
struct DemoAct: Sendable {
    let title: String
    let stream: String
}
