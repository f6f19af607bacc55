// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Hosting
import ServiceLifecycle
import Sidecar

/// The demo's own work beside the pod: asks for predictions and shows what the pod reports.
struct DemoService: Service {
    /// How often the table is drawn anew.
    private static let interval = Duration.milliseconds(250)
    /// How long the sidecar takes at most to report on the last records.
    private static let lastLook = Duration.milliseconds(1_500)

    let acts: [DemoAct]
    let reference: String
    let speed: ReplaySpeed
    let endsByItself: Bool
    let pod: DemoPod
    let display: DemoDisplay
    let receiver: DemoReceiver

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                let addresses = try await addresses()
                display.introduce(server: "\(addresses.server)", sidecar: addresses.sidecar)
                for act in acts { try await play(act, on: addresses.server) }
                display.conclude(
                    pod.report,
                    messages: receiver.count,
                    address: endsByItself ? nil : addresses.sidecar
                )
                while !endsByItself { try await Task.sleep(for: .seconds(3_600)) }
            } catch is CancellationError {
                // Ctrl-C: the pod ends in its own order.
            }
        }
    }

    /// Where the pod serves, once all of it is up.
    private func addresses() async throws -> (server: ListenAddress, sidecar: String) {
        while true {
            if let addresses = pod.addresses { return addresses }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Sends one stream while the table follows.
    private func play(_ act: DemoAct, on server: ListenAddress) async throws {
        let clients = DemoClients(of: .address(server))
        let feed = try FlightFeed(
            path: act.stream,
            reference: ReferenceFile.load(reference).reference,
            speed: speed,
            later: act.later
        )
        let (start, before) = (ContinuousClock.now, pod.serving)
        let wholeAct = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await clients.send(feed) }
            group.addTask { try await watch(act) }
            do { try await group.next() } catch let error as HTTPClientError
                where error.reason == .cancelled
            {
                throw CancellationError()
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let line = pod.serving.line(since: before, seconds: seconds)
            try await Task.sleep(for: Self.lastLook)
            group.cancelAll()
            return line
        }
        try Task.checkCancellation()
        if let refusal = clients.tally.firstRefusal {
            throw RefusedFlight(act: act.title, answer: refusal)
        }
        display.end(act, pod.report, wholeAct)
    }

    private func watch(_ act: DemoAct) async throws {
        var (last, lastTime) = (pod.serving, ContinuousClock.now)
        while true {
            let (serving, time) = (pod.serving, ContinuousClock.now)
            let seconds = (time - lastTime) / .seconds(1)
            display.show(pod.report, of: act, serving.line(since: last, seconds: seconds))
            (last, lastTime) = (serving, time)
            try await Task.sleep(for: Self.interval)
        }
    }
}

/// One stretch of the year.
struct DemoAct: Sendable {
    let title: String
    let stream: String
    /// By how many seconds its flights are later than the stream says.
    var later = 0.0
}

/// The server did not predict a flight.
private struct RefusedFlight: Error, CustomStringConvertible {
    let act: String
    let answer: ClientAnswer

    var description: String {
        "\(act): a flight was refused with \(answer.status): "
            + String(decoding: answer.body.prefix(500), as: UTF8.self)
    }
}
