// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

struct AdminActionsTests {
    private let sample: SampleRepository
    private let actions: AdminActions

    init() throws {
        sample = try SampleRepository()
        try sample.publish("m/1", "constant-1")
        try sample.publish("m/2", "constant-2")
        actions = try sample.started().actions
    }

    @Test
    func `requests change what the repository serves`() throws {
        #expect(try actions.promote("m", "1") == DefaultChange(from: "2", to: "1"))
        #expect(sample.board.defaultVersion("m") == "1")
        #expect(try actions.rollback("m") == DefaultChange(from: "1", to: "2"))
        #expect(sample.board.defaultVersion("m") == "2")
        try actions.unload("m")
        #expect(sample.board.versions("m") == [])
        try actions.load("m")
        #expect(sample.board.versions("m") == ["1", "2"])
    }

    @Test
    func `errors say why, without paths of this machine`() throws {
        #expect(throws: AdminError.unknownModel("n")) { try actions.load("n") }
        #expect(throws: AdminError.noEarlierDefault(model: "m")) { try actions.rollback("m") }
        let unknown = AdminError.unknownVersion(model: "m", version: "9", reason: "it has 1, 2")
        #expect(throws: unknown) { try actions.promote("m", "9") }
        try actions.unload("m")
        #expect(throws: AdminError.unloaded(model: "m")) { try actions.promote("m", "1") }
        try sample.remove("m")
        let error = #expect(throws: AdminError.self) { try actions.load("m") }
        #expect(error?.description.contains(sample.directory.url.path) == false)
    }
}
