// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation
import FoundationNetworking

/// A running program that answers HTTP on loopback and shows its counters on `/metrics`.
package protocol ServesHTTP {
    /// Its address, without a path.
    var base: URL { get }
}

extension ServesHTTP {
    /// The status, header fields and body that a request answers with, one without a body by default.
    package func get(
        _ path: String,
        headers: [String: String] = [:],
        method: String = "GET",
        body: Data? = nil
    ) async throws -> (status: Int, fields: [String: String], body: String) {
        guard let url = URL(string: path, relativeTo: base) else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
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

    /// The status, header fields and body that a `POST` answers with.
    package func post(
        _ path: String,
        _ body: Data,
        headers: [String: String] = [:]
    ) async throws -> (status: Int, fields: [String: String], body: String) {
        try await get(path, headers: headers, method: "POST", body: body)
    }

    /// The value of one series of `/metrics`, by its name and labels as they stand in the text.
    package func metric(_ series: String) async throws -> Double? {
        let text = try await get("/metrics").body
        for line in text.split(separator: "\n") where line.hasPrefix(series + " ") {
            return Double(line.dropFirst(series.count + 1))
        }
        return nil
    }

    /// The sum of all series of a name, whatever their labels; 0 when there is none.
    package func total(_ name: String) async throws -> Double {
        let text = try await get("/metrics").body
        return text.split(separator: "\n").reduce(0) { sum, line in
            guard line.hasPrefix(name + " ") || line.hasPrefix(name + "{"),
                let value = line.split(separator: " ").last.flatMap({ Double($0) })
            else { return sum }
            return sum + value
        }
    }

    /// Waits until a series has a value.
    package func wait(for series: String, toBe expected: Double) async throws {
        try await wait(until: "\(series) is \(expected)") { try await metric(series) == expected }
    }

    /// Waits until a series is gone.
    package func waitForAbsence(of series: String) async throws {
        try await wait(until: "\(series) is gone") { try await metric(series) == nil }
    }

    /// Waits until something holds that has to be asked for.
    ///
    /// - Throws: What `condition` throws, or `NeverHappened` with the page of metrics.
    package func wait(
        until what: String,
        within limit: Duration = .seconds(60),
        _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await pauseBetweenLooks()
        }
        let page = try await get("/metrics").body
        throw NeverHappened(description: "not within \(limit): \(what)\n\(page)")
    }
}

extension RunningProcess {
    /// The address that the program logged when it began to serve HTTP.
    package func servedAddress() throws -> URL {
        try waitForErrors(containing: "serving HTTP")
        for line in errors.split(separator: "\n") where line.contains("serving HTTP") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let fields = object as? [String: Any]
            let address = fields?["address"] as? String
            if let url = address.flatMap({ URL(string: "http://\($0)") }) { return url }
        }
        throw NeverHappened(description: "no address in: \(errors)")
    }

    /// Resident memory in bytes; nil once the process has ended.
    package var residentBytes: Int? {
        let path = "/proc/\(process.processIdentifier)/status"
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
            .flatMap { Int($0) }.map { $0 * 1_024 }
    }

    /// How many descriptors are open; nil once the process has ended.
    package var openDescriptors: Int? {
        let path = "/proc/\(process.processIdentifier)/fd"
        return try? FileManager.default.contentsOfDirectory(atPath: path).count
    }
}
