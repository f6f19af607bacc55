// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import PredictionLog
import Sidecar

/// A directory of the demo's own, gone when the demo ends.
final class DemoDirectory: Sendable {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "kedge-demo-\(getpid())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func path(_ name: String) -> String {
        url.appending(path: name).path
    }

    /// Lays a repository of one model with one version, a link to where it really is.
    ///
    /// - Returns: The repository's path.
    func linkModel(_ name: String, version: String, to directory: String) throws -> String {
        let model = url.appending(path: "models/\(name)")
        try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: model.appending(path: version),
            withDestinationURL: URL(filePath: directory).absoluteURL
        )
        return path("models")
    }

    /// Builds the reference of the flights model and returns its path: what `kedge reference build
    /// --model delay --version 1 --prediction prediction --ignore id,ts,late` does.
    func buildReference(from csv: String) throws -> String {
        var source = try TableSource(path: csv, options: TableReader.Options())
        var training = TrainingTable()
        while let rows = try source.next() { training.append(rows, columns: source.columns) }
        let recipe = ReferenceRecipe(
            model: "delay",
            version: "1",
            prediction: "prediction",
            ignored: ["id", "ts", "late"]
        )
        let reference = try recipe.build(from: training, format: .csv).reference
        let path = path("delay-1.json")
        try AtomicFile.write(ReferenceFile.encode(reference), to: path)
        return path
    }
}
