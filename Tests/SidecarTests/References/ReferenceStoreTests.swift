// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Foundation
import Sidecar
import TestSupport
import Testing

struct ReferenceStoreTests {
    private let directory: TemporaryDirectory
    /// Long after any change of the files here, so that their stamps are trusted.
    private let later = Date.now.timeIntervalSince1970 + 1_000

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test
    func `reads files and the json files of directories`() throws {
        try write(.small("a"), "refs/a.json")
        try write(.small("b"), "refs/b.json")
        try write(.small("c"), "refs/c.txt")
        try write(.small("d"), "refs/.d.json")
        try write(.small("e"), "single")
        var store = ReferenceStore(paths: [directory.path("refs"), directory.path("single")])
        let update = store.refresh(now: later)
        #expect(update.inForce.map(\.file.reference.model) == ["a", "b", "e"])
        #expect(update.added == update.inForce)
        #expect(update.faults.isEmpty)
        #expect(!store.refresh(now: later).hasChanges)
        #expect(store.inForce == update.inForce)
    }

    @Test
    func `a file that two paths lead to is read once`() throws {
        try write(.small(), "refs/a.json")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("refs/b.json"),
            withDestinationPath: "a.json"
        )
        let paths = ["refs/a.json", "refs", "refs/"].map(directory.path)
        var store = ReferenceStore(paths: paths)
        let update = store.refresh(now: later)
        #expect(update.inForce.map(\.path) == [paths[0]])
        #expect(update.faults.isEmpty)
    }

    @Test
    func `a ConfigMap that swaps its links is a change only by content`() throws {
        let files = FileManager.default
        for (name, rows) in [("..1", UInt64(1)), ("..2", 1), ("..3", 2)] {
            try write(.small(rows: rows), "refs/\(name)/r.json")
        }
        let data = directory.path("refs/..data")
        try files.createSymbolicLink(atPath: data, withDestinationPath: "..1")
        try files.createSymbolicLink(
            atPath: directory.path("refs/r.json"),
            withDestinationPath: "..data/r.json"
        )
        var store = ReferenceStore(paths: [directory.path("refs")])
        #expect(store.refresh(now: later).added.count == 1)
        for (name, changes) in [("..2", false), ("..3", true), ("..1", true)] {
            let next = directory.path("refs/..data_tmp")
            try files.createSymbolicLink(atPath: next, withDestinationPath: name)
            let result = unsafe rename(next, data)
            #expect(result == 0)
            let update = store.refresh(now: later)
            #expect(update.hasChanges == changes)
            #expect(update.faults.isEmpty)
        }
    }

    @Test
    func `a change within the tick of the clock is seen`() throws {
        let path = try write(.small(rows: 1), "r.json")
        let old = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
        var store = ReferenceStore(paths: [path])
        // The file is new: its stamp proves nothing yet.
        #expect(store.refresh(now: Date.now.timeIntervalSince1970).added.count == 1)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        handle.write(Data(try ReferenceFile.small(rows: 2).encoded()))
        try handle.close()
        try FileManager.default.setAttributes(
            [.modificationDate: try #require(old as? Date)],
            ofItemAtPath: path
        )
        #expect(store.refresh(now: later).changed.count == 1)
    }

    @Test
    func `a faulty file keeps its reference, an absent one takes it along`() throws {
        let path = try write(.small(), "refs/a.json")
        var store = ReferenceStore(paths: [directory.path("refs")])
        _ = store.refresh(now: later)
        try directory.write("{", to: "refs/a.json")
        let faulty = store.refresh(now: later)
        #expect(!faulty.hasChanges)
        #expect(faulty.faults.map(\.path) == [path])
        #expect(store.refresh(now: later).faults == faulty.faults)
        try FileManager.default.removeItem(atPath: path)
        let gone = store.refresh(now: later)
        #expect(gone.gone.count == 1 && gone.faults.isEmpty)
    }

    @Test(arguments: ["refs", "refs/a.json"])
    func `a configured path that is absent keeps its references`(name: String) throws {
        try write(.small(), "refs/a.json")
        let path = directory.path(name)
        var store = ReferenceStore(paths: [path])
        _ = store.refresh(now: later)
        try FileManager.default.moveItem(atPath: path, toPath: directory.path("away"))
        for _ in 0..<2 {
            let update = store.refresh(now: later)
            #expect(!update.hasChanges)
            #expect(update.inForce.count == 1)
            #expect(
                update.faults.first?.description
                    == "\(path): cannot be read: No such file or directory"
            )
        }
        try FileManager.default.moveItem(atPath: directory.path("away"), toPath: path)
        let update = store.refresh(now: later)
        #expect(update.inForce.count == 1 && !update.hasChanges && update.faults.isEmpty)
    }

    @Test
    func `a path that is configured no more takes its references along`() throws {
        let paths = [try write(.small("a"), "a.json"), try write(.small("b"), "b.json")]
        var store = ReferenceStore(paths: paths)
        _ = store.refresh(now: later)
        store.paths = [paths[1]]
        #expect(store.refresh(now: later).gone.map(\.file.reference.model) == ["a"])
    }

    @Test
    func `what is no file is a fault, and is not opened`() throws {
        let path = directory.path("pipe.json")
        let result = unsafe mkfifo(path, 0o600)
        #expect(result == 0)
        var store = ReferenceStore(paths: [path])
        #expect(store.refresh(now: later).faults == [.init(path: path, problem: .notAFile)])
    }

    @Test
    func `a file over the limit is refused`() throws {
        let path = try write(.small(), "a.json")
        var store = ReferenceStore(paths: [path], limits: .init(bytes: 20))
        let problem = ReferenceFault.Problem.malformed(.tooMany(.bytes, limit: 20, offset: 20))
        #expect(store.refresh(now: later).faults == [.init(path: path, problem: problem)])
        #expect(throws: ReferenceFault(path: path, problem: problem)) {
            try ReferenceFile.load(path, limits: .init(bytes: 20))
        }
        #expect(try ReferenceFile.load(path).reference == SampleReference.small())
    }

    @discardableResult
    private func write(_ file: ReferenceFile, _ name: String) throws -> String {
        let parent = URL(filePath: directory.path(name)).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        return try directory.write(file.text, to: name)
    }
}
