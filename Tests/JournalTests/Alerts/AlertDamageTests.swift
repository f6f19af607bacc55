// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation
import GRDB
import Journal
import TestSupport
import Testing

struct AlertDamageTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory(inMemory: true)
        path = directory.path(AlertStore.fileName)
    }

    private var options: AlertStore.Options {
        var options = AlertStore.Options()
        options.pageBytes = 512
        return options
    }

    /// A small file as it lies on the disk, and what it should hold after each commit.
    private struct Original {
        var file: [UInt8] = []
        var log: [UInt8] = []
        var models = [AlertModel()]
    }

    /// The smallest file of a sample, to be closed and damaged.
    private func sample() throws -> Original {
        let sample = try AlertSample()
        let store = try AlertStore(path: path, time: 0, options: options)
        try store.commit(sample.changes, time: 0)
        try store.close()
        let file = [UInt8](try Data(contentsOf: URL(filePath: path)))
        return Original(file: file, models: [sample.model])
    }

    /// A file whose log holds a few random commits.
    private func logged() throws -> Original {
        var original = Original()
        var model = AlertModel()
        var world = AlertWorld(seed: 2)
        let store = try AlertStore(path: path, time: 0, options: options)
        for number in 0..<3 {
            let changes = try world.next()
            try store.commit(changes, time: Double(number))
            model.take(changes)
            original.models.append(model)
        }
        original.file = [UInt8](try Data(contentsOf: URL(filePath: path)))
        original.log = [UInt8](try Data(contentsOf: URL(filePath: path + "-wal")))
        return original
    }

    /// Opens bytes as a store's file and holds it against what it should be.
    ///
    /// - Returns: What the store says is wrong; `nil` when everything is as it was after a commit.
    private func verdict(
        file: [UInt8],
        log: [UInt8] = [],
        _ original: Original
    ) throws -> String? {
        let copy = try TemporaryDirectory(inMemory: true)
        let path = copy.path(AlertStore.fileName)
        try Data(file).write(to: URL(filePath: path))
        if !log.isEmpty { try Data(log).write(to: URL(filePath: path + "-wal")) }
        do throws(JournalError) {
            let store = try AlertStore(path: path, time: 0, options: options)
            let found = AlertModel(try store.load())
            if case .setAside(let aside, _) = store.events.first {
                #expect(FileManager.default.fileExists(atPath: aside))
                #expect(found == AlertModel())
            } else if store.events.isEmpty {
                let last = original.models.suffix(log.isEmpty ? 1 : original.models.count)
                #expect(last.contains(found))
                return nil
            }
            #expect(original.models.contains { found.isPart(of: $0) })
            return "\(store.events)"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: 0..<8)
    func `tells a changed byte, or gives what was stored`(part: Int) throws {
        let original = try sample()
        var random = SeededGenerator(seed: UInt64(part))
        var told = 0
        for offset in stride(from: part, to: original.file.count, by: 8) {
            var file = original.file
            file[offset] ^= UInt8.random(in: 1...255, using: &random)
            if try verdict(file: file, original) != nil { told += 1 }
        }
        // Many bytes are free.
        #expect(told > original.file.count / 8 / 4)
    }

    @Test
    func `tells a file that was cut short`() throws {
        let original = try sample()
        // Of the last page the end is free, and counts for nothing.
        for count in stride(from: 0, to: original.file.count - 512, by: 97) {
            #expect(try verdict(file: Array(original.file.prefix(count)), original) != nil)
        }
    }

    @Test
    func `goes back to a whole commit when its log was cut short or changed`() throws {
        let original = try logged()
        var random = SeededGenerator(seed: 3)
        for offset in stride(from: 0, to: original.log.count, by: 211) {
            let short = Array(original.log.prefix(offset)) + [0]
            #expect(try verdict(file: original.file, log: short, original) == nil)
            var changed = original.log
            changed[offset] ^= UInt8.random(in: 1...255, using: &random)
            _ = try verdict(file: original.file, log: changed, original)
        }
    }

    /// Changes a file that holds the silences `a`, `b` and `c`, and opens it.
    private func opened(
        after sql: String,
        _ arguments: StatementArguments = []
    ) throws -> AlertStore {
        let store = try AlertStore(path: path, time: 0)
        var changes = AlertChanges.none
        for id in ["a", "b", "c"] {
            changes.silences[id] = .some(
                Silence(
                    id: id,
                    matchers: [.init("model", "delay")],
                    startsAt: 0,
                    endsAt: 1,
                    updatedAt: 0,
                    createdBy: "ops",
                    comment: ""
                )
            )
        }
        try store.commit(changes, time: 0)
        try store.close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql, arguments: arguments) }
        try queue.close()
        return try AlertStore(path: path, time: 7)
    }

    private func refused() throws -> [String] {
        let queue = try DatabaseQueue(path: path)
        return try queue.read { try String.fetchAll($0, sql: "SELECT content FROM refused") }
    }

    @Test
    func `refuses one row that was changed, once, and gives the others`() throws {
        let store = try opened(
            after: "UPDATE silence SET content = x'7b7d' WHERE key = CAST('1:b,' AS BLOB)"
        )
        let reason = "a row of silence does not match its checksum"
        #expect(store.events == [.refused(reason: reason)])
        #expect(try store.load().silences.map(\.id) == ["a", "c"])
        try store.close()
        #expect(try refused().map { $0.hasSuffix("X'7B7D'") } == [true])
        let next = try AlertStore(path: path, time: 8)
        #expect(next.events == [])
        #expect(try next.load().silences.map(\.id) == ["a", "c"])
    }

    @Test
    func `tells that rows are gone`() throws {
        let store = try opened(after: "DELETE FROM silence WHERE key = CAST('1:b,' AS BLOB)")
        #expect(store.events == [.missing(table: "silence", left: 2, of: 3)])
        #expect(try store.load().silences.map(\.id) == ["a", "c"])
        try store.close()
        #expect(try AlertStore(path: path, time: 8).events == [])
    }

    @Test
    func `tells that the number of rows is gone`() throws {
        let store = try opened(after: "DELETE FROM state")
        #expect(store.events == [.missing(table: "silence", left: 3, of: 0)])
        #expect(try store.load().silences.count == 3)
    }

    @Test
    func `counts anew when the number of rows was changed`() throws {
        let store = try opened(after: "UPDATE state SET silences = 9")
        #expect(store.events == [.refused(reason: "a row of state does not match its checksum")])
        #expect(try store.load().silences.count == 3)
        try store.close()
        #expect(try AlertStore(path: path, time: 8).events == [])
    }

    @Test
    func `sets a file aside whose tables are others`() throws {
        let store = try opened(after: "ALTER TABLE alert RENAME COLUMN content TO contents")
        guard case .setAside = store.events.first else {
            Issue.record("not set aside: \(store.events)")
            return
        }
        #expect(try store.load().silences == [])
    }

    @Test(
        arguments: [
            "", "{", "[]", "null", "{}", "\u{0}", #"{"id":"b"}"#, #"{"id":1e999}"#,
            String(repeating: "[", count: 100_000), String(repeating: #"{"id":"#, count: 9_999),
            #"{"comment":"","createdBy":"","endsAt":"x","id":"b","matchers":[],"startsAt":0}"#,
        ]
    )
    func `refuses a row whose checksum is right and whose content is not`(json: String) throws {
        let key = Array("1:b,".utf8)
        let content = Array(json.utf8)
        let store = try opened(
            after: "UPDATE silence SET content = ?, checksum = ? WHERE key = ?",
            [Data(content), checksum(["silence".utf8.map(\.self), key, content]), Data(key)]
        )
        let reason = "a row of silence does not hold what this version can read"
        #expect(store.events == [.refused(reason: reason)])
        #expect(try store.load().silences.map(\.id) == ["a", "c"])
    }

    @Test
    func `tells a row that is damaged while the file is open, and refuses it then`() throws {
        let store = try opened(after: "SELECT 1")
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "UPDATE silence SET checksum = 1") }
        #expect {
            try store.load()
        } throws: {
            guard case .corrupt = $0 as? JournalError else { return false }
            return true
        }
        try store.close()
        try queue.close()
        #expect(try AlertStore(path: path, time: 0).events.count == 3)
    }

    /// CRC-32 (ISO 3309) of parts, each after its length in 64 bits.
    private func checksum(_ parts: [[UInt8]]) -> Int64 {
        let bytes = parts.flatMap { part in
            (0..<8).map { UInt8(truncatingIfNeeded: part.count >> (8 * $0)) } + part
        }
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return Int64(~crc)
    }
}
