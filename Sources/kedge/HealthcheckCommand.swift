// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting

/// `kedge healthcheck`: asks whether a program answers, for images that have no shell.
struct HealthcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Exit with 0 if a URL answers with success, else with 1.",
        discussion: """
            For exec probes, compose files and preStop hooks, since the image has no shell.
            """
    )

    @Argument(help: "http://host:port/path.")
    var url = "http://127.0.0.1:9095/health"

    @Option(help: "How long to wait for an answer.")
    var timeout = DurationArgument(seconds: 2)

    @Option(
        help: """
            Instead, wait until nobody answers any more, at most so long, and exit with 0: a preStop \
            hook that lets the program end that writes to this one.
            """
    )
    var untilDown: DurationArgument?

    func run() async throws {
        guard let (address, path) = Self.parse(url) else {
            throw ValidationError("expected http://host:port/path, found \"\(url)\"")
        }
        guard let untilDown else {
            if let reason = await fault(address, path) {
                Terminal.note("\(url): \(reason)\n")
                throw ExitCode.failure
            }
            return
        }
        let end = ContinuousClock.now + .seconds(untilDown.seconds)
        while ContinuousClock.now < end, await isUp(address) {
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Why the URL does not answer with success; nil when it does.
    private func fault(_ address: ListenAddress, _ path: String) async -> String? {
        do throws(HTTPClientError) {
            let answer = try await HTTPClient.answer(
                to: .get(path),
                from: .address(address),
                limits: limits
            )
            return answer.isSuccess ? nil : "the status is \(answer.status)"
        } catch {
            return "\(error)"
        }
    }

    /// Whether anybody takes connections there.
    private func isUp(_ address: ListenAddress) async -> Bool {
        do throws(HTTPClientError) {
            let client = try await HTTPClient(connectingTo: .address(address), limits: limits)
            await client.close()
            return true
        } catch {
            return false
        }
    }

    private var limits: HTTPClient.Limits {
        let limit = Duration.seconds(timeout.seconds)
        return HTTPClient.Limits(connecting: limit, answering: limit)
    }

    private static func parse(_ url: String) -> (ListenAddress, path: String)? {
        guard url.hasPrefix("http://") else { return nil }
        let rest = url.dropFirst("http://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let host = String(rest[..<slash])
        guard let address = ListenAddress(host) ?? ListenAddress(host + ":80") else { return nil }
        return (address, slash == rest.endIndex ? "/" : String(rest[slash...]))
    }
}
