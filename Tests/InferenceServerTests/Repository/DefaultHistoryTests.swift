// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import InferenceServer
import TestSupport
import Testing

struct DefaultHistoryTests {
    private let sample: SampleRepository

    init() throws {
        sample = try SampleRepository()
        for version in 1...3 { try sample.publish("m/\(version)", "constant-\(version)") }
    }

    @Test
    func `the first default is the greatest version, and is written down`() throws {
        let repository = try sample.started()
        #expect(sample.board.defaultVersion("m") == "3")
        let record = try #require(repository.history.records["m"])
        #expect(record.current.text == "3")
        #expect(record.changes.map(\.action) == [.initial])
        // A greater one that comes later does not become it by itself, nor over a restart.
        try sample.publish("m/4", "constant-1")
        repository.poll()
        #expect(sample.board.versions("m") == ["1", "2", "3", "4"])
        #expect(sample.board.defaultVersion("m") == "3")
        _ = try sample.started()
        #expect(sample.board.defaultVersion("m") == "3")
    }

    @Test
    func `promotions and rollbacks are a stack that survives a restart`() throws {
        var repository = try sample.started()
        #expect(try repository.promote("m", to: "1").from == "3")
        #expect(try repository.promote("m", to: "2").from == "1")
        #expect(sample.board.defaultVersion("m") == "2")
        // What is the default already is no change.
        #expect(try repository.promote("m", to: "2").from == "2")

        repository = try sample.started()
        #expect(sample.board.defaultVersion("m") == "2")
        let change = try repository.rollBack("m")
        #expect(change.from == "2" && change.to == "1")
        repository = try sample.started()
        #expect(sample.board.defaultVersion("m") == "1")
        #expect(try repository.rollBack("m").to == "3")
        #expect(throws: RepositoryActionError.nothingBefore(model: "m", version: "3")) {
            try repository.rollBack("m")
        }
        let record = try #require(repository.history.records["m"])
        #expect(record.changes.map(\.version.text) == ["3", "1", "2", "1", "3"])
        #expect(
            record.changes.map(\.action) == [.initial, .promote, .promote, .rollback, .rollback]
        )
    }

    @Test
    func `without a state directory the defaults last until the restart, and the log says so`()
        throws
    {
        let repository = try sample.started(keepsState: false)
        try repository.promote("m", to: "1")
        #expect(sample.board.defaultVersion("m") == "1")
        #expect(sample.log.lines(with: "no state directory").count == 1)
        _ = try sample.started(keepsState: false)
        #expect(sample.board.defaultVersion("m") == "3")
    }

    @Test
    func `a history is bounded and still rolls back`() throws {
        let repository = try sample.started()
        for round in 0..<DefaultHistory.depth {
            try repository.promote("m", to: "\(round % 2 + 1)")
        }
        let record = try #require(repository.history.records["m"])
        #expect(record.changes.count == DefaultHistory.depth)
        #expect(record.before.count == DefaultHistory.depth)
        #expect(try repository.rollBack("m").to == "1")
    }

    @Test
    func `what is written is what is read, byte for byte`() throws {
        let repository = try sample.started()
        try repository.promote("m", to: "1")
        let bytes = try Data(contentsOf: file)
        let history = try DefaultHistory(decoding: [UInt8](bytes))
        #expect(history == repository.history)
        #expect(history.encoded() == [UInt8](bytes))
    }

    @Test
    func `no changed, cut or added byte of the file is believed`() throws {
        let repository = try sample.started()
        try repository.promote("m", to: "1")
        let bytes = [UInt8](try Data(contentsOf: file))
        for index in bytes.indices {
            var damaged = bytes
            for byte in [bytes[index] ^ 1, bytes[index] ^ 0x80, 0, UInt8(ascii: " ")]
            where byte != bytes[index] {
                damaged[index] = byte
                #expect(throws: StateContentError.self) {
                    try DefaultHistory(decoding: damaged)
                }
            }
            #expect(throws: StateContentError.self) {
                try DefaultHistory(decoding: Array(bytes[..<index]))
            }
            damaged = bytes
            damaged.insert(UInt8(ascii: " "), at: index)
            #expect(throws: StateContentError.self) { try DefaultHistory(decoding: damaged) }
        }
    }

    @Test
    func `a damaged file is set aside and told, and the history begins anew`() throws {
        try (try sample.started()).promote("m", to: "1")
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)

        let repository = try sample.started()
        #expect(sample.board.defaultVersion("m") == "3")
        #expect(repository.history.records["m"]?.changes.map(\.action) == [.initial])
        let state = try FileManager.default.contentsOfDirectory(
            atPath: sample.directory.path("state")
        ).sorted()
        #expect(state.count == 2)
        let aside = try #require(state.last)
        #expect(aside.hasPrefix("models.json.corrupt-"))
        #expect(
            try Data(contentsOf: sample.directory.url.appending(path: "state/\(aside)")) == bytes
        )
        #expect(sample.log.lines(with: "cannot be trusted").count == 1)
        // The new history is on the disk.
        #expect(try DefaultHistory(decoding: [UInt8](Data(contentsOf: file))) == repository.history)
    }

    @Test
    func `a format of another version is told by its number`() {
        let file = Array(#"{"format":2,"digest":"","models":[]}"#.utf8)
        #expect(throws: StateContentError.format(found: 2)) { try DefaultHistory(decoding: file) }
    }

    @Test
    func `a change that cannot be recorded is not made`() throws {
        let repository = try sample.started()
        // A directory in the place of the file: no rename replaces it, whoever runs the tests.
        try FileManager.default.removeItem(at: file)
        try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
        let error = #expect(throws: RepositoryActionError.self) {
            try repository.promote("m", to: "1")
        }
        guard case .notRecorded = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(sample.board.defaultVersion("m") == "3")
        #expect(repository.history.records["m"]?.changes.count == 1)
        try FileManager.default.removeItem(at: file)
        try repository.promote("m", to: "1")
        #expect(sample.board.defaultVersion("m") == "1")
    }

    private var file: URL { sample.directory.url.appending(path: "state/models.json") }
}
