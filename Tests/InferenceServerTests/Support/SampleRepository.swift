// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import Inference
import InferenceServer
import PredictionLog
import TestSupport

/// A directory of models in the making, and a repository that watches it.
///
/// The models are those of `Fixtures/repository`: `constant-1` answers 1, and so on.
struct SampleRepository {
    let directory: TemporaryDirectory
    let board = CatalogBoard()
    let log = LogRecorder()

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["models", "state", "making"] { try make(name) }
    }

    /// Long after any change of the files here, so that their stamps are trusted.
    static let later: @Sendable () -> Double = { Date.now.timeIntervalSince1970 + 1_000 }

    /// A repository that has loaded nothing, as a process that starts has it.
    func repository(
        keepsState: Bool = true,
        defaultModel: String? = nil,
        clock: @escaping @Sendable () -> Double = Self.later
    ) -> ModelRepository {
        ModelRepository(
            path: directory.path("models"),
            stateDirectory: keepsState ? directory.path("state") : nil,
            defaultModel: defaultModel,
            board: board,
            logger: log.logger,
            clock: clock
        )
    }

    /// A repository that has loaded what there is.
    func started(keepsState: Bool = true) throws -> ModelRepository {
        let repository = repository(keepsState: keepsState)
        try repository.loadAtStart()
        return repository
    }

    /// Makes a version beside the models and renames it into place.
    func publish(
        _ path: String,
        _ fixture: String,
        yaml: String? = nil,
        golden: String? = nil
    ) throws {
        try make("making/version")
        try write(fixture, to: "making/version", yaml: yaml, golden: golden)
        try make("models/\(path)", parentOnly: true)
        try FileManager.default.moveItem(
            atPath: directory.path("making/version"),
            toPath: directory.path("models/\(path)")
        )
    }

    /// Writes files into a directory; the model last, as a careful copy does.
    func write(
        _ fixture: String,
        to name: String,
        yaml: String? = nil,
        golden: String? = nil
    ) throws {
        if let yaml { try directory.write(yaml, to: "\(name)/model.yaml") }
        if let golden { try directory.write(golden, to: "\(name)/golden.json") }
        let model = Data(try Fixture.bytes("repository/\(fixture).onnx"))
        try model.write(to: directory.url.appending(path: "\(name)/model.onnx"))
    }

    /// Removes a version, or a model.
    func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: directory.path("models/\(path)"))
    }

    private func make(_ name: String, parentOnly: Bool = false) throws {
        let url = directory.url.appending(path: name)
        try FileManager.default.createDirectory(
            at: parentOnly ? url.deletingLastPathComponent() : url,
            withIntermediateDirectories: true
        )
    }
}

extension CatalogBoard {
    /// The catalog's entry of a model.
    func entry(_ model: String) -> ModelCatalog.Entry? {
        catalog.entries.first { $0.name == model }
    }

    /// The version that answers for a model when a request names none.
    func defaultVersion(_ model: String) -> String? { entry(model)?.defaultVersion?.version }

    /// The versions of a model that can be asked.
    func versions(_ model: String) -> [String] { entry(model)?.versions.map(\.version) ?? [] }
}

extension ServedModel {
    /// What a regressor answers to features as JSON.
    func value(_ features: String) throws -> Float {
        var workspace = Workspace(for: model)
        let rows = FeatureRows(features: self.features, inputs: model.inputs)
        try JSONCursor.read(Array(features.utf8).span) { cursor throws(FeatureRowError) in
            try rows.append(&cursor, to: &workspace)
        }
        try model.run(rows: 1, in: &workspace)
        return workspace.outputs[0].floats[0]
    }
}
