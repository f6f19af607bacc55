// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DriftMonitor
import DriftStatistics
import Hosting
import PredictionLog
import Sidecar
import UnixSignals

/// `kedge replay`: the rows of a file as records on the socket.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send the rows of a file to a sidecar, paced by their event time.",
        discussion: """
            Every column is a feature but for the time, the prediction, 'id' and those ignored; \
            with --reference only its features are sent.
            """
    )

    @OptionGroup
    var table: TableArguments

    @Option(help: "The sidecar's socket.")
    var socket: String

    @Option(help: "How fast event time runs: 3600x, 1x, or max.")
    var speed: ReplaySpeed

    @Option(help: "A reference, for the model, its version and the kinds of its features.")
    var reference: String?

    @Option(help: "The model, for rows that do not name theirs.")
    var model: String?

    @Option(help: "The model's version, for rows that do not name theirs.")
    var version: String?

    @Flag(help: "Send every row as of --model and --version, whatever it names itself.")
    var relabel = false

    @Option(help: "The column of the event time.")
    var time = "ts"

    @Option(help: "The column of the model's prediction.")
    var prediction = Reference.predictionName

    @Option(help: "Columns that are not sent, separated by commas; may be repeated.")
    var ignore: [String] = []

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await replay() }
            group.addTask { for await _ in signals { return } }
            // Whichever ends first ends the other: after a signal the replay still says what it
            // sent.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func replay() async throws {
        let reference = try self.reference.map { try ReferenceFile.load($0).reference }
        let names = reference.map { ModelMonitor.schema(of: $0).features.map(\.name) }
        var source = try table.open(featureNames: names)
        let head = try ReplayHead(of: &source)
        let model = model ?? reference?.model
        let version = version ?? reference?.version
        if source.format == .csv, model == nil || version == nil {
            throw ValidationError("CSV names no model: say --model and --version, or --reference")
        }
        if relabel, model == nil || version == nil {
            throw ValidationError("--relabel needs --model and --version, or --reference")
        }
        let mapping = RowMapping(
            format: source.format ?? .csv,
            reference: reference,
            kinds: head.kinds(columns: source.columns),
            time: time,
            prediction: prediction,
            ignored: Set(ignore.flatMap { $0.split(separator: ",").map(String.init) })
        )
        Terminal.note(mapping.remarks(on: source.columns, needsTime: speed != .unlimited))
        let records = RowRecords(mapping, model: model, version: version, relabels: relabel)
        let stream = try UnixStream(path: socket)
        var replay = Replay(source, to: stream, records: records, speed: speed, head: head)
        var display = ReplayDisplay(isWatched: Terminal.isWatched)
        do {
            try await replay.run { display.show($0) }
        } catch {
            display.end(replay.progress)
            throw error
        }
        display.end(replay.progress)
        if let times = replay.unreadableTimes { Terminal.note("warning: rejected: \(times)\n") }
    }
}

extension ReplaySpeed: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }

    package var defaultValueDescription: String {
        switch self {
        case .unlimited: "max"
        case .times(let factor): "\(factor)x"
        }
    }
}
