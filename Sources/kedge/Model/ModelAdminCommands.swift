// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import PredictionLog

extension ModelCommand {
    /// `kedge model list`: what a running server serves.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the models of a running server."
        )

        @Option(help: "text or json.")
        var format = OutputFormat.text

        @OptionGroup
        var server: AdminClient

        func run() async throws {
            try await server.show("/api/v1/models", as: format) {
                try ModelListing(decoding: $0).text
            }
        }
    }

    /// `kedge model promote`: another version answers from now on.
    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a version the one that answers when a request names none."
        )

        @Argument(help: "The model.")
        var model: String

        @Argument(help: "The version, which the server must have loaded.")
        var version: String

        @OptionGroup
        var server: AdminClient

        func run() async throws {
            var body = JSONWriter()
            body.object { body in
                body.key("version")
                body.value(version)
            }
            let path = ClientRequest.path(["api", "v1", "models", model, "promote"])
            Terminal.output(try await server.send(.post(path, json: body.bytes)))
        }
    }

    /// `kedge model rollback`: the version before answers again.
    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the version that was the default before it again."
        )

        @Argument(help: "The model.")
        var model: String

        @OptionGroup
        var server: AdminClient

        func run() async throws {
            let path = ClientRequest.path(["api", "v1", "models", model, "rollback"])
            Terminal.output(try await server.send(ClientRequest("POST", path)))
        }
    }

    /// `kedge model load`: looks at the directory now.
    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load a model that was unloaded, and look for new versions of it."
        )

        @Argument(help: "The model.")
        var model: String

        @OptionGroup
        var server: AdminClient

        func run() async throws {
            let path = ClientRequest.path(["v2", "repository", "models", model, "load"])
            _ = try await server.send(ClientRequest("POST", path))
            Terminal.note("\(model) is loaded\n")
        }
    }

    /// `kedge model unload`: takes a model out of service.
    struct Unload: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop serving a model until it is loaded, or the server restarts."
        )

        @Argument(help: "The model.")
        var model: String

        @OptionGroup
        var server: AdminClient

        func run() async throws {
            let path = ClientRequest.path(["v2", "repository", "models", model, "unload"])
            _ = try await server.send(ClientRequest("POST", path))
            Terminal.note("\(model) is unloaded\n")
        }
    }
}
