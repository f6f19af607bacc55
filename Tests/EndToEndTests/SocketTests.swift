// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// The Unix socket: who may have the path, and what strange producers do to good ones.
    @Suite
    struct SocketTests {
        static let records = #"kedge_ingest_records_total{model="delay",model_version="1"}"#
        static let record =
            #"{"model":"delay","version":"1","features":{"temp":40,"carrier":"UA"},"prediction":0.1}"#
            + "\n"

        @Test
        func `starts over the leftover socket of a killed process`() async throws {
            let directory = try TemporaryDirectory()
            let first = try RunningSidecar(configuration: try Self.settings(), in: directory)
            #expect(first.process.end(SIGKILL) == -SIGKILL)
            #expect(FileManager.default.fileExists(atPath: first.socket))
            let second = try RunningSidecar(
                configuration: try Self.settings(),
                in: directory,
                name: "second"
            )
            try UnixClient(second.socket).send(Self.record)
            try await second.wait(for: Self.records, toBe: 1)
        }

        @Test
        func `refuses the path of a live socket`() throws {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            let result = try Kedge.run(
                [
                    "sidecar", "--reference", try Flights.reference(), "--socket", sidecar.socket,
                    "--listen", "127.0.0.1:0", "--state", sidecar.directory.path("other"),
                ],
                in: sidecar.directory.url
            )
            #expect(result.status == 1)
            #expect(result.errors.contains("another process is listening on \(sidecar.socket)"))
        }

        @Test
        func `refuses a state directory in use`() throws {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            let result = try Kedge.run(
                [
                    "sidecar", "--reference", try Flights.reference(), "--listen", "127.0.0.1:0",
                    "--socket", sidecar.directory.path("other.sock"),
                    "--state", sidecar.directory.path("state"),
                ],
                in: sidecar.directory.url
            )
            #expect(result.status == 1)
            #expect(result.errors.contains("is in use by another kedge process"))
        }

        @Test
        func `leaves a file alone that is no socket`() throws {
            let directory = try TemporaryDirectory()
            let path = try directory.write("precious", to: "kedge.sock")
            let result = try Kedge.run(
                [
                    "sidecar", "--reference", try Flights.reference(), "--listen", "127.0.0.1:0",
                    "--socket", path, "--state", directory.path("state"),
                ],
                in: directory.url
            )
            #expect(result.status == 1)
            #expect(result.errors.contains("is not a socket"))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        }

        @Test
        func `the socket has the configured mode and goes with the process`() throws {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            let attributes = try FileManager.default.attributesOfItem(atPath: sidecar.socket)
            #expect((attributes[.posixPermissions] as? NSNumber)?.uint16Value == 0o660)
            #expect(sidecar.process.end(SIGTERM) == 0)
            #expect(!FileManager.default.fileExists(atPath: sidecar.socket))
        }

        @Test
        func `counts what was sent before SIGTERM`() async throws {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            let client = try UnixClient(sidecar.socket)
            try client.send(String(repeating: Self.record, count: 50_000))
            #expect(sidecar.process.end(SIGTERM) == 0)
            #expect(
                sidecar.process.errors.contains(#""records":"50000""#),
                "\(sidecar.process.errors)"
            )
        }

        @Test
        func `counts each record of 200 connections at once`() async throws {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            let clients = try (0..<200).map { _ in try UnixClient(sidecar.socket) }
            let rounds = 25
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in clients.map(SendableClient.init) {
                    group.addTask {
                        // Each record in two writes, so that lines of many connections interleave.
                        for _ in 0..<rounds {
                            try client.value.send(Self.record.utf8.prefix(31))
                            try client.value.send(Self.record.utf8.dropFirst(31))
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await sidecar.wait(for: Self.records, toBe: Double(200 * rounds))
            #expect(try await sidecar.metric("kedge_ingest_connections") == 200)
            withExtendedLifetime(clients) {}
        }

        @Test
        func `a good producer loses nothing beside slow, garbage and endless ones`() async throws {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            let slow = try UnixClient(sidecar.socket)
            let garbage = try UnixClient(sidecar.socket)
            let endless = try UnixClient(sidecar.socket)
            let good = try UnixClient(sidecar.socket)
            var random = SeededGenerator(seed: 7)
            for byte in Self.record.utf8.dropLast(5) { try slow.send([byte]) }
            for _ in 0..<200 {
                try garbage.send((0..<100).map { _ in UInt8.random(in: 11...255, using: &random) })
                try garbage.send("\n")
                try good.send(Self.record)
            }
            try endless.send(Array(repeating: UInt8(ascii: "x"), count: 10 << 20))
            try endless.send("\n" + Self.record)
            for byte in Self.record.utf8.suffix(5) { try slow.send([byte]) }
            try await sidecar.wait(for: Self.records, toBe: 202)
            try await sidecar.wait(for: #"kedge_ingest_rejected_total{reason="too_long"}"#, toBe: 1)
            let rejected = try await total(of: "kedge_ingest_rejected_total", in: sidecar)
            #expect(rejected == 201)
        }

        @Test
        func `a last line without its newline is truncated`() async throws {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            try UnixClient(sidecar.socket).send(Self.record + Self.record.dropLast())
            try await sidecar.wait(
                for: #"kedge_ingest_rejected_total{reason="truncated"}"#,
                toBe: 1
            )
            #expect(try await sidecar.metric(Self.records) == 1)
        }

        @Test
        func `a hello names model and version, and is answered with what is durable`() async throws
        {
            let sidecar = try RunningSidecar(configuration: try Self.settings())
            let client = try UnixClient(sidecar.socket)
            let hello = #"{"hello":{"producer":"p","session":"s","ack":true,"#
            try client.send(hello + #""model":"delay","version":"1"}}"# + "\n")
            #expect(client.receiveLine() == #"{"hello":{"seq":0}}"#)
            try client.send(#"{"seq":7,"features":{"temp":40}}"# + "\n")
            #expect(client.receiveLine() == #"{"ack":7}"#)
            try await sidecar.wait(for: Self.records, toBe: 1)
            try client.send(#"{"dropped":12}"# + "\n" + #"{"id":"a","actual":1}"# + "\n")
            try await sidecar.wait(for: "kedge_producer_dropped_total", toBe: 12)
            try await sidecar.wait(for: "kedge_ingest_actuals_total", toBe: 1)
        }

        @Test
        func `refuses connections over the limit and counts them`() async throws {
            let sidecar = try RunningSidecar(
                configuration: try Self.settings(socket: "{max_connections: 2}")
            )
            let first = try UnixClient(sidecar.socket)
            let second = try UnixClient(sidecar.socket)
            try await sidecar.wait(for: "kedge_ingest_connections", toBe: 2)
            let third = try UnixClient(sidecar.socket)
            #expect(third.isClosedByPeer())
            try await sidecar.wait(for: "kedge_ingest_connections_refused_total", toBe: 1)
            try first.send(Self.record)
            try second.send(Self.record)
            try await sidecar.wait(for: Self.records, toBe: 2)
        }

        @Test
        func `refuses users outside the list`() async throws {
            let sidecar = try RunningSidecar(
                configuration: try Self.settings(socket: "{allow_uids: [54321]}")
            )
            #expect(try UnixClient(sidecar.socket).isClosedByPeer())
            try await sidecar.wait(for: "kedge_ingest_connections_refused_total", toBe: 1)
        }

        @Test
        func `closes an idle connection`() throws {
            let sidecar = try RunningSidecar(
                configuration: try Self.settings(socket: "{idle: 1s}")
            )
            #expect(try UnixClient(sidecar.socket).isClosedByPeer())
        }

        private static func settings(socket: String = "{}") throws -> String {
            """
            references: ["\(try Flights.reference())"]
            socket: \(socket)
            """
        }

        private func total(of name: String, in sidecar: RunningSidecar) async throws -> Double {
            try await sidecar.get("/metrics").body.split(separator: "\n")
                .filter { $0.hasPrefix(name + "{") }
                .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
                .reduce(0, +)
        }
    }
}

/// A client that one task at a time uses.
private struct SendableClient: @unchecked Sendable {
    // Each task of the group above has a client of its own.
    let value: UnixClient
}
