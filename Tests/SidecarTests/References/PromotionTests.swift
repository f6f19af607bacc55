// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Sidecar
import Testing

/// What goes before what: files and promotions of one model version.
struct PromotionTests {
    private typealias Finding = ReferenceInventory.Finding

    @Test
    func `a promotion goes before the file, which is no fault`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", rows: 1)])
        let update = try promote(&inventory, rows: 2)
        #expect(update.changed.map(\.old.file) == [try .small(rows: 1)])
        #expect(update.changed.map(\.new.file) == [try .small(rows: 2)])
        #expect(update.changed.map(\.new.path) == [nil])
        #expect(update.ended.isEmpty)
        let next = try inventory.update([valid("a", rows: 1)])
        #expect(!next.hasChanges && next.faults.isEmpty && next.ended.isEmpty)
        #expect(next.inForce.map(\.file) == [try .small(rows: 2)])
    }

    @Test
    func `a file that changes is the newer promotion`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", rows: 1)])
        _ = try promote(&inventory, rows: 2)
        let update = try inventory.update([valid("a", rows: 3)])
        #expect(update.ended.map(\.file) == [try .small(rows: 2)])
        #expect(update.changed.map(\.new) == [held("a", try .small(rows: 3))])
        #expect(try inventory.update([valid("a", rows: 1)]).ended.isEmpty)
        #expect(inventory.inForce.map(\.file) == [try .small(rows: 1)])
    }

    @Test
    func `a file that brings what was promoted takes it over without a change`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", rows: 1)])
        _ = try promote(&inventory, rows: 2)
        let update = try inventory.update([valid("a", rows: 2)])
        #expect(!update.hasChanges)
        #expect(update.ended.count == 1)
        #expect(update.inForce.map(\.path) == ["a"])
    }

    /// What may happen to the file while the promotion stands: absent, faulty, as it was.
    @Test
    func `a file that goes, breaks or comes back as it was ends nothing`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", rows: 1)])
        _ = try promote(&inventory, rows: 2)
        let faulty = Finding(path: "a", content: .faulty(.notAFile))
        for findings in [[faulty], [], [faulty], [try valid("a", rows: 1)], []] {
            let update = inventory.update(findings)
            #expect(!update.hasChanges && update.ended.isEmpty)
            #expect(inventory.inForce.map(\.file) == [try .small(rows: 2)])
        }
    }

    @Test
    func `a model version that no file has can be promoted, until a file brings it`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", "n", rows: 1)])
        let update = try promote(&inventory, rows: 2)
        #expect(update.added.map(\.file) == [try .small(rows: 2)])
        #expect(update.inForce.map(\.file.reference.model) == ["m", "n"])
        let next = try inventory.update([valid("a", "n", rows: 1), valid("b", rows: 3)])
        #expect(next.ended.count == 1)
        #expect(next.changed.map(\.new) == [held("b", try .small(rows: 3))])
    }

    @Test
    func `after a restart it stands as it stood`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", rows: 1)])
        let promotion = inventory.promotion(of: try .small(rows: 2), at: 10)
        #expect(promotion.over == (try ReferenceFile.small(rows: 1)).digest)

        var same = ReferenceInventory(promotions: [promotion])
        #expect(try same.update([valid("a", rows: 1)]).inForce.map(\.path) == [nil])
        var changed = ReferenceInventory(promotions: [promotion])
        let update = try changed.update([valid("a", rows: 3)])
        #expect(update.ended == [promotion])
        #expect(update.inForce == [held("a", try .small(rows: 3))])
        var alone = ReferenceInventory(promotions: [promotion])
        #expect(alone.update([]).added.map(\.file) == [promotion.file])
    }

    @Test
    func `a second promotion takes the place of the first, whatever the clock says`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", rows: 1)])
        let first = inventory.promotion(of: try .small(rows: 2), at: 10)
        _ = inventory.promote(first)
        let second = inventory.promotion(of: try .small(rows: 3), at: 5)
        #expect(second.time > first.time)
        #expect(second.over == first.over)
        #expect(inventory.promote(second).ended == [first])
        let restarted = ReferenceInventory(promotions: [second, first])
        #expect(restarted.promotion(of: try .small(rows: 4), at: 0).time > second.time)
    }

    private func promote(
        _ inventory: inout ReferenceInventory,
        rows: UInt64
    ) throws -> ReferenceUpdate {
        inventory.promote(inventory.promotion(of: try .small(rows: rows), at: 1_700_000_000))
    }

    private func valid(_ path: String, _ model: String = "m", rows: UInt64) throws -> Finding {
        Finding(path: path, content: .valid(try .small(model, rows: rows)))
    }

    private func held(_ path: String, _ file: ReferenceFile) -> ReferenceInventory.Holding {
        ReferenceInventory.Holding(origin: .file(path: path), file: file)
    }
}
