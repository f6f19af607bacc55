// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import Journal
import TestSupport
import Testing

struct JournalDamageTests {
    /// A small journal as it lies on the disk, and what it should hold after each commit.
    private struct Original {
        var file: [UInt8] = []
        var log: [UInt8] = []
        var models: [KeptModel] = []
        var ledger: [UInt8] = []
    }

    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory(inMemory: true)
        path = directory.path("kedge.sqlite")
    }

    private var options: JournalStore.Options {
        var options = JournalStore.Options()
        options.pageBytes = 512
        return options
    }

    private func original(commits: Int, closes: Bool) throws -> Original {
        var original = Original()
        var world = CommitWorld(seed: 11)
        original.models = [KeptModel()]
        let store = try JournalStore(path: path, time: 0, options: options)
        for number in 0..<commits {
            var model = original.models[number]
            let commit = world.next()
            try store.commit(commit)
            model.take(commit)
            original.models.append(model)
        }
        original.ledger = try export(store).bytes
        if closes { try store.close() }
        original.file = [UInt8](try Data(contentsOf: URL(filePath: path)))
        if !closes { original.log = [UInt8](try Data(contentsOf: URL(filePath: path + "-wal"))) }
        return original
    }

    private func export(_ store: JournalStore) throws -> (bytes: [UInt8], damaged: Int) {
        var bytes: [UInt8] = []
        let tally = try LedgerExport().write(store.reader) { bytes += $0 }
        return (bytes, tally.damaged)
    }

    /// Opens bytes as a journal and holds it against what it should be.
    ///
    /// - Returns: What the store says is wrong; `nil` when everything is as it was stored.
    private func verdict(
        file: [UInt8],
        log: [UInt8] = [],
        _ original: Original
    ) throws -> String? {
        let copy = try TemporaryDirectory(inMemory: true)
        let path = copy.path("kedge.sqlite")
        try Data(file).write(to: URL(filePath: path))
        if !log.isEmpty { try Data(log).write(to: URL(filePath: path + "-wal")) }
        do {
            let store = try JournalStore(path: path, time: 0, options: options)
            if !store.events.isEmpty { return "\(store.events)" }
            let number = try store.lastCommit()?.number ?? 0
            try expect(store, keeps: original.models[number])
            if log.isEmpty { #expect(number == original.models.count - 1) }
            let ledger = try export(store)
            if ledger.damaged > 0 { return "damaged rows" }
            if number == original.models.count - 1, ledger.bytes != original.ledger {
                Issue.record("counts of the ledger are gone without a word")
            }
            return nil
        } catch let error as JournalError {
            return "\(error)"
        }
    }

    @Test(arguments: 0..<8)
    func `tells a changed byte, or gives what was stored`(part: Int) throws {
        let original = try original(commits: 3, closes: true)
        var random = SeededGenerator(seed: UInt64(part))
        var told = 0
        for offset in stride(from: part, to: original.file.count, by: 8) {
            var file = original.file
            file[offset] ^= UInt8.random(in: 1...255, using: &random)
            if try verdict(file: file, original) != nil { told += 1 }
        }
        // Many bytes are free.
        #expect(told > original.file.count / 8 / 10)
    }

    @Test
    func `tells a file that was cut short`() throws {
        let original = try original(commits: 3, closes: true)
        for count in stride(from: 0, to: original.file.count - 1, by: 97) {
            #expect(try verdict(file: Array(original.file.prefix(count)), original) != nil)
        }
    }

    @Test
    func `goes back to a whole commit when its log was cut short`() throws {
        let original = try original(commits: 6, closes: false)
        for count in stride(from: 0, through: original.log.count, by: 211) {
            let log = Array(original.log.prefix(count))
            // The file alone, without a log, is what it was before the first commit.
            let verdict = try verdict(file: original.file, log: log + [0], original)
            #expect(verdict == nil)
        }
    }

    @Test
    func `goes back to a whole commit when its log was changed`() throws {
        let original = try original(commits: 6, closes: false)
        var random = SeededGenerator(seed: 3)
        for offset in stride(from: 0, to: original.log.count, by: 211) {
            var log = original.log
            log[offset] ^= UInt8.random(in: 1...255, using: &random)
            _ = try verdict(file: original.file, log: log, original)
        }
    }

    @Test
    func `refuses one monitor whose pane counts where there is no cell, and keeps the others`()
        throws
    {
        let original = try original(commits: 6, closes: true)
        let store = try JournalStore(path: path, time: 0)
        let last = try #require(original.models.last)
        let key = try #require(
            CommitWorld.keys.first { last.monitors[$0]?.panes.isEmpty == false }
        )
        #expect {
            try store.loadMonitor(key, layout: CommitWorld.layout, cellCount: 1)
        } throws: {
            guard case .refused(key, _) = $0 as? JournalError else { return false }
            return true
        }
        #expect(try store.loadMonitor(key, layout: CommitWorld.layout, cellCount: 40) == nil)
        for other in CommitWorld.keys where other != key {
            #expect(
                try store.loadMonitor(other, layout: CommitWorld.layout, cellCount: 40)
                    == last.monitors[other]?.stored
            )
        }
        let inspection = try JournalInspection(store.reader, coverageQuarters: 0)
        #expect(inspection.refusedRows > 1)
    }
}
