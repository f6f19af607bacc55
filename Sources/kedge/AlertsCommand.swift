// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import ArgumentParser
import Foundation
import Hosting
import PredictionLog

/// `kedge alerts`: what is wrong, what is not told, and whether receivers hear.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "List and silence the alerts of a running sidecar, and test its receivers.",
        subcommands: [
            List.self, SilenceAlerts.self, Silences.self, Unsilence.self, Test.self,
        ]
    )

    /// `kedge alerts list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the alerts that are pending or firing, the gravest first."
        )

        @Option(help: "text or json.")
        var format = ModelCommand.OutputFormat.text

        @OptionGroup
        var sidecar: AdminClient

        func run() async throws {
            try await sidecar.show("/api/v1/alerts", as: format) {
                try AlertListing(decoding: $0).text
            }
        }
    }

    /// `kedge alerts silence`.
    struct SilenceAlerts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "silence",
            abstract: "Keep alerts from being told for a while; prints the silence's id.",
            discussion: """
                An alert is silenced when all --match fit it. Labels: \
                \(Silence.labels.joined(separator: ", ")).
                """
        )

        @Option(
            name: .customLong("match"),
            help: "LABEL=VALUE or LABEL!=VALUE; * and ? in a value stand for characters."
        )
        var matches: [MatchArgument]

        @Option(name: .customLong("for"), help: "How long, as in 2h or 1d.")
        var duration: DurationArgument

        @Option(help: "Why.")
        var reason: String

        @Option(help: "Who wants it.")
        var author = ProcessInfo.processInfo.environment["USER"] ?? "kedge alerts"

        @OptionGroup
        var sidecar: AdminClient

        func validate() throws {
            if let match = matches.first(where: { !Silence.labels.contains($0.name) }) {
                let labels = Silence.labels.joined(separator: ", ")
                throw ValidationError(
                    "--match: found the label \(match.name), expected one of \(labels)"
                )
            }
            guard !matches.isEmpty else { throw ValidationError("give at least one --match") }
            guard duration.seconds > 0 else { throw ValidationError("--for must be above 0s") }
        }

        func run() async throws {
            let now = wallClockSeconds()
            var json = JSONWriter()
            json.object { json in
                json.member(array: "matchers", of: matches) { match, json in
                    json.object { json in
                        json.member("name", match.name)
                        json.member("value", match.value)
                        json.key("isEqual")
                        json.value(match.isEqual)
                    }
                }
                json.member("startsAt", RFC3339.format(now))
                json.member("endsAt", RFC3339.format(now + Double(duration.seconds)))
                json.member("createdBy", author)
                json.member("comment", reason)
            }
            let body = try await sidecar.send(.post("/api/v1/silences", json: json.bytes))
            let id = try JSONCursor.read(body.span) { cursor throws(ScanFault) in
                var id = ""
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    if key == "silenceID" {
                        id = try cursor.string()
                    } else {
                        try cursor.skipValue()
                    }
                }
                return id
            }
            Terminal.output("\(id)\n")
        }
    }

    /// `kedge alerts silences`.
    struct Silences: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the silences, the one that ends last first."
        )

        @Option(help: "text or json.")
        var format = ModelCommand.OutputFormat.text

        @OptionGroup
        var sidecar: AdminClient

        func run() async throws {
            try await sidecar.show("/api/v1/silences", as: format) {
                try SilenceListing(decoding: $0).text
            }
        }
    }

    /// `kedge alerts unsilence`.
    struct Unsilence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a silence now.")

        @Argument(help: "The silence's id.")
        var id: String

        @OptionGroup
        var sidecar: AdminClient

        func run() async throws {
            let path = ClientRequest.path(["api", "v1", "silences", id])
            _ = try await sidecar.send(ClientRequest("DELETE", path))
        }
    }

    /// `kedge alerts test`.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a marked sample to a receiver and print what it answers.",
            discussion: "Exits with 1 unless the receiver takes it."
        )

        @Option(help: "The receiver's name.")
        var receiver: String

        @OptionGroup
        var sidecar: AdminClient

        func run() async throws {
            var json = JSONWriter()
            json.object { $0.member("receiver", receiver) }
            let body = try await sidecar.send(.post("/api/v1/receivers/test", json: json.bytes))
            let result = try ReceiverTestResult(decoding: body)
            Terminal.output(result.text)
            if !result.isDelivered { throw ExitCode.failure }
        }
    }
}

/// `feature=temp`, `severity!=critical`.
struct MatchArgument: ExpressibleByArgument {
    let name: String
    let value: String
    let isEqual: Bool

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "=") else { return nil }
        let label = argument[..<sign]
        isEqual = !label.hasSuffix("!")
        name = String(isEqual ? label : label.dropLast())
        value = String(argument[argument.index(after: sign)...])
    }
}
