// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Journal
import TestSupport
import Testing

struct JournalStoreTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `keeps what a simple model of it keeps, over every restart`(seed: UInt64) throws {
        let directory = try TemporaryDirectory(inMemory: true)
        let path = directory.path("kedge.sqlite")
        var world = CommitWorld(seed: seed)
        var model = KeptModel()
        for number in 1...60 {
            let store = try JournalStore(path: path, time: 0)
            #expect(store.events == [])
            let commit = world.next()
            #expect(try store.commit(commit) == number)
            model.take(commit)
            if number.isMultiple(of: 7) { try store.checkpointIfLarge() }
            try expect(store, keeps: model)
            #expect(try store.lastCommit()?.number == number)
            #expect(try store.lastCommit()?.time == commit.time)
        }
    }

    @Test
    func `syncs every commit`() throws {
        let directory = try TemporaryDirectory()
        let store = try JournalStore(path: directory.path("kedge.sqlite"), time: 0)
        #expect(try store.synchronousLevel() == 2)
    }
}

/// Compares everything that a store loads with what it should keep.
func expect(
    _ store: JournalStore,
    keeps model: KeptModel,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    for key in CommitWorld.keys {
        let stored = try store.loadMonitor(
            key,
            layout: CommitWorld.layout,
            cellCount: CommitWorld.cells
        )
        #expect(stored == model.monitors[key]?.stored, sourceLocation: sourceLocation)
    }
    let sessions = model.sessions.values.sorted { $0.session < $1.session }
    #expect(try store.sessions() == sessions, sourceLocation: sourceLocation)
}
