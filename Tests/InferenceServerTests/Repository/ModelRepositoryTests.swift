// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

struct ModelRepositoryTests {
    private let sample: SampleRepository

    init() throws {
        sample = try SampleRepository()
    }

    @Test
    func `serves what there is and ignores every other name`() throws {
        try sample.publish("m/1", "constant-1")
        try sample.publish("m/10", "constant-2")
        try sample.publish("m/9", "constant-3")
        for name in ["m/01", "m/v2", "m/.3", "m/latest", ".hidden/1", "..data/1"] {
            try sample.publish(name, "constant-1")
        }
        try sample.directory.write("", to: "models/README.md")
        try sample.directory.write("", to: "models/m/4")
        try FileManager.default.createDirectory(
            atPath: sample.directory.path("models/lost+found"),
            withIntermediateDirectories: false
        )
        let repository = try sample.started()
        #expect(sample.board.catalog.entries.map(\.name) == ["m"])
        #expect(sample.board.versions("m") == ["1", "9", "10"])
        #expect(sample.board.defaultVersion("m") == "10")
        #expect(sample.board.catalog.isReady)
        repository.poll()
        // Once, at debug, and those that begin with a dot not at all.
        let ignored = ["01", "v2", "latest", "4", "README.md", "lost+found"]
        let lines = sample.log.lines(with: "not a model or version")
        #expect(lines.count == ignored.count)
        #expect(ignored.allSatisfy { name in lines.contains { $0.hasSuffix("/\(name)") } })
        #expect(lines.allSatisfy { $0.hasPrefix("debug") })
    }

    @Test
    func `a version appears by its rename, and nothing before it`() throws {
        try sample.publish("m/1", "constant-1")
        let repository = try sample.started()
        try FileManager.default.createDirectory(
            atPath: sample.directory.path("models/m/2"),
            withIntermediateDirectories: false
        )
        try sample.directory.write("{", to: "models/m/2/model.yaml")
        repository.poll()
        #expect(sample.board.versions("m") == ["1"])
        #expect(sample.board.entry("m")?.unavailable == [])
        #expect(sample.log.lines(with: "error").isEmpty)

        try sample.remove("m/2")
        try sample.publish("m/2", "constant-2")
        repository.poll()
        #expect(sample.board.versions("m") == ["1", "2"])
        #expect(try sample.board.catalog.resolve(model: "m", version: "2").value("[0]") == 2)
        #expect(try sample.board.catalog.resolve(model: "m", version: nil).value("[0]") == 1)
    }

    @Test
    func `a model in the making is not in the catalog, and the server stays ready`() throws {
        try sample.publish("m/1", "constant-1")
        let repository = try sample.started()
        try FileManager.default.createDirectory(
            atPath: sample.directory.path("models/new/1"),
            withIntermediateDirectories: true
        )
        repository.poll()
        #expect(sample.board.catalog.entries.map(\.name) == ["m"])
        #expect(sample.board.catalog.isReady)
    }

    @Test
    func `a faulty version disturbs no other, and is told once`() throws {
        try sample.publish("m/1", "constant-1")
        let repository = try sample.started()
        try sample.publish("m/2", "unsupported")
        try sample.publish("new/1", "unsupported")
        for _ in 0..<3 { repository.poll() }
        #expect(sample.board.versions("m") == ["1"])
        let unavailable = try #require(sample.board.entry("m")?.unavailable.first)
        #expect(unavailable.version == "2")
        for word in ["model.onnx: ", "Guess", "com.example", "2", "oracle"] {
            #expect(unavailable.reason.contains(word))
        }
        #expect(sample.log.lines(with: "error model version not served").count == 2)
        // The newcomer was never there to be waited for.
        #expect(sample.board.entry("new")?.defaultVersion == nil)
        #expect(sample.board.catalog.isReady)

        try sample.remove("new/1")
        try sample.publish("new/1", "constant-1")
        repository.poll()
        #expect(sample.board.defaultVersion("new") == "1")
        #expect(sample.board.entry("new")?.unavailable == [])
    }

    @Test
    func `at the start every model is waited for`() throws {
        try sample.publish("good/1", "constant-1")
        try sample.publish("bad/1", "unsupported")
        let repository = try sample.started()
        #expect(!sample.board.catalog.isReady)
        try sample.remove("bad/1")
        try sample.publish("bad/1", "constant-1")
        repository.poll()
        #expect(sample.board.catalog.isReady)
    }

