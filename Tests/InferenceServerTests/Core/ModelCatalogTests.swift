// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import Testing

struct ModelCatalogTests {
    private static func entry(_ name: String, isServed: Bool) throws -> ModelCatalog.Entry {
        let served = isServed ? try SampleModel.flights(name: name) : nil
        return ModelCatalog.Entry(
            name: name,
            versions: served.map { [$0] } ?? [],
            defaultVersion: served,
            unavailable: [ModelCatalog.Unavailable(version: "1", reason: "faulty")]
        )
    }

    @Test
    func `what cannot be served takes no request from the only one that is`() throws {
        let catalog = ModelCatalog(entries: [
            try Self.entry("a", isServed: false), try Self.entry("m", isServed: true),
            try Self.entry("n", isServed: false),
        ])
        #expect(try catalog.resolve(model: nil, version: nil).name == "m")
        #expect(throws: ModelCatalog.Unresolved.notReady(model: "n", reason: "faulty")) {
            try catalog.resolve(model: "n", version: nil)
        }
    }

    @Test
    func `of several that are served one must be named`() throws {
        let catalog = ModelCatalog(entries: [
            try Self.entry("a", isServed: true), try Self.entry("m", isServed: true),
            try Self.entry("n", isServed: false),
        ])
        #expect(throws: ModelCatalog.Unresolved.modelRequired(known: ["a", "m"])) {
            try catalog.resolve(model: nil, version: nil)
        }
    }

    @Test
    func `where none is served the only one says why`() throws {
        let one = ModelCatalog(entries: [try Self.entry("m", isServed: false)])
        #expect(throws: ModelCatalog.Unresolved.notReady(model: "m", reason: "faulty")) {
            try one.resolve(model: nil, version: nil)
        }
    }
}
