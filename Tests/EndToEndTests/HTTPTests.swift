// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The HTTP interface of a running sidecar.
    @Suite
    struct HTTPTests {
        private let sidecar: RunningSidecar

        init() throws {
            sidecar = try RunningSidecar(configuration: "references: [\"\(Flights.reference())\"]")
        }

        @Test(arguments: [
            "/", "/metrics", "/health", "/ready", "/api/v1/report", "/api/v1/monitors",
        ])
        func `answers GET and HEAD`(path: String) async throws {
            let get = try await sidecar.get(path)
            #expect(get.status == 200)
            #expect(!get.body.isEmpty)
            let head = try await sidecar.get(path, method: "HEAD")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.fields["content-type"] == get.fields["content-type"])
        }

        @Test(arguments: ["/nope", "/metrics/more", "/api/v1", "/healthz", "/%2e%2e/etc/passwd"])
        func `answers 404 in the error shape elsewhere`(path: String) async throws {
            let answer = try await sidecar.get(path)
            #expect(answer.status == 404)
            #expect(try error(in: answer.body)?["code"] == "not_found")
        }

        @Test(arguments: ["POST", "PUT", "DELETE"])
        func `changes nothing by any method`(method: String) async throws {
            let answer = try await sidecar.get("/api/v1/report", method: method)
            #expect(answer.status == 405)
            #expect(try error(in: answer.body)?["code"] == "method_not_allowed")
            #expect(answer.fields["allow"] == "GET, HEAD")
        }

        @Test
        func `ends a connection of HTTP 1.0 behind its answer`() throws {
            let client = try RunningProcess(
                URL(filePath: "/usr/bin/env"),
                [
                    "python3", "-c",
                    """
                    import socket
                    def ask(request, answers=1):
                        peer = socket.create_connection(("127.0.0.1", \(sidecar.base.port ?? 0)), 30)
                        peer.sendall(request * answers)
                        text = b""
                        while text.count(b'{"status":"ok"}') < answers or answers == 1:
                            piece = peer.recv(65536)
                            if not piece: break
                            text += piece
                        assert text.startswith(b"HTTP/1.1 200 OK"), text
                        assert text.count(b'{"status":"ok"}') == answers, text
                    ask(b"GET /health HTTP/1.0\\r\\n\\r\\n")
                    ask(b"GET /health HTTP/1.0\\r\\nConnection: keep-alive\\r\\n\\r\\n", 2)
                    ask(b"GET /health HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
                    """,
                ],
                in: sidecar.directory.url,
                name: "python"
            )
            #expect(client.exitCode() == 0, "\(client.errors)")
        }

        @Test
        func `compresses only for those who take it`() async throws {
            let curl = try RunningProcess(
                URL(filePath: "/usr/bin/env"),
                [
                    "python3", "-c",
                    """
                    import gzip, urllib.request
                    def get(coding):
                        headers = {"Accept-Encoding": coding} if coding else {}
                        request = urllib.request.Request("\(sidecar.base)/metrics", headers=headers)
                        with urllib.request.urlopen(request) as answer:
                            return answer.headers.get("Content-Encoding"), answer.read()
                    coding, body = get("gzip")
                    assert coding == "gzip" and b"kedge_build_info" in gzip.decompress(body)
                    for refused in (None, "identity", "gzip;q=0", "br"):
                        coding, body = get(refused)
                        assert coding is None and b"kedge_build_info" in body, refused
                    """,
                ],
                in: sidecar.directory.url,
                name: "python"
            )
            #expect(curl.exitCode() == 0, "\(curl.errors)")
        }

        @Test
        func `describes what is watched with the reference's own counts`() async throws {
            let body = try await sidecar.get("/api/v1/monitors").body
            let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            let monitor = try #require((object?["monitors"] as? [[String: Any]])?.first)
            #expect(monitor["model"] as? String == "delay")
            #expect((monitor["reference"] as? String)?.hasPrefix("sha256:") == true)
            let features = try #require(monitor["features"] as? [String: [String: Any]])
            #expect(features.count == 14)
            for (name, feature) in features {
                let bins = try #require(feature["reference_bins"] as? [Int])
                #expect(bins.reduce(0, +) == 10_000, "\(name)")
                let cuts = (feature["cut_points"] as? [Double])?.count
                let categories = (feature["categories"] as? [String])?.count
                #expect(bins.count == (cuts.map { $0 + 2 } ?? categories.map { $0 + 2 }), "\(name)")
            }
        }

        @Test
        func `the log names the bound on memory`() throws {
            let line = try #require(
                sidecar.process.errors.split(separator: "\n").first {
                    $0.contains("memory is bounded")
                }
            )
            let object =
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            let bytes = try #require(object?["monitors_bytes"].flatMap { Int($0) })
            #expect((1_000_000..<100_000_000).contains(bytes))
        }

        private func error(in body: String) throws -> [String: String]? {
            let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            return object?["error"] as? [String: String]
        }
    }
}
