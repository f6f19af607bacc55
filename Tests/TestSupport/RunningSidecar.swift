// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation
import FoundationNetworking

/// A `kedge sidecar` in its own directory, on a free port.
package final class RunningSidecar {
    package let directory: TemporaryDirectory
    package let process: RunningProcess
    package let socket: String
    package let base: URL

    /// Starts a sidecar and waits until it takes records and answers HTTP.
    ///
    /// - Parameters:
    ///   - configuration: YAML beside `listen`, `socket` and `state`, which are set here.
    ///   - arguments: Further arguments, as `["--clock", "event"]`.
    ///   - directory: Where socket, state and logs go; a new one when absent.
    ///   - name: What its files are called; two in one directory have two names.
    /// - Throws: What starting it throws, or `NeverHappened` with its log.
    package init(
        configuration: String,
        arguments: [String] = [],
        in directory: TemporaryDirectory? = nil,
        name: String = "sidecar"
    ) throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        socket = directory.path("kedge.sock")
        let file = try directory.write(configuration, to: "\(name).yaml")
        process = try RunningProcess(
            Kedge.binary,
            [
                "sidecar", "--config", file, "--listen", "127.0.0.1:0", "--socket", socket,
                "--state", directory.path("state"),
            ] + arguments,
            in: directory.url,
            name: name
        )
        try process.waitForErrors(containing: "listening for prediction logs")
        try process.waitForErrors(containing: "serving HTTP")
        base = try Self.address(in: process.errors)
    }

    /// The bytes and header fields that a GET answers with.
    package func get(
        _ path: String,
        headers: [String: String] = [:],
        method: String = "GET"
    ) async throws -> (status: Int, fields: [String: String], body: String) {
        guard let url = URL(string: path, relativeTo: base) else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else {
            throw URLError(.badServerResponse)
        }
        var fields: [String: String] = [:]
        for case (let name as String, let value as String) in response.allHeaderFields {
            fields[name.lowercased()] = value
        }
        return (response.statusCode, fields, String(decoding: data, as: UTF8.self))
    }

    /// The value of one series of `/metrics`, by its name and labels as they stand in the text.
    package func metric(_ series: String) async throws -> Double? {
        let text = try await get("/metrics").body
        for line in text.split(separator: "\n") where line.hasPrefix(series + " ") {
            return Double(line.dropFirst(series.count + 1))
        }
        return nil
    }

    /// Waits until a series has a value.
    package func wait(for series: String, toBe expected: Double) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        var last: Double?
        while ContinuousClock.now < deadline {
            last = try await metric(series)
            if last == expected { return }
        }
        throw NeverHappened(
            description: "\(series) is \(last.map { "\($0)" } ?? "absent"), not \(expected)"
        )
    }

    /// Waits until a series is gone.
    package func waitForAbsence(of series: String) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await metric(series) == nil { return }
        }
        throw NeverHappened(description: "\(series) is still there")
    }

    private static func address(in log: String) throws -> URL {
        for line in log.split(separator: "\n") where line.contains("serving HTTP") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let fields = object as? [String: String]
            if let url = fields?["address"].flatMap({ URL(string: "http://\($0)") }) { return url }
        }
        throw NeverHappened(description: "no address in: \(log)")
    }
}
