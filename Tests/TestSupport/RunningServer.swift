// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A `kedge serve` of the flights models in its own directory, on a free port.
///
/// It serves `delay` in versions 1 and 2, `delay` being the default model, and `spare`, a copy of
/// version 1 for tests that take a model away.
package final class RunningServer: ServesHTTP {
    package let directory: TemporaryDirectory
    package let process: RunningProcess
    package let base: URL
    /// What changes state over the network takes this in `Authorization: Bearer`.
    package let token = "correct-horse-battery-staple"

    /// The repository, which is this server's own.
    package var models: URL { Self.models(in: directory) }
    /// Its address as clients take it, `127.0.0.1:8080`.
    package var address: String { "\(base.host() ?? ""):\(base.port ?? 0)" }

    /// Starts a server and waits until it is ready.
    ///
    /// - Parameters:
    ///   - arguments: Further arguments, as `["--access-log", "true"]`.
    ///   - drain: How long it goes on taking requests after SIGTERM.
    ///   - directory: Where repository, state and logs go; a new one when absent.
    /// - Throws: What starting it throws, or `NeverHappened` with its log.
    package init(
        _ arguments: [String] = [],
        drain: String = "0s",
        in directory: TemporaryDirectory? = nil
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        try Self.copyModels(to: Self.models(in: directory))
        process = try RunningProcess(
            Kedge.binary,
            [
                "serve", "--models", Self.models(in: directory).path,
                "--default-model", "delay", "--listen", "127.0.0.1:0", "--drain", drain,
                "--state", directory.path("server-state"),
                "--token-file", try directory.write(token + "\n", to: "token"),
            ] + arguments,
            in: directory.url,
            name: "server"
        )
        base = try process.servedAddress()
        try await wait(until: "the server is ready") { try await get("/ready").status == 200 }
    }

    /// Starts a server that logs its predictions to `socket`.
    package convenience init(
        loggingTo socket: String,
        drain: String = "0s",
        in directory: TemporaryDirectory? = nil
    ) async throws {
        try await self.init(["--log-socket", socket], drain: drain, in: directory)
    }

    private static func models(in directory: TemporaryDirectory) -> URL {
        directory.url.appending(path: "models")
    }

    private static func copyModels(to repository: URL) throws {
        let files = FileManager.default
        try files.createDirectory(
            at: repository.appending(path: "spare"),
            withIntermediateDirectories: true
        )
        let delay = Fixture.url("models/delay")
        try files.copyItem(at: delay, to: repository.appending(path: "delay"))
        try files.copyItem(
            at: delay.appending(path: "1"),
            to: repository.appending(path: "spare/1")
        )
    }
}
