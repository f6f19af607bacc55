// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Sidecar
import Testing

struct ReferenceInventoryTests {
    @Test
    func `what was not there is added, what is not there any more is gone`() throws {
        var inventory = ReferenceInventory()
        let first = try inventory.update([valid("a"), valid("b", "n")])
        #expect(first.added.map(\.path) == ["a", "b"])
        #expect(first.changed.isEmpty && first.gone.isEmpty && first.faults.isEmpty)
        #expect(try !inventory.update([valid("a"), valid("b", "n")]).hasChanges)
        let second = try inventory.update([valid("b", "n")])
        #expect(second.gone.map(\.path) == ["a"])
        #expect(second.inForce.map(\.path) == ["b"])
    }

    @Test
    func `another digest of the same model version is a change`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a")])
        let update = try inventory.update([valid("a", rows: 2)])
        #expect(update.changed.map(\.old.file) == [try .small()])
        #expect(update.changed.map(\.new.file) == [try .small(rows: 2)])
        #expect(update.added.isEmpty && update.gone.isEmpty)
    }

    @Test
    func `another model version in the same file replaces the old one`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a")])
        let update = try inventory.update([valid("a", "m", "2")])
        #expect(update.added.map(\.file) == [try .small("m", "2")])
        #expect(update.gone.map(\.file) == [try .small()])
    }

    @Test
    func `a reference that only moves to another file is no change`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a")])
        let moved = try inventory.update([valid("b")])
        #expect(!moved.hasChanges)
        #expect(moved.inForce.map(\.path) == ["b"])
        #expect(try inventory.update([valid("c", rows: 2)]).changed.count == 1)
    }

    @Test
    func `a faulty file leaves its old reference in force until it is gone`() throws {
        var inventory = ReferenceInventory()
        #expect(inventory.update([faulty("a")]).inForce.isEmpty)
        _ = try inventory.update([valid("a")])
        let update = inventory.update([faulty("a")])
        #expect(!update.hasChanges)
        #expect(update.inForce.map(\.file) == [try .small()])
        #expect(update.faults == [ReferenceFault(path: "a", problem: .notAFile)])
        #expect(inventory.update([faulty("a")]).faults.count == 1)
        #expect(inventory.update([]).gone.count == 1)
    }

    @Test
    func `a second file of a model version is refused, and both are named`() throws {
        var inventory = ReferenceInventory()
        let update = try inventory.update([valid("b", rows: 2), valid("c")])
        #expect(update.inForce.map(\.path) == ["b"])
        #expect(
            update.faults.map(\.description)
                == ["c: has model m, version 1, as has b, which is in force"]
        )
        // The one in force stays, whatever stands before it now.
        let second = try inventory.update([valid("a"), valid("b", rows: 3), valid("c")])
        #expect(second.inForce.map(\.path) == ["b"])
        #expect(second.changed.count == 1)
        #expect(second.faults.map(\.path) == ["a", "c"])
        // With it gone the first of the others takes its place.
        let third = try inventory.update([valid("a"), valid("c")])
        #expect(third.inForce.map(\.path) == ["a"])
        #expect(third.faults.map(\.path) == ["c"])
    }

    @Test
    func `a file that takes what another has keeps what it had`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", "m"), valid("b", "n")])
        let update = try inventory.update([valid("a", "n", rows: 5), valid("b", "n")])
        #expect(!update.hasChanges)
        #expect(update.inForce.map(\.file) == [try .small("m"), try .small("n")])
        #expect(update.faults.map(\.path) == ["a"])
        // Unless a third file brings that.
        let third = try inventory.update([
            valid("a", "n", rows: 5), valid("b", "n"), valid("c", "m", rows: 9),
        ])
        #expect(third.inForce.map(\.path) == ["b", "c"])
        #expect(third.changed.map(\.new.path) == ["c"])
    }

    @Test
    func `two files that swap their contents change nothing`() throws {
        var inventory = ReferenceInventory()
        _ = try inventory.update([valid("a", "m"), valid("b", "n")])
        let update = try inventory.update([valid("a", "n"), valid("b", "m")])
        #expect(!update.hasChanges && update.faults.isEmpty)
        #expect(update.inForce.map(\.file) == [try .small("n"), try .small("m")])
    }

    /// Three files, each absent, faulty or with one of two model versions: all pairs of states.
    @Test
    func `after any change no model version is twice in force, and no sound one is lost`() throws {
        let contents: [ReferenceInventory.Content?] = [
            nil, .faulty(.notAFile), .valid(try .small("m")), .valid(try .small("n")),
            .valid(try .small("m", rows: 2)),
        ]
        let states = contents.flatMap { a in
            contents.flatMap { b in contents.map { c in [("a", a), ("b", b), ("c", c)] } }
        }.map { files in
            files.compactMap { path, content in
                content.map { ReferenceInventory.Finding(path: path, content: $0) }
            }
        }
        for before in states {
            var start = ReferenceInventory()
            _ = start.update(before)
            for after in states {
                var inventory = start
                let old = inventory.inForce
                let update = inventory.update(after)
                let models = update.inForce.map(\.file.reference.model)
                #expect(Set(models).count == models.count)
                for finding in after {
                    guard case .valid(let file) = finding.content else { continue }
                    #expect(models.contains(file.reference.model))
                }
                let oldModels = Set(old.map(\.file.reference.model))
                #expect(Set(update.added.map(\.file.reference.model)).isDisjoint(with: oldModels))
                #expect(Set(update.gone.map(\.file.reference.model)).isDisjoint(with: models))
                #expect(!inventory.update(after).hasChanges)
            }
        }
    }

    private func valid(
        _ path: String,
        _ model: String = "m",
        _ version: String = "1",
        rows: UInt64 = 1
    ) throws -> ReferenceInventory.Finding {
        .init(path: path, content: .valid(try .small(model, version, rows: rows)))
    }

    private func faulty(_ path: String) -> ReferenceInventory.Finding {
        .init(path: path, content: .faulty(.notAFile))
    }
}
