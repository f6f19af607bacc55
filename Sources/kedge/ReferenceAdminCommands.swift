// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import Sidecar

extension ReferenceCommand {
    /// `kedge reference promote`: another reference is in force from now on.
    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a reference in force in a running sidecar.",
            discussion: """
                The windows of its model version begin anew; the last report of the monitor before \
                stays readable for a day. The sidecar keeps the reference in its state directory, \
                where it goes before the configured files until one of them changes.
                """
        )

        @Argument(help: "The reference file.")
        var file: String

        @OptionGroup
        var sidecar: AdminClient

        func run() async throws {
            // What is wrong with the file is told with its path, without asking anybody.
            let (reference, _) = try ReferenceFile.load(file)
            let body = ReferenceFile.encode(reference)
            let answer = try await sidecar.send(.post("/api/v1/references", json: body))
            Terminal.output(answer)
        }
    }

    /// `kedge reference list`: what a running sidecar compares with.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the references of a running sidecar, and those before them."
        )

        @Option(help: "text or json.")
        var format = ModelCommand.OutputFormat.text

        @OptionGroup
        var sidecar: AdminClient

        func run() async throws {
            try await sidecar.show("/api/v1/references", as: format) {
                try ReferenceListing(decoding: $0).text
            }
        }
    }
}
