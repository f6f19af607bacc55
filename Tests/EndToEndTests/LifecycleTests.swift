// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// What changes while a sidecar runs: references and settings.
    @Suite
    struct LifecycleTests {
        @Test
        func `picks up, replaces and drops references in a watched directory`() async throws {
            let directory = try TemporaryDirectory()
            let references = directory.url.appending(path: "references")
            try FileManager.default.createDirectory(
                at: references,
                withIntermediateDirectories: true
            )
            let sidecar = try RunningSidecar(
                configuration: "references: [\"\(references.path)\"]",
                in: directory
            )
            let client = try UnixClient(sidecar.socket)
            try client.send(SocketTests.record)
            try await sidecar.wait(
                for: #"kedge_ingest_rejected_total{reason="no_reference"}"#,
                toBe: 1
            )

            let file = references.appending(path: "delay.json")
            try copy(try Flights.reference(), over: file)
            try sidecar.process.waitForErrors(containing: "reference in force")
            try client.send(SocketTests.record)
            try await sidecar.wait(for: SocketTests.records, toBe: 1)

            try copy(try Flights.exactReference(), over: file)
            try sidecar.process.waitForErrors(containing: "reference changed")
            try client.send(SocketTests.record)
            try await sidecar.wait(for: SocketTests.records, toBe: 2)

            try Data("{\"format\":1".utf8).write(to: file)
            try sidecar.process.waitForErrors(containing: "reference not used")
            try client.send(SocketTests.record)
            try await sidecar.wait(for: SocketTests.records, toBe: 3)

            try FileManager.default.removeItem(at: file)
            try sidecar.process.waitForErrors(containing: "reference gone")
            try client.send(SocketTests.record)
            try await sidecar.wait(
                for: #"kedge_ingest_rejected_total{reason="no_reference"}"#,
                toBe: 2
            )
        }

        @Test
        func `refuses a second file for the same model and version`() async throws {
            let directory = try TemporaryDirectory()
            let references = directory.url.appending(path: "references")
            try FileManager.default.createDirectory(
                at: references,
                withIntermediateDirectories: true
            )
            try copy(try Flights.reference(), over: references.appending(path: "a.json"))
            try copy(try Flights.exactReference(), over: references.appending(path: "b.json"))
            let sidecar = try RunningSidecar(
                configuration: "references: [\"\(references.path)\"]",
                in: directory
            )
            let log = sidecar.process.errors
            #expect(log.contains("b.json: has model delay, version 1, as has"), "\(log)")
            try await sidecar.wait(for: "kedge_references_refused", toBe: 1)
        }

        @Test
        func `SIGHUP takes new thresholds over and keeps the windows`() async throws {
            let directory = try TemporaryDirectory()
            let reference = "references: [\"\(try Flights.reference())\"]\nevaluate_every: 100ms\n"
            let sidecar = try RunningSidecar(
                configuration: reference + "min_rows: 1",
                in: directory
            )
            let client = try UnixClient(sidecar.socket)
            try client.send(String(repeating: SocketTests.record, count: 10))
            let rows = #"kedge_window_rows{model="delay",model_version="1",window="10k"}"#
            try await sidecar.wait(for: rows, toBe: 10)
            let threshold =
                #"kedge_drift_threshold{model="delay",model_version="1",window="10k","#
                + #"feature="temp",statistic="ks_statistic"}"#
            try await sidecar.wait(for: threshold, toBe: 0.1)

            let changed = reference + "min_rows: 1\nthresholds: {ks_statistic: 0.25}\n"
            try directory.write(changed, to: "sidecar.yaml")
            sidecar.process.send(SIGHUP)
            try sidecar.process.waitForErrors(containing: "configuration reloaded")
            try await sidecar.wait(for: threshold, toBe: 0.25)
            #expect(try await sidecar.metric(rows) == 10)

            try directory.write(reference + "min_rows: none\ntresholds: {}\n", to: "sidecar.yaml")
            sidecar.process.send(SIGHUP)
            try sidecar.process.waitForErrors(containing: "configuration not reloaded")
            let log = sidecar.process.errors
            #expect(log.contains("did you mean thresholds"), "\(log)")
            #expect(log.contains("min_rows"), "\(log)")
            #expect(try await sidecar.metric(threshold) == 0.25)
        }

        @Test
        func `a monitor without records leaves the page and comes back with them`() async throws {
            let sidecar = try RunningSidecar(
                configuration: """
                    references: ["\(try Flights.reference())"]
                    evaluate_every: 100ms
                    expire: 3s
                    """
            )
            let rows = #"kedge_window_rows{model="delay",model_version="1",window="10k"}"#
            let client = try UnixClient(sidecar.socket)
            try client.send(SocketTests.record)
            try await sidecar.wait(for: rows, toBe: 1)
            try await sidecar.waitForAbsence(of: rows)
            try client.send(SocketTests.record + SocketTests.record)
            try await sidecar.wait(for: rows, toBe: 2)
        }

        @Test
        func `says why it cannot start`() throws {
            let directory = try TemporaryDirectory()
            let start = [
                "sidecar", "--listen", "127.0.0.1:0", "--socket", directory.path("k.sock"),
            ]
            let absent = try Kedge.run(
                start + ["--reference", directory.path("absent.json")],
                in: directory.url
            )
            #expect(absent.status == 1)
            #expect(absent.errors.contains("absent.json: cannot be read: No such file"))
            let taken = try RunningSidecar(
                configuration: "references: [\"\(Flights.reference())\"]"
            )
            let address = "127.0.0.1:\(taken.base.port ?? 0)"
            let busy = try Kedge.run(
                [
                    "sidecar", "--listen", address, "--socket", directory.path("k.sock"),
                    "--reference", Flights.reference(),
                ],
                in: directory.url
            )
            #expect(busy.status == 1)
            #expect(
                busy.errors.contains("listen: cannot listen on \(address): Address already in use")
            )
            #expect(!FileManager.default.fileExists(atPath: directory.path("k.sock")))
            let faulty = try Kedge.run(
                start + ["--clock", "sundial", "--min-rows", "-1"],
                in: directory.url
            )
            #expect(faulty.status == 78)
            #expect(faulty.errors.contains("--clock"), "\(faulty.errors)")
            #expect(faulty.errors.contains("--min-rows"), "\(faulty.errors)")
        }

        /// Replaces a file the way a careful writer does.
        private func copy(_ path: String, over destination: URL) throws {
            let temporary = destination.appendingPathExtension("new")
            try FileManager.default.copyItem(at: URL(filePath: path), to: temporary)
            guard unsafe rename(temporary.path, destination.path) == 0 else {
                throw POSIXError(.init(rawValue: errno) ?? .EIO)
            }
        }
    }
}
