// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import GRDB
import Journal
import TestSupport
import Testing

struct JournalFileTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path("kedge.sqlite")
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted()
    }

    @Test
    func `sets a file aside that is no database, and begins a fresh one`() throws {
        let text = String(repeating: "no database\n", count: 20)
        try directory.write(text, to: "kedge.sqlite")
        let store = try JournalStore(path: path, time: 1_370_000_000.7)
        let aside = path + ".set-aside-20130531T113320Z"
        #expect(store.events == [.setAside(path: aside, reason: "it is no SQLite database")])
        #expect(try String(contentsOfFile: aside, encoding: .utf8) == text)
        #expect(try store.lastCommit() == nil)
        #expect(try store.commit(JournalCommit(time: 1)) == 1)
    }

    @Test
    func `sets every file aside under a name of its own`() throws {
        for number in 1...3 {
            try directory.write("other \(number)", to: "kedge.sqlite")
            let store = try JournalStore(path: path, time: 0)
            try store.close()
        }
        let aside = try names().filter { $0.contains("set-aside") }
        #expect(
            aside == [
                "kedge.sqlite.set-aside-19700101T000000Z",
                "kedge.sqlite.set-aside-19700101T000000Z-2",
                "kedge.sqlite.set-aside-19700101T000000Z-3",
            ]
        )
    }

    @Test
    func `sets another program's database aside with its log, untouched`() throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: "PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (5)"
            )
        }
        let log = try Data(contentsOf: URL(filePath: path + "-wal"))
        #expect(!log.isEmpty)
        let store = try JournalStore(path: path, time: 0)
        guard case .setAside(let aside, let reason) = store.events.first else {
            Issue.record("not set aside")
            return
        }
        #expect(reason == "it is another program's (application_id 0)")
        #expect(try Data(contentsOf: URL(filePath: aside + "-wal")) == log)
        try queue.close()
    }

    @Test
    func `sets a journal of a newer version aside`() throws {
        try JournalStore(path: path, time: 0).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try queue.close()
        let store = try JournalStore(path: path, time: 0)
        #expect("\(store.events)".contains("newer Kedge (schema 99, this one knows 1)"))
    }

    @Test
    func `sets a journal aside whose migrations are of a newer version`() throws {
        try JournalStore(path: path, time: 0).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('v2')")
        }
        try queue.close()
        let store = try JournalStore(path: path, time: 0)
        #expect("\(store.events)".contains("newer Kedge (schema 2, this one knows 1)"))
    }

    @Test
    func `sets a journal aside whose tables are others`() throws {
        try JournalStore(path: path, time: 0).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "ALTER TABLE session RENAME COLUMN name TO names") }
        try queue.close()
        let store = try JournalStore(path: path, time: 0)
        #expect("\(store.events)".contains("its tables are not those of its version"))
        #expect(try store.commit(JournalCommit(time: 1)) == 1)
    }

    @Test
    func `replaces nothing when it must not`() throws {
        var options = JournalStore.Options()
        options.replaces = false
        #expect(throws: JournalError.unusable(path: path, reason: "there is no journal")) {
            try JournalStore(path: path, time: 0, options: options)
        }
        try directory.write("other", to: "kedge.sqlite")
        #expect(
            throws: JournalError.unusable(path: path, reason: "it is no SQLite database")
        ) {
            try JournalStore(path: path, time: 0, options: options)
        }
        #expect(try names() == ["kedge.sqlite"])
    }

    @Test
    func `says that a directory is in the way`() throws {
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false
        )
        #expect(throws: JournalError.unusable(path: path, reason: "not a regular file")) {
            try JournalStore(path: path, time: 0)
        }
    }

    @Test
    func `says that nothing can be made in a directory`() throws {
        // Nobody can make files here, not even root.
        #expect { try JournalStore(path: "/proc/kedge.sqlite", time: 0) } throws: { error in
            guard case .cannotOpen = error as? JournalError else { return false }
            return (error as? JournalError)?.isWorthRetrying == true
        }
    }

    @Test
    func `reads a journal without making or changing a file, open elsewhere or not`() throws {
        let store = try JournalStore(path: path, time: 0)
        try store.commit(JournalCommit(time: 5))
        #expect(try JournalReader(reading: path).lastCommit()?.number == 1)
        try store.close()
        let before = try Data(contentsOf: URL(filePath: path))
        #expect(try JournalReader(reading: path).lastCommit()?.number == 1)
        #expect(try names() == ["kedge.sqlite"])
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(throws: JournalError.self) {
            try JournalReader(reading: directory.path("absent.sqlite"))
        }
        #expect(try names() == ["kedge.sqlite"])
    }

    @Test
    func `gives the pages of what was pruned back`() throws {
        var options = JournalStore.Options()
        options.checkpointBytes = 1 << 20
        let store = try JournalStore(path: path, time: 0, options: options)
        let key = CommitWorld.keys[0]
        for number in 0..<2 {
            var change = MonitorChange(
                key: key,
                layout: "l",
                begins: true,
                ringRows: 0,
                clock: StoredClock(pane: 0, time: 0, mark: 0),
                lastRecord: 0,
                ledgerFeatures: []
            )
            if number == 0 { change.segments = [UInt8](repeating: 7, count: 8 << 20) }
            try store.commit(JournalCommit(time: 0, monitors: [change]))
            let isLarge = number == 0
            #expect(try store.checkpointIfLarge() == isLarge)
        }
        let before = JournalStore.bytes(of: path)
        #expect(try store.reclaim() > 1_000)
        try store.compact(history: nil)
        #expect(JournalStore.bytes(of: path) < before / 10)
        #expect(try store.loadMonitor(key, layout: "l", cellCount: 1)?.segments == [])
    }
}
