// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation
import GRDB
import Journal
import TestSupport
import Testing

struct AlertFileTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path(AlertStore.fileName)
    }

    private func changes(silences: Int) -> AlertChanges {
        var changes = AlertChanges.none
        for number in 0..<silences {
            changes.silences["\(number)"] = .some(
                Silence(
                    id: "\(number)",
                    matchers: [.init("model", "delay")],
                    startsAt: 0,
                    endsAt: 1,
                    updatedAt: 0,
                    createdBy: "ops",
                    comment: String(repeating: "x", count: 1_000)
                )
            )
        }
        return changes
    }

    private func isFull(_ error: any Error) -> Bool {
        guard case .full = error as? JournalError else { return false }
        return "\(error)".hasPrefix("the alert store's disk is full")
    }

    @Test
    func `sets a file aside that is no database, and begins a fresh one`() throws {
        try directory.write("no database", to: AlertStore.fileName)
        let store = try AlertStore(path: path, time: 1_370_000_000.7)
        let aside = path + ".set-aside-20130531T113320Z"
        #expect(store.events == [.setAside(path: aside, reason: "it is no SQLite database")])
        #expect(try String(contentsOfFile: aside, encoding: .utf8) == "no database")
        try store.commit(changes(silences: 1), time: 0)
        #expect(try store.load().silences.count == 1)
    }

    @Test
    func `sets a journal aside that stands in its place`() throws {
        try JournalStore(path: path, time: 0).close()
        let store = try AlertStore(path: path, time: 0)
        let reason = "it is another program's (application_id 1801806951)"
        #expect(
            store.events == [
                .setAside(path: path + ".set-aside-19700101T000000Z", reason: reason)
            ]
        )
    }

    @Test(
        arguments: [
            ("PRAGMA user_version = 99", "schema 99"),
            ("INSERT INTO grdb_migrations VALUES ('v2')", "schema 2"),
        ]
    )
    func `sets a file of a newer version aside`(sql: String, schema: String) throws {
        try AlertStore(path: path, time: 0).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
        let store = try AlertStore(path: path, time: 0)
        #expect("\(store.events)".contains("newer Kedge (\(schema), this one knows 1)"))
    }

    @Test
    func `says that nothing can be made in a directory`() throws {
        // Nobody can make files here, not even root.
        #expect { try AlertStore(path: "/proc/alerts.sqlite", time: 0) } throws: { error in
            guard case .cannotOpen = error as? JournalError else { return false }
            return "\(error)".hasPrefix("the alert store cannot be opened")
        }
    }

    @Test
    func `keeps nothing of a commit that does not fit, and goes on`() throws {
        var options = AlertStore.Options()
        options.maximumBytes = 256 << 10
        let store = try AlertStore(path: path, time: 0, options: options)
        try store.commit(changes(silences: 3), time: 0)
        for _ in 0..<3 {
            #expect { try store.commit(changes(silences: 400), time: 0) } throws: { isFull($0) }
            #expect(try store.load().silences.count == 3)
        }
        try store.commit(changes(silences: 5), time: 0)
        try store.close()
        let roomy = try AlertStore(path: path, time: 0)
        #expect(roomy.events == [])
        try roomy.commit(changes(silences: 400), time: 0)
        #expect(try roomy.load().silences.count == 400)
    }

    @Test
    func `goes on when a full disk has room again, and waits for one that is read-only`() throws {
        // Mounting is root's; without it the file's own limit, above, is all that there is to test.
        guard let disk = SmallDisk(at: directory.url.path, bytes: 1 << 20) else { return }
        let store = try AlertStore(path: path, time: 0)
        try store.commit(changes(silences: 1), time: 0)
        let filler = directory.path("filler")
        try Data(count: 700 << 10).write(to: URL(filePath: filler))
        for _ in 0..<3 {
            #expect { try store.commit(changes(silences: 200), time: 0) } throws: { isFull($0) }
        }
        #expect(try store.load().silences.count == 1)
        try FileManager.default.removeItem(atPath: filler)
        try store.commit(changes(silences: 100), time: 0)
        try store.close()
        disk.setReadOnly(true)
        #expect { try AlertStore(path: path, time: 0) } throws: {
            ($0 as? JournalError)?.isWorthRetrying == true
        }
        disk.setReadOnly(false)
        let next = try AlertStore(path: path, time: 0)
        #expect(next.events == [])
        #expect(try next.load().silences.count == 100)
    }
}
