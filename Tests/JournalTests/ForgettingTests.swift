// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Journal
import TestSupport
import Testing

struct ForgettingTests {
    @Test
    func `forgets monitors that nobody watches once their last record is old enough`() throws {
        let directory = try TemporaryDirectory(inMemory: true)
        let path = directory.path("kedge.sqlite")
        let store = try JournalStore(path: path, time: 0)
        var world = CommitWorld(seed: 7)
        while try store.monitors().count < CommitWorld.keys.count {
            try store.commit(world.next())
        }
        let kept = try store.monitors()
        let oldest = try #require(kept.map(\.lastRecord).min())
        let latest = try #require(kept.map(\.lastRecord).max())
        let ledger = try entries(of: store)
        #expect(!ledger.isEmpty)

        // Not before: the age of the oldest is what counts.
        #expect(try store.forgetMonitors(but: [], before: oldest) == [])
        let watched = CommitWorld.keys[1]
        let forgotten = try store.forgetMonitors(but: [watched], before: latest + 1)
        #expect(Set(forgotten) == Set(CommitWorld.keys).subtracting([watched]))
        #expect(try store.monitors() == kept.filter { $0.key == watched })
        #expect(try entries(of: store) == ledger)
        #expect(try store.forgetMonitors(but: [watched], before: latest + 1) == [])
        // Nothing of them is left that a check would find.
        try store.close()
        #expect(try JournalStore(path: path, time: 0).events == [])
    }

    private func entries(of store: JournalStore) throws -> [[UInt64]] {
        var counts: [[UInt64]] = []
        _ = try store.reader.ledger(LedgerSelection()) { counts.append($0.counts) }
        return counts
    }
}
