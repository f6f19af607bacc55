// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import Journal
import PredictionLog

/// `kedge journal`: what a sidecar keeps in its state directory.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Look at a sidecar's journal, export it, or make it small.",
        subcommands: [Inspect.self, Export.self, Compact.self]
    )
}

/// Where the journal is.
struct JournalArguments: ParsableArguments {
    @Option(help: "The sidecar's state directory.")
    var state = "/var/lib/kedge"

    /// The journal's file.
    var path: String { state + "/" + JournalStore.fileName }
}

extension JournalCommand {
    struct Inspect: ParsableCommand {
        enum Format: String, CaseIterable, ExpressibleByArgument {
            case text, json
        }

        static let configuration = CommandConfiguration(
            abstract: "Print what the journal keeps.",
            discussion: """
                Works beside a running sidecar, and changes nothing. Exits with 1 when there is no \
                journal that can be read.
                """
        )

        @OptionGroup
        var journal: JournalArguments

        @Option(help: "text or json.")
        var format = Format.text

        @Option(help: "How many hours of coverage to show.")
        var hours = 6

        mutating func validate() throws {
            guard (0...24 * 366).contains(hours) else {
                throw ValidationError("--hours must be within 0...8784")
            }
        }

        func run() throws {
            let reader = try JournalReader(reading: journal.path)
            let inspection = try JournalInspection(reader, coverageQuarters: 4 * hours)
            switch format {
            case .text: Terminal.output(JournalPicture.text(of: inspection))
            case .json: Terminal.output(JournalPicture.json(of: inspection))
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the ledger, or the panes, as NDJSON.",
            discussion: """
                With --ledger a line is a model version in a quarter of an hour: rows, the counts of \
                every feature by bin, and the coverage. Without it a line is a pane that is kept: \
                rows, and the cells that have any with their counts. Works beside a running sidecar, \
                and changes nothing. Exits with 1 when something could not be read.
                """
        )

        @OptionGroup
        var journal: JournalArguments

        @Flag(help: "Export the ledger, not the panes.")
        var ledger = false

        @Flag(help: "Leave the coverage out, for a comparison of counts.")
        var withoutCoverage = false

        @Option(help: "Only quarters from this time on (RFC 3339).")
        var from: TimeArgument?

        @Option(help: "Only quarters before this time (RFC 3339).")
        var to: TimeArgument?

        @Option(help: "Only this model.")
        var model: String?

        @Option(help: "Only this version.")
        var version: String?

        @Option(help: "Where to write; '-' is standard output.")
        var output = "-"

        mutating func validate() throws {
            guard ledger || (from == nil && to == nil && !withoutCoverage) else {
                throw ValidationError("--from, --to and --without-coverage belong to --ledger")
            }
        }

        func run() throws {
            let reader = try JournalReader(reading: journal.path)
            var file: [UInt8] = []
            let tally = try write(reader) { piece in
                if output == "-" { Terminal.output(piece) } else { file += piece }
            }
            if output != "-" { try AtomicFile.write(file, to: output) }
            guard tally.damaged == 0 else { throw DamagedRows(count: tally.damaged) }
        }

        private func write(
            _ reader: JournalReader,
            to sink: ([UInt8]) -> Void
        ) throws -> LedgerExport.Tally {
            guard ledger else {
                var export = PaneExport()
                export.model = model
                export.version = version
                return try export.write(reader, to: sink)
            }
            var export = LedgerExport()
            export.includesCoverage = !withoutCoverage
            export.selection.model = model
            export.selection.version = version
            if let from { export.selection.from = from.seconds }
            if let to { export.selection.to = to.seconds }
            return try export.write(reader, to: sink)
        }
    }

    struct Compact: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rewrite the journal without what is free in it.",
            discussion: """
                The sidecar must not be running. Takes as much room on the disk as the journal \
                meanwhile. What is old the sidecar removes by itself; --history removes more.
                """
        )

        @OptionGroup
        var journal: JournalArguments

        @Option(help: "Remove what is older than this from the ledger first: 56d.")
        var history: DurationArgument?

        func run() throws {
            // Read first: the lock would make a directory and a file.
            _ = try JournalReader(reading: journal.path)
            let directory = try StateDirectory(path: journal.state)
            let before = JournalStore.bytes(of: journal.path)
            var options = JournalStore.Options()
            options.replaces = false
            let store = try JournalStore(
                path: journal.path,
                time: wallClockSeconds(),
                options: options
            )
            for event in store.events { Terminal.note("\(event)\n") }
            try store.compact(history: history?.seconds)
            try store.close()
            withExtendedLifetime(directory) {}
            let after = JournalStore.bytes(of: journal.path)
            Terminal.output("\(journal.path): \(before) bytes before, \(after) after\n")
        }
    }
}

/// A time on the command line.
struct TimeArgument: ExpressibleByArgument, Equatable {
    /// Unix seconds.
    let seconds: Double

    init?(argument: String) {
        guard let seconds = RFC3339.parse(argument) else { return nil }
        self.seconds = seconds
    }
}

/// An export that is not whole.
private struct DamagedRows: Error, CustomStringConvertible {
    let count: Int

    var description: String { "\(count) rows of the ledger are damaged, and were left out" }
}
