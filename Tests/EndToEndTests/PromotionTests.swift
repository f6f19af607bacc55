// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// References that are put in force while a sidecar runs.
    @Suite
    struct PromotionTests {
        private let directory: TemporaryDirectory
        private let file: URL

        init() throws {
            directory = try TemporaryDirectory()
            file = directory.url.appending(path: "delay.json")
            try FileManager.default.copyItem(at: URL(filePath: Flights.reference()), to: file)
        }

        @Test
        func `a promotion begins anew, the monitor before stays readable, a restart keeps both`()
            async throws
        {
            let old = try digest(of: Flights.reference())
            let new = try digest(of: Flights.exactReference())
            let sidecar = try start("sidecar")
            try UnixClient(sidecar.socket).send(String(repeating: SocketTests.record, count: 10))
            let rows = #"kedge_window_rows{model="delay",model_version="1",window="10k"}"#
            try await sidecar.wait(for: rows, toBe: 10)
            let first = try await report(of: sidecar)
            #expect(first.monitors.map(\.reference) == [old])
            #expect(first.retired.isEmpty)

            let promotion = try command("promote", Flights.exactReference())
            #expect(promotion.status == 0, "\(promotion.errors)")
            #expect(promotion.output.contains(#""reference":"\#(new)","previous":"\#(old)""#))
            // In force at once: what is asked next knows nothing else.
            try await expect(sidecar, inForce: new, retired: old)
            #expect(try await sidecar.metric(rows) == 0)
            let page = try await sidecar.get("/metrics").body
            #expect(!page.contains(old))
            #expect(!page.contains("kedge_drift_ks_statistic{"))
            #expect(sidecar.process.errors.contains("its windows begin anew"))
            // The same once more is none.
            let again = try command("promote", Flights.exactReference())
            #expect(again.output.contains(#""changed":false"#))

            try UnixClient(sidecar.socket).send(String(repeating: SocketTests.record, count: 3))
            try await sidecar.wait(for: rows, toBe: 3)
            #expect(sidecar.process.end() == 0)
            let restarted = try start("restarted")
            try await restarted.wait(for: rows, toBe: 3)
            try await expect(restarted, inForce: new, retired: old)
            let list = try command("list")
            #expect(list.status == 0, "\(list.errors)")
            let lines = list.output.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines[1].contains(new.prefix(19)) && lines[1].contains("in force"))
            #expect(lines[1].hasSuffix("promotion"))
            #expect(lines[2].contains(old.prefix(19)) && lines[2].hasSuffix(file.path))

            // A changed file is the newer promotion.
            try Data(contentsOf: URL(filePath: Flights.coarseReference()))
                .write(to: file, options: .atomic)
            try restarted.process.waitForErrors(containing: "promotion ended")
            try await expect(
                restarted,
                inForce: try digest(of: Flights.coarseReference()),
                retired: new
            )
            let kept = directory.url.appending(path: "state/references")
            let names = try FileManager.default.contentsOfDirectory(atPath: kept.path)
            #expect(names.isEmpty)
            let history = try await restarted.get("/api/v1/references").body
            #expect(try references(in: history, under: "earlier").count == 2)
        }

        @Test
        func `a reference that comes back goes on from what was kept of it`() async throws {
            let old = try digest(of: Flights.reference())
            let sidecar = try start("sidecar")
            try UnixClient(sidecar.socket).send(String(repeating: SocketTests.record, count: 10))
            let rows = #"kedge_window_rows{model="delay",model_version="1",window="10k"}"#
            try await sidecar.wait(for: rows, toBe: 10)
            #expect(try command("promote", Flights.exactReference()).status == 0)
            try await sidecar.wait(for: rows, toBe: 0)
            #expect(try command("promote", Flights.reference()).status == 0)
            try await sidecar.wait(for: rows, toBe: 10)
            let report = try await report(of: sidecar)
            #expect(report.monitors.map(\.reference) == [old])
            #expect(report.retired.map(\.reference) == [try digest(of: Flights.exactReference())])
        }

        @Test
        func `a model version that no file has can be promoted`() async throws {
            let sidecar = try start("sidecar")
            #expect(try command("promote", Flights.secondReference()).status == 0)
            let records = #"kedge_ingest_records_total{model="delay",model_version="2"}"#
            #expect(try await sidecar.metric(records) == 0)
            #expect(sidecar.process.end() == 0)
            let restarted = try start("restarted")
            #expect(try await restarted.metric(records) == 0)
            #expect(try await report(of: restarted).monitors.count == 2)
        }

        @Test
        func `over the network only the token changes state`() async throws {
            try directory.write("s3cret\n", to: "token")
            let sidecar = try start("sidecar", ["--token-file", directory.path("token")])
            let body = try Data(contentsOf: URL(filePath: Flights.exactReference()))
            let path = "/api/v1/references"
            let nobody = try await sidecar.post(path, body)
            #expect(nobody.status == 401)
            #expect(nobody.fields["www-authenticate"] == "Bearer")
            let stranger = try await sidecar.post(
                path,
                body,
                headers: ["Authorization": "Bearer guess"]
            )
            #expect(stranger.status == 403)
            #expect(try await report(of: sidecar).retired.isEmpty)

            let known = ["Authorization": "Bearer s3cret"]
            let faulty = try await sidecar.post(path, body.dropLast(100), headers: known)
            #expect(faulty.status == 400)
            #expect(faulty.body.contains("invalid_reference"), "\(faulty.body)")
            #expect(faulty.body.contains("byte"), "\(faulty.body)")
            var changed = String(decoding: body, as: UTF8.self)
            changed.replace("\"version\":\"1\"", with: "\"version\":\"3\"")
            let other = try await sidecar.post(path, Data(changed.utf8), headers: known)
            #expect(other.status == 400)
            #expect(other.body.contains("not what its digest says"), "\(other.body)")
            let put = try await sidecar.get(path, headers: known, method: "PUT", body: body)
            #expect(put.status == 405)
            #expect(put.fields["allow"] == "GET, HEAD, POST")

            let promoted = try await sidecar.post(path, body, headers: known)
            #expect(promoted.status == 200, "\(promoted.body)")
            try await expect(
                sidecar,
                inForce: try digest(of: Flights.exactReference()),
                retired: try digest(of: Flights.reference())
            )
        }

        @Test
        func `more model versions than are watched are refused`() async throws {
            let sidecar = try start("sidecar", ["--limits-monitors", "1"])
            let refused = try command("promote", Flights.secondReference())
            #expect(refused.status == 1)
            #expect(refused.errors.contains("the limit is 1 monitors"), "\(refused.errors)")
            #expect(try command("promote", Flights.exactReference()).status == 0)
            #expect(try await report(of: sidecar).monitors.count == 1)
        }

        @Test
        func `without a state directory nothing is promoted`() async throws {
            struct Stateless: ServesHTTP { let base: URL }
            try directory.write("s3cret", to: "token")
            let process = try RunningProcess(
                Kedge.binary,
                [
                    "sidecar", "--listen", "127.0.0.1:0", "--socket", directory.path("k.sock"),
                    "--reference", file.path, "--token-file", directory.path("token"),
                ],
                in: directory.url,
                name: "stateless"
            )
            let sidecar = Stateless(base: try process.servedAddress())
            let answer = try await sidecar.post(
                "/api/v1/references",
                try Data(contentsOf: URL(filePath: Flights.exactReference())),
                headers: ["Authorization": "Bearer s3cret"]
            )
            #expect(answer.status == 409)
            #expect(answer.body.contains("'state'"), "\(answer.body)")
        }

        // MARK: -

        private struct Answer: Decodable {
            struct Monitor: Decodable {
                struct Window: Decodable {
                    var rows: Int
                    var verdict: String
                }
                var reference: String
                var windows: [Window]
                var retired_at: String?
            }
            var monitors: [Monitor]
            var retired: [Monitor]
        }

        private func start(_ name: String, _ arguments: [String] = []) throws -> RunningSidecar {
            try RunningSidecar(
                configuration: """
                    references: ["\(file.path)"]
                    evaluate_every: 100ms
                    min_rows: 5
                    """,
                arguments: arguments,
                in: directory,
                name: name
            )
        }

        private func command(
            _ arguments: String...
        ) throws -> (status: Int32, output: String, errors: String) {
            try Kedge.run(
                ["reference"] + arguments + ["--state", directory.path("state")],
                in: directory.url
            )
        }

        private func report(of sidecar: RunningSidecar) async throws -> Answer {
            let body = try await sidecar.get("/api/v1/report").body
            return try JSONDecoder().decode(Answer.self, from: Data(body.utf8))
        }

        /// What a promotion of another reference leaves: a monitor that learns, and one to look back.
        private func expect(
            _ sidecar: RunningSidecar,
            inForce new: String,
            retired old: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let report = try await report(of: sidecar)
            #expect(report.monitors.map(\.reference) == [new], sourceLocation: sourceLocation)
            let verdicts = report.monitors.flatMap { $0.windows.map(\.verdict) }
            #expect(verdicts.allSatisfy { $0 == "learning" }, sourceLocation: sourceLocation)
            let last = try #require(report.retired.first, sourceLocation: sourceLocation)
            #expect(last.reference == old, sourceLocation: sourceLocation)
            #expect(last.retired_at != nil, sourceLocation: sourceLocation)
            #expect(last.windows.allSatisfy { $0.rows > 0 }, sourceLocation: sourceLocation)
            let body = try await sidecar.get("/api/v1/references").body
            let digests = try references(in: body, under: "references")
            #expect(digests == [new], sourceLocation: sourceLocation)
        }

        private func references(in body: String, under key: String) throws -> [String] {
            let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            let entries = try #require(object?[key] as? [[String: Any]])
            return entries.compactMap { $0["reference"] as? String }
        }

        private func digest(of path: String) throws -> String {
            let head = try String(contentsOfFile: path, encoding: .utf8).prefix(200)
            let text = try #require(head.split(separator: "\"digest\":\"").last)
            return String(text.prefix { $0 != "\"" })
        }
    }
}
