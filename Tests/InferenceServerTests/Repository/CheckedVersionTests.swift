// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

struct CheckedVersionTests {
    private let sample: SampleRepository

    init() throws {
        sample = try SampleRepository()
        try sample.publish("m/1", "constant-1")
        try sample.publish("m/10", "unsupported")
        try sample.publish("m/2", "constant-2")
        try sample.publish("n/1", "matrix")
    }

    @Test(arguments: [
        ("models", ["m/1", "m/2", "m/10", "n/1"]), ("models/", ["m/1", "m/2", "m/10", "n/1"]),
        ("models/m", ["m/1", "m/2", "m/10"]), ("models/./m/", ["m/1", "m/2", "m/10"]),
        ("models/m/2", ["m/2"]), ("models/n/../m/2", ["m/2"]),
        ("models/m/2/model.onnx", ["model/-"]),
    ])
    func `a path is a file, a version, a model or models`(path: String, names: [String]) throws {
        let found = try CheckedVersion.all(at: "\(sample.directory.url.path)/\(path)")
        #expect(found.map { "\($0.model)/\($0.version ?? "-")" } == names)
        for version in found {
            let isSound = (try? version.result.get()) != nil
            #expect(isSound == (version.version != "10"))
        }
    }

    @Test
    func `a version has the name of the link that leads to it`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: sample.directory.path("models/m/7"),
            withDestinationPath: "../n/1"
        )
        let found = try CheckedVersion.all(at: sample.directory.path("models/m/7"))
        #expect(found.map(\.version) == ["7"] && found.map(\.model) == ["m"])
    }

    @Test
    func `a path to nothing says what was expected`() throws {
        let empty = sample.directory.path("state")
        #expect(throws: CheckTargetError.nothing(path: empty)) { try CheckedVersion.all(at: empty) }
        let absent = #expect(throws: CheckTargetError.self) {
            try CheckedVersion.all(at: sample.directory.path("absent"))
        }
        #expect(absent?.description.hasSuffix("cannot be read: No such file or directory") == true)
        let file = try sample.directory.write("no model", to: "text.onnx")
        let checked = try #require(try CheckedVersion.all(at: file).first)
        #expect(checked.model == "text" && checked.version == nil)
        #expect(throws: VersionFault.self) { try checked.result.get() }
    }
}
