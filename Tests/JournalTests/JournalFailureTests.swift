// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import Journal
import TestSupport
import Testing

struct JournalFailureTests {
    private func change(bytes: Int, begins: Bool = true) -> MonitorChange {
        var change = MonitorChange(
            key: CommitWorld.keys[0],
            layout: "l",
            begins: begins,
            ringRows: 1_000,
            clock: StoredClock(pane: 0, time: 0, mark: 0),
            lastRecord: 0,
            ledgerFeatures: CommitWorld.features
        )
        change.segments = [UInt8](repeating: 3, count: bytes)
        change.segmentRows = 10
        change.totalRows = 10
        change.ledger = [LedgerDelta(quarter: 1, rows: 10, bins: [[10], [10], [10]])]
        return change
    }

    private func isFull(_ error: any Error) -> Bool {
        guard case .full = error as? JournalError else { return false }
        return (error as? JournalError)?.isWorthRetrying == true
    }

    @Test
    func `keeps nothing of a commit that does not fit, and goes on`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("kedge.sqlite")
        var options = JournalStore.Options()
        options.maximumBytes = 512 << 10
        let store = try JournalStore(path: path, time: 0, options: options)
        try store.commit(JournalCommit(time: 1, monitors: [change(bytes: 1_000)]))
        let kept = try store.loadMonitor(CommitWorld.keys[0], layout: "l", cellCount: 1)
        var failing = JournalCommit(time: 2, monitors: [change(bytes: 1 << 20)])
        failing.sessions = [
            SessionProgress(session: "s", producer: "p", decided: 1, dropped: 0, lastHeard: 0)
        ]
        for _ in 0..<3 {
            #expect { try store.commit(failing) } throws: { isFull($0) }
            #expect(try store.lastCommit()?.number == 1)
            #expect(try store.sessions() == [])
            #expect(
                try store.loadMonitor(CommitWorld.keys[0], layout: "l", cellCount: 1) == kept
            )
        }
        failing.monitors = []
        #expect(try store.commit(failing) == 2)
        try store.close()
        let roomy = try JournalStore(path: path, time: 0)
        failing.monitors = [change(bytes: 1 << 20)]
        #expect(try roomy.commit(failing) == 3)
    }

    @Test
    func `goes on when a full disk has room again`() throws {
        let directory = try TemporaryDirectory()
        // Mounting is root's; without it the file's own limit, above, is all that there is to test.
        guard let disk = SmallDisk(at: directory.url.path, bytes: 1 << 20) else { return }
        let path = directory.path("kedge.sqlite")
        let store = try JournalStore(path: path, time: 0)
        try store.commit(JournalCommit(time: 1, monitors: [change(bytes: 1_000)]))
        let filler = directory.path("filler")
        try Data(count: 600 << 10).write(to: URL(filePath: filler))
        let large = JournalCommit(time: 2, monitors: [change(bytes: 400 << 10)])
        for _ in 0..<3 { #expect { try store.commit(large) } throws: { isFull($0) } }
        #expect(try store.lastCommit()?.number == 1)
        try FileManager.default.removeItem(atPath: filler)
        #expect(try store.commit(large) == 2)
        try store.close()
        disk.setReadOnly(true)
        #expect { try JournalStore(path: path, time: 0) } throws: {
            ($0 as? JournalError)?.isWorthRetrying == true
        }
        disk.setReadOnly(false)
        #expect(try JournalStore(path: path, time: 0).lastCommit()?.number == 2)
    }

    @Test
    func `makes no file again and again while the disk is full`() throws {
        let directory = try TemporaryDirectory()
        guard let disk = SmallDisk(at: directory.url.path, bytes: 64 << 10) else { return }
        try Data(count: 48 << 10).write(to: URL(filePath: directory.path("filler")))
        for _ in 0..<3 {
            #expect { try JournalStore(path: directory.path("kedge.sqlite"), time: 0) } throws: {
                isFull($0)
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(names == ["filler"])
        withExtendedLifetime(disk) {}
    }

    @Test
    func `refuses to go on with a monitor that never began`() throws {
        let directory = try TemporaryDirectory()
        let store = try JournalStore(path: directory.path("kedge.sqlite"), time: 0)
        let commit = JournalCommit(time: 1, monitors: [change(bytes: 5, begins: false)])
        #expect(throws: JournalError.notBegun(CommitWorld.keys[0])) { try store.commit(commit) }
        #expect(try store.lastCommit() == nil)
    }
}
