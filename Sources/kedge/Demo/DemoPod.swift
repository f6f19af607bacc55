// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting
import InferenceServer
import Sidecar

/// The two programs of the demo, and what may be seen of them.
struct DemoPod: Sendable {
    private let sidecar: Sidecar
    private let server: InferenceServer

    init(sidecar: Sidecar, server: InferenceServer) {
        self.sidecar = sidecar
        self.server = server
    }

    /// The sidecar's last report.
    var report: Report { sidecar.board.report }

    /// Where both serve; nil until they do.
    var addresses: (server: ListenAddress, sidecar: String)? {
        guard sidecar.readiness.isReady, let sidecar = sidecar.readiness.address,
            let server = server.lifecycle.address.flatMap({ ListenAddress($0) })
        else { return nil }
        return (server, sidecar)
    }

    /// What the server has counted of its one model, and of the records that it could not send.
    var serving: DemoServing {
        DemoServing(
            counts: server.board.catalog.entries.first?.defaultVersion?.counters.snapshot,
            droppedRecords: server.logFigures?.dropped ?? 0
        )
    }
}

/// What the server has done at one moment.
struct DemoServing: Sendable {
    let counts: ModelCounters.Snapshot?
    let droppedRecords: UInt64

    /// One line of what was done since an earlier moment, so many seconds ago.
    func line(since earlier: DemoServing, seconds: Double) -> String {
        guard let counts else { return "server: no model" }
        let recent = earlier.counts.map(counts.since) ?? counts
        let answered = recent.requests[.ok] ?? 0
        let others = recent.requests.values.reduce(0, +) - answered
        let rate = Int((Double(answered) / max(seconds, 0.001)).rounded())
        let quantiles = [("p50", 0.5), ("p99", 0.99)].map { name, quantile in
            "\(name) \(Self.milliseconds(recent.latencyQuantile(quantile)))"
        }
        return "server: \(answered) predictions, \(rate)/s, \(quantiles.joined(separator: ", ")), "
            + "\(others) refused, \(droppedRecords) records dropped"
    }

    /// A latency as `0.05 ms`; a dash for none.
    private static func milliseconds(_ seconds: Double?) -> String {
        guard let seconds else { return "–" }
        let hundredths = Int((seconds * 100_000).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ms"
    }
}