    @Test
    func `changed files of a version are served if they are sound, else the old ones`() throws {
        try sample.publish("m/1", "constant-1")
        let repository = try sample.started()
        let first = try #require(sample.board.entry("m")?.defaultVersion)
        first.counters.count(.ok, rows: 5, latency: .milliseconds(1))

        try sample.write("unsupported", to: "models/m/1")
        for _ in 0..<2 { repository.poll() }
        #expect(sample.board.entry("m")?.defaultVersion === first)
        let reason = try #require(sample.board.entry("m")?.unavailable.first?.reason)
        #expect(reason.hasSuffix("what was loaded before is served"))
        #expect(sample.log.lines(with: "changed model version refused").count == 1)

        try sample.write("constant-2", to: "models/m/1")
        repository.poll()
        let second = try #require(sample.board.entry("m")?.defaultVersion)
        #expect(try second.value("[0]") == 2)
        #expect(second.digest != first.digest)
        #expect(sample.board.entry("m")?.unavailable == [])
        // Counters do not go back: a rate over them would be wrong.
        #expect(second.counters.snapshot.rows == 5)
        #expect(second.counters === first.counters)

        try sample.directory.write("threshold: 0.5", to: "models/m/1/model.yaml")
        repository.poll()
        #expect(sample.board.entry("m")?.defaultVersion === second)
        #expect(sample.board.entry("m")?.unavailable.count == 1)
    }

    @Test
    func `the same bytes under another stamp are no change`() throws {
        try sample.publish("m/1", "constant-1")
        let repository = try sample.started()
        let first = try #require(sample.board.entry("m")?.defaultVersion)
        try sample.write("constant-1", to: "models/m/1")
        repository.poll()
        #expect(sample.board.entry("m")?.defaultVersion === first)
    }

    @Test
    func `a removed version leaves, but for the default`() throws {
        for version in 1...3 { try sample.publish("m/\(version)", "constant-\(version)") }
        let repository = try sample.started()
        try sample.remove("m/1")
        try sample.remove("m/3")
        for _ in 0..<3 { repository.poll() }
        #expect(sample.board.versions("m") == ["2", "3"])
        #expect(sample.board.defaultVersion("m") == "3")
        #expect(sample.board.catalog.isReady)
        #expect(sample.log.lines(with: "the directory of the default version is gone").count == 1)
        try repository.promote("m", to: "2")
        repository.poll()
        #expect(sample.board.versions("m") == ["2"])

        try sample.remove("m")
        repository.poll()
        #expect(sample.board.defaultVersion("m") == "2")
    }

    @Test
    func `a ConfigMap that swaps its links changes what is in it, all files at once`() throws {
        let files = FileManager.default
        for (name, fixture, value) in [("..1", "constant-1", 1), ("..2", "constant-2", 2)] {
            try files.createDirectory(
                atPath: sample.directory.path("models/\(name)/m/1"),
                withIntermediateDirectories: true
            )
            let golden = #"{"rows":[[0]],"prediction":[\#(value)]}"#
            try sample.write(fixture, to: "models/\(name)/m/1", golden: golden)
        }
        let data = sample.directory.path("models/..data")
        try files.createSymbolicLink(atPath: data, withDestinationPath: "..1")
        try files.createSymbolicLink(
            atPath: sample.directory.path("models/m"),
            withDestinationPath: "..data/m"
        )
        let repository = try sample.started()
        #expect(sample.board.catalog.entries.map(\.name) == ["m"])
        for (name, value) in [("..2", Float(2)), ("..1", 1)] {
            let next = sample.directory.path("models/..data_tmp")
            try files.createSymbolicLink(atPath: next, withDestinationPath: name)
            let result = unsafe rename(next, data)
            #expect(result == 0)
            repository.poll()
            #expect(
                try sample.board.catalog.resolve(model: "m", version: nil).value("[0]") == value
            )
            #expect(sample.board.entry("m")?.unavailable == [])
        }
    }

    @Test
    func `a directory that cannot be listed leaves everything in force`() throws {
        try sample.publish("m/1", "constant-1")
        let repository = try sample.started()
        let (models, away) = (sample.directory.path("models"), sample.directory.path("away"))
        try FileManager.default.moveItem(atPath: models, toPath: away)
        for _ in 0..<2 { repository.poll() }
        #expect(sample.board.defaultVersion("m") == "1")
        #expect(sample.log.lines(with: "models not looked at").count == 1)
        try FileManager.default.moveItem(atPath: away, toPath: models)
        repository.poll()
        #expect(sample.board.defaultVersion("m") == "1")
    }

    @Test
    func `what is no plain file is refused and not opened`() throws {
        try sample.publish("m/1", "constant-1")
        try sample.publish("m/2", "constant-2")
        try sample.remove("m/2/model.onnx")
        let result = unsafe mkfifo(sample.directory.path("models/m/2/model.onnx"), 0o600)
        #expect(result == 0)
        _ = try sample.started()
        #expect(
            sample.board.entry("m")?.unavailable.map(\.reason) == ["model.onnx: not a plain file"]
        )
    }

    @Test
    func `a start without any model that can be served says why, without any model it waits`()
        throws
    {
        let repository = try sample.started()
        #expect(!sample.board.catalog.isReady)
        #expect(sample.log.lines(with: "there is no model yet").count == 1)
        try sample.publish("m/1", "transformer")
        repository.poll()
        let error = #expect(throws: RepositoryStartError.self) { try sample.started() }
        #expect(
            error?.description == """
                models: none can be served
                  m/1: model.onnx: expected probabilities of classes or one number a row, found the \
                outputs scaled
                """
        )
        try sample.remove("m/1")
        try FileManager.default.removeItem(atPath: sample.directory.path("models"))
        #expect(throws: RepositoryStartError.self) { try sample.started() }
    }
}
