// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import TestSupport
import Testing

struct SocketFileTests {
    @Test
    func `a free path is free`() throws {
        let directory = try TemporaryDirectory()
        let file = SocketFile(path: directory.path("kedge.sock"), mode: 0o660)
        #expect(throws: Never.self) { try file.refuseLivePeer() }
    }

    @Test
    func `a file that is no socket is refused`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("", to: "kedge.sock")
        let file = SocketFile(path: path, mode: 0o660)
        #expect(throws: SocketFileError.notASocket(path: path)) { try file.refuseLivePeer() }
    }

    @Test
    func `an unknown group is refused`() throws {
        let directory = try TemporaryDirectory()
        let file = SocketFile(
            path: directory.path("kedge.sock"),
            mode: 0o660,
            group: "no-such-group"
        )
        try directory.write("", to: String(file.temporaryPath.split(separator: "/").last ?? ""))
        #expect(throws: SocketFileError.unknownGroup("no-such-group")) { try file.takePath() }
    }

    @Test
    func `only the own file is removed`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("kedge.sock")
        let file = SocketFile(path: path, mode: 0o660)
        try directory.write("ours", to: String(file.temporaryPath.split(separator: "/").last ?? ""))
        let identity = try file.takePath()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "ours")
        try directory.write("of another process", to: "other")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: directory.path("other"), toPath: path)
        file.remove(identity)
        #expect(FileManager.default.fileExists(atPath: path))
    }
}
