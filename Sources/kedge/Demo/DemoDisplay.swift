// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import PredictionLog
import Synchronization

/// What the demo says: a live table on a terminal, a table an act elsewhere.
final class DemoDisplay: Sendable {
    private let isTerminal: Bool
    /// How many lines the live table has on the screen.
    private let shownLines = Mutex(0)

    private let socket: String

    init(isTerminal: Bool, socket: String) {
        self.isTerminal = isTerminal
        self.socket = socket
    }

    /// Says what is about to be seen, and where else to look.
    func introduce(server: String, sidecar: String) {
        Terminal.output(
            """
            Kedge serves a model that predicts late flights from New York, and watches it. The model's
            reference is a sample of January and February; the server is asked for a prediction of every
            flight of February and then of the summer of 2013, and logs them to the sidecar's socket.

              predict  http://\(server)/predict    (and /metrics, /openapi.json, /v2)
              socket   \(socket)
              metrics  http://\(sidecar)/metrics
              API      http://\(sidecar)/api/v1/report, /api/v1/alerts

            Two rules watch it: drift of a feature and drift of the prediction. What they find goes to
            a receiver of Slack messages that the demo has built in, which prints them.

            A statistic is over its threshold: drifted. Below: steady. The noise floor is what to
            expect without any drift. Too few rows: learning.


            """
        )
    }

    /// Draws the table over the last one; does nothing without a terminal.
    func show(_ report: Report, of act: DemoAct, _ serving: String) {
        guard isTerminal, let monitor = report.monitors.first else { return }
        let table = DriftTable(isColoured: true).lines(of: monitor)
        let lines = [heading(act, monitor), serving] + table
        shownLines.withLock { shown in
            let up = shown > 0 ? "\u{1B}[\(shown)A" : ""
            // Without wrapping, a line of a narrow terminal stays one line.
            let table = lines.map { "\u{1B}[2K\($0)\n" }.joined()
            Terminal.output(up + "\u{1B}[?7l" + table + "\u{1B}[?7h")
            shown = lines.count
        }
    }

    /// Leaves the act's last table standing.
    func end(_ act: DemoAct, _ report: Report, _ serving: String) {
        guard let monitor = report.monitors.first else { return }
        if isTerminal {
            show(report, of: act, serving)
            shownLines.withLock { $0 = 0 }
            Terminal.output("\n")
        } else {
            let table = DriftTable(isColoured: false).lines(of: monitor)
            let lines = [heading(act, monitor), serving] + table
            Terminal.output(lines.joined(separator: "\n") + "\n\n")
        }
    }

    /// Leaves the table standing and prints a message that the receiver got.
    func tell(_ message: String) {
        shownLines.withLock { $0 = 0 }
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        let title = "── the team's channel gets "
        let width = 92
        let rule = String(repeating: "─", count: width - title.count)
        Terminal.output("\(title)\(rule)\n")
        Terminal.output(lines.map { "│ \($0)\n" }.joined())
        Terminal.output(String(repeating: "─", count: width) + "\n\n")
    }

    /// Says what drifted in the end, and how to go on looking.
    func conclude(_ report: Report, messages: Int, address: String?) {
        let features = report.monitors.first?.windows.first?.features ?? []
        let drifted = features.filter { $0.verdict == .drifted }.map(\.name)
        let steady = features.filter { $0.verdict == .steady }.map(\.name)
        Terminal.output("In the end: drifted \(list(drifted)); steady \(list(steady)).\n")
        Terminal.output("The team's channel got \(messages) messages.\n")
        guard let address else { return }
        Terminal.output("Still serving http://\(address)/metrics; Ctrl-C ends it.\n")
    }

    private func heading(_ act: DemoAct, _ monitor: MonitorReport) -> String {
        // Before the first record the time is that of the wall.
        let hasRows = monitor.windows.contains { $0.rows > 0 }
        let day = hasRows ? ", \(RFC3339.format(monitor.time).prefix(10))" : ""
        return "\(act.title)\(day) (\(DriftTable(isColoured: false).rows(of: monitor)))"
    }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "nothing" : names.joined(separator: ", ")
    }
}
