// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `raw_log`: records as they came, and sent again.
    @Suite
    struct RawLogTests {
        private static func settings(_ more: String = "") throws -> String {
            "references: [\"\(try Flights.reference())\"]\n\(more)"
        }

        /// The lines of every file, in the order of the files.
        private static func lines(of sidecar: RunningSidecar) throws -> [String] {
            let folder = sidecar.directory.path("state/raw")
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                .flatMap { name in
                    let path = "\(folder)/\(name)"
                    let mode = try FileManager.default.attributesOfItem(atPath: path)[
                        .posixPermissions
                    ]
                    #expect(mode as? Int == 0o600)
                    return try String(contentsOfFile: path, encoding: .utf8)
                        .split(separator: "\n").map(String.init)
                }
        }

        @Test
        func `keeps accepted records, says so loudly, and they can be sent again`() async throws {
            let sidecar = try RunningSidecar(
                configuration: try Self.settings("raw_log: {enabled: true, max_bytes: 2MiB}")
            )
            #expect(sidecar.process.errors.contains("raw_log is on"))
            let client = try UnixClient(sidecar.socket)
            try client.send(
                """
                {"hello":{"producer":"p","model":"delay","version":"1"}}
                {"features":{"temp":40.125,"carrier":"UA"},"prediction":0.1}
                {"ts":1370077200.25,"id":"x","features":{"temp":41},"prediction":0.2}
                not a record
                {"features":{"temp":42},"outcome":"failed"}
                {"model":"unknown","version":"1","features":{"temp":43}}

                """
            )
            try await sidecar.wait(for: SocketTests.records, toBe: 3)
            #expect(sidecar.process.end() == 0)
            let lines = try Self.lines(of: sidecar)
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix(#"{"model":"delay","version":"1","ts":"#) == true)
            #expect(
                lines.first?.hasSuffix(
                    #","features":{"temp":40.125,"carrier":"UA"},"prediction":0.1}"#
                ) == true
            )
            #expect(
                lines.last
                    == #"{"model":"delay","version":"1","#
                    + #""ts":1370077200.25,"id":"x","features":{"temp":41},"prediction":0.2}"#
            )
            try await replayOnSecondVersion(lines)
        }

        /// Sends lines to a sidecar that watches another version.
        private func replayOnSecondVersion(_ lines: [String]) async throws {
            let directory = try TemporaryDirectory()
            let reference = try Flights.secondReference()
            let sidecar = try RunningSidecar(configuration: "references: [\"\(reference)\"]")
            let file = try directory.write(
                lines.joined(separator: "\n") + "\n",
                to: "records.ndjson"
            )
            let result = try Kedge.run(
                [
                    "replay", "--input", file, "--socket", sidecar.socket, "--speed", "max",
                    "--reference", reference, "--relabel",
                ],
                in: directory.url
            )
            #expect(result.status == 0, "\(result.errors)")
            try await sidecar.wait(
                for: #"kedge_ingest_records_total{model="delay",model_version="2"}"#,
                toBe: Double(lines.count)
            )
        }

        @Test
        func `is bounded, and off by default`() async throws {
            let off = try RunningSidecar(configuration: try Self.settings())
            try UnixClient(off.socket).send(SocketTests.record)
            try await off.wait(for: SocketTests.records, toBe: 1)
            #expect(off.process.end() == 0)
            #expect(!FileManager.default.fileExists(atPath: off.directory.path("state/raw")))

            let bounded = try RunningSidecar(
                configuration: try Self.settings("raw_log: {enabled: true, max_bytes: 1MiB}")
            )
            let batch = String(repeating: SocketTests.record, count: 1_000)
            let client = try UnixClient(bounded.socket)
            for count in 1...40 {
                try client.send(batch)
                try await bounded.wait(for: SocketTests.records, toBe: Double(count * 1_000))
            }
            #expect(bounded.process.end() == 0)
            let bytes = try Self.lines(of: bounded).reduce(0) { $0 + $1.utf8.count + 1 }
            // 40,000 records are four times as much.
            #expect(bytes <= 1 << 20)
            #expect(bytes > 1 << 18)
        }
    }
}
