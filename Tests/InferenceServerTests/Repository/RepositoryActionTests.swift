// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

struct RepositoryActionTests {
    private let sample: SampleRepository

    init() throws {
        sample = try SampleRepository()
        try sample.publish("m/1", "constant-1")
        try sample.publish("m/2", "constant-2")
    }

    @Test
    func `names what there is when a model or version is not there`() throws {
        let repository = try sample.started()
        #expect(throws: RepositoryActionError.unknownModel("n", known: ["m"])) {
            try repository.promote("n", to: "1")
        }
        #expect(throws: RepositoryActionError.unknownModel("n", known: ["m"])) {
            try repository.rollBack("n")
        }
        #expect(throws: RepositoryActionError.unknownModel("n", known: ["m"])) {
            try repository.load("n")
        }
        #expect(throws: RepositoryActionError.unknownModel("n", known: ["m"])) {
            try repository.unload("n")
        }
        for version in ["3", "", "02", "two"] {
            let expected = RepositoryActionError.unknownVersion(
                model: "m",
                version: version,
                known: ["1", "2"],
                reason: nil
            )
            #expect(throws: expected) { try repository.promote("m", to: version) }
        }
        #expect(sample.board.defaultVersion("m") == "2")
    }

    @Test
    func `a version that was refused is not promoted, and its reason is told`() throws {
        try sample.publish("m/3", "unsupported")
        let repository = try sample.started()
        let error = #expect(throws: RepositoryActionError.self) {
            try repository.promote("m", to: "3")
        }
        #expect(error?.description.contains("com.example") == true)
        #expect(error?.description.hasSuffix("it has 1, 2") == true)
    }

    @Test
    func `an unloaded model answers nobody until it is loaded`() throws {
        let repository = try sample.started()
        try repository.promote("m", to: "1")
        weak var served = sample.board.entry("m")?.defaultVersion
        #expect(served != nil)
        try repository.unload("m")
        try repository.unload("m")
        // Nobody holds it any more.
        #expect(served == nil)
        repository.poll()
        #expect(sample.board.versions("m") == [])
        let error = #expect(throws: ModelCatalog.Unresolved.self) {
            try sample.board.catalog.resolve(model: "m", version: nil)
        }
        #expect(error == .notReady(model: "m", reason: "the model is unloaded"))
        #expect(throws: RepositoryActionError.unloaded(model: "m")) {
            try repository.promote("m", to: "2")
        }
        #expect(throws: RepositoryActionError.unloaded(model: "m")) { try repository.rollBack("m") }
        try repository.load("m")
        #expect(sample.board.defaultVersion("m") == "1")
        #expect(sample.board.versions("m") == ["1", "2"])
        #expect(sample.board.catalog.isReady)
    }

    @Test
    func `an unloaded model keeps no other from being ready`() throws {
        try sample.publish("n/1", "constant-1")
        let repository = try sample.started()
        try repository.unload("m")
        #expect(sample.board.catalog.isReady)
        try repository.unload("n")
        #expect(!sample.board.catalog.isReady)
    }

    @Test
    func `a load finds new versions and says why there are none`() throws {
        let repository = try sample.started()
        try sample.publish("m/3", "constant-3")
        try sample.publish("n/1", "unsupported")
        try repository.load("m")
        #expect(sample.board.versions("m") == ["1", "2", "3"])
        let error = #expect(throws: RepositoryActionError.self) { try repository.load("n") }
        #expect(error?.description.contains("Guess") == true)
        try sample.remove("n/1")
        try sample.publish("n/1", "constant-1")
        try repository.load("n")
        #expect(sample.board.defaultVersion("n") == "1")
    }

    @Test
    func `a default that cannot be loaded has a stand-in, which is not recorded`() throws {
        var repository = try sample.started()
        try repository.promote("m", to: "1")
        try repository.promote("m", to: "2")
        try sample.remove("m/2")
        try sample.publish("m/2", "unsupported")
        try sample.publish("m/3", "constant-3")

        repository = try sample.started()
        // Not the greatest: 3 was never anybody's choice.
        #expect(sample.board.defaultVersion("m") == "1")
        #expect(repository.history.records["m"]?.current.text == "2")
        #expect(sample.board.entry("m")?.unavailable.last?.version == "2")
        let reason = try #require(sample.board.entry("m")?.unavailable.last?.reason)
        #expect(reason.contains("Guess") && reason.hasSuffix("version 1 stands in for it"))
        #expect(sample.log.lines(with: "error the default version cannot be served").count == 1)
        repository.poll()
        #expect(sample.log.lines(with: "error the default version cannot be served").count == 1)

        try sample.remove("m/2")
        try sample.publish("m/2", "constant-2")
        repository.poll()
        #expect(sample.board.defaultVersion("m") == "2")
        #expect(sample.log.lines(with: "the default version is served again").count == 1)
    }

    @Test
    func `a model none of whose defaults is there answers nobody until one is promoted`() throws {
        _ = try sample.started()
        try sample.remove("m/2")
        try sample.publish("n/1", "constant-1")
        let repository = try sample.started()
        #expect(sample.board.versions("m") == ["1"])
        #expect(sample.board.defaultVersion("m") == nil)
        #expect(!sample.board.catalog.isReady)
        let reason = sample.board.entry("m")?.unavailable.last?.reason
        #expect(
            reason
                == "its directory is gone; it is the default, and no version before it is there; "
                + "promote another"
        )
        try repository.promote("m", to: "1")
        #expect(sample.board.defaultVersion("m") == "1")
        #expect(sample.board.catalog.isReady)
        let error = #expect(throws: RepositoryActionError.self) { try repository.rollBack("m") }
        #expect(error?.description.contains("its directory is gone") == true)
        #expect(sample.board.defaultVersion("m") == "1")
    }
}
