// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// Debian's Prometheus with one target, on a free port.
final class Prometheus {
    private let process: RunningProcess
    private let base: URL

    init(scraping target: URL, in directory: TemporaryDirectory) throws {
        let port = try FreePort.find()
        base = try #require(URL(string: "http://127.0.0.1:\(port)"))
        let host = "\(target.host ?? "127.0.0.1"):\(target.port ?? 0)"
        try directory.write(
            """
            global: {scrape_interval: 500ms, scrape_timeout: 500ms}
            scrape_configs:
              - job_name: kedge
                static_configs: [{targets: ["\(host)"]}]
            """,
            to: "prometheus.yml"
        )
        process = try RunningProcess(
            URL(filePath: "/usr/bin/prometheus"),
            [
                "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
                "--web.listen-address=127.0.0.1:\(port)",
            ],
            in: directory.url,
            name: "prometheus"
        )
        try process.waitForErrors(containing: "Server is ready to receive web requests")
    }

    /// The value of an instant query that has one series; nil when it has none.
    func query(_ expression: String) async throws -> Double? {
        var components = URLComponents(url: base, resolvingAgainstBaseURL: false)
        components?.path = "/api/v1/query"
        components?.queryItems = [URLQueryItem(name: "query", value: expression)]
        let url = try #require(components?.url)
        let (data, _) = try await URLSession.shared.data(from: url)
        let answer = try JSONDecoder().decode(Answer.self, from: data)
        guard answer.data.result.count == 1 else { return nil }
        return Double(answer.data.result[0].value.text)
    }

    /// Waits until a query answers with `expected`, to 1e-9.
    func wait(for expression: String, toBe expected: Double) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        var last: Double?
        while ContinuousClock.now < deadline {
            last = try await query(expression)
            if let last, isClose(last, expected) { return }
        }
        throw NeverHappened(
            description: "\(expression) is \(last.map { "\($0)" } ?? "absent"), not \(expected)"
        )
    }

    private struct Answer: Decodable {
        struct Result: Decodable { var value: Sample }
        struct Contents: Decodable { var result: [Result] }
        var data: Contents
    }

    /// A sample as it stands in the answer: `[1700000000.1, "0.5"]`.
    private struct Sample: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            _ = try pair.decode(Double.self)
            text = try pair.decode(String.self)
        }
    }
}

/// A proxy that passes `/metrics` on without the client's `Accept`, so that it gets plain text.
final class TextOnlyProxy {
    let base: URL
    private let process: RunningProcess

    init(for sidecar: RunningSidecar) throws {
        let port = try FreePort.find()
        base = try #require(URL(string: "http://127.0.0.1:\(port)"))
        let script = """
            import http.server, sys, urllib.request

            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    with urllib.request.urlopen(sys.argv[2] + self.path) as answer:
                        body, kind = answer.read(), answer.headers["Content-Type"]
                    assert kind.startswith("text/plain; version=0.0.4"), kind
                    self.send_response(200)
                    self.send_header("Content-Type", kind)
                    self.end_headers()
                    self.wfile.write(body)

            server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
            print("proxy is ready", file=sys.stderr, flush=True)
            server.serve_forever()
            """
        let path = try sidecar.directory.write(script, to: "proxy.py")
        process = try RunningProcess(
            URL(filePath: "/usr/bin/env"),
            ["python3", path, "\(port)", "http://127.0.0.1:\(sidecar.base.port ?? 0)"],
            in: sidecar.directory.url,
            name: "proxy"
        )
        try process.waitForErrors(containing: "proxy is ready")
    }
}
