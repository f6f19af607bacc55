// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import Journal
import TestSupport
import Testing

/// Journals of every released version; see `Tests/Fixtures/journal/README.md`.
struct JournalFixtureTests {
    private static let key = MonitorKey(model: "delay", version: "1", digest: "aa")

    private static var pane: StoredPane {
        let layout = CellLayout(cellCounts: [3])
        var pane = PaneCounts(cellCount: 3)
        pane.count(0..<4, of: ([0, 2, 2, 2] as [UInt16]).span, capacity: 4, layout: layout)
        return StoredPane(multiple: 1, number: 9, rows: 4, counts: CompactCounts(pane))
    }

    private static var commit: JournalCommit {
        var change = MonitorChange(
            key: key,
            layout: "layout",
            begins: true,
            ringRows: 100,
            clock: StoredClock(pane: 10, time: 605.5, mark: 10),
            lastRecord: 605.5,
            ledgerFeatures: [LedgerFeature(name: "temp", bins: [1, 2])]
        )
        change.segments = [1, 2, 3]
        change.segmentRows = 4
        change.segmentsMark = 9
        change.totalRows = 4
        change.panes = [pane]
        change.ledger = [LedgerDelta(quarter: 0, rows: 4, late: 1, bins: [[1, 3]])]
        var commit = JournalCommit(time: 606, monitors: [change])
        commit.sessions = [
            SessionProgress(
                session: "5f",
                producer: "pod-7/serve",
                decided: 4,
                dropped: 1,
                lastHeard: 605
            )
        ]
        commit.coverage = [CoverageDelta(quarter: 0, seconds: 600, dropped: 1)]
        return commit
    }

    private func expectContent(_ store: JournalStore) throws {
        #expect(store.events == [])
        #expect(try store.lastCommit()?.number == 1)
        #expect(try store.lastCommit()?.time == 606)
        let monitor = try #require(
            try store.loadMonitor(Self.key, layout: "layout", cellCount: 3)
        )
        #expect(
            monitor
                == StoredMonitor(
                    clock: StoredClock(pane: 10, time: 605.5, mark: 10),
                    totalRows: 4,
                    lastRecord: 605.5,
                    panes: [Self.pane],
                    segments: [[1, 2, 3]]
                )
        )
        #expect(try store.sessions() == Self.commit.sessions)
        var ledger = ""
        _ = try LedgerExport().write(store.reader) { ledger += String(decoding: $0, as: UTF8.self) }
        #expect(ledger.contains(#""counts":[1,3]"#))
        #expect(ledger.contains(#""coverage":{"seconds":600,"dropped":1,"late":1"#))
    }

    @Test(arguments: ["v1"])
    func `opens what a released version wrote, and goes on with it`(version: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("kedge.sqlite")
        let file = try Fixture.bytes("journal/\(version).sqlite")
        try Data(file).write(to: URL(filePath: path))
        let store = try JournalStore(path: path, time: 0)
        try expectContent(store)
        #expect(try store.commit(JournalCommit(time: 700)) == 2)
    }

    @Test
    func `writes what the fixture of its version holds`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("kedge.sqlite")
        var options = JournalStore.Options()
        options.pageBytes = 512
        let store = try JournalStore(path: path, time: 0, options: options)
        try store.commit(Self.commit)
        try expectContent(store)
        try store.compact(history: nil)
        try store.close()
        // How a fixture is made before a release.
        if let target = ProcessInfo.processInfo.environment["KEDGE_WRITE_JOURNAL_FIXTURE"] {
            try Data(contentsOf: URL(filePath: path)).write(to: URL(filePath: target))
        }
    }
}
