// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `kedge model check`: the gate of a CI pipeline, without a server.
    @Suite
    struct ModelCheckTests {
        private struct Document: Decodable {
            struct Model: Decodable {
                struct Rows: Decodable {
                    var rows: Int
                    var accuracy: Double
                    var auc: Double
                    var log_loss: Double
                    var refused_rows: Int
                }
                struct Golden: Decodable { var rows: Int }
                var model: String
                var version: String?
                var ok: Bool
                var digest: String?
                var trees: Int?
                var golden: Golden?
                var data: Rows?
                var failures: [String]
            }
            var ok: Bool
            var models: [Model]
        }

        private static let delay = Fixture.url("models/delay").path
        private static let reference = Flights.referenceCSV.path

        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test
        func `measures the flights models as scikit-learn does ONNX Runtime's answers`() throws {
            let result = try check([
                Self.delay, "--data", Self.reference, "--label", "late", "--min-accuracy", "0.9",
                "--min-auc", "0.9", "--format", "json",
            ])
            #expect(result.status == 0)
            let document = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8))
            #expect(document.ok)
            #expect(document.models.map(\.version) == ["1", "2"])
            // accuracy_score, roc_auc_score and log_loss of scikit-learn 1.9.1 over the answers of
            // ONNX Runtime 1.31.1 to the same 10,000 rows.
            let expected = [
                (0.9101, 0.9465140425608524, 0.2299176406394581),
                (0.9041, 0.9225166999795381, 0.25757776594005416),
            ]
            for (model, expected) in zip(document.models, expected) {
                #expect(model.model == "delay" && model.ok && model.failures.isEmpty)
                #expect(model.golden?.rows == 20)
                #expect(model.digest?.hasPrefix("sha256:") == true)
                let rows = try #require(model.data)
                #expect(rows.rows == 10_000 && rows.refused_rows == 0)
                #expect(abs(rows.accuracy - expected.0) <= 1e-4)
                #expect(abs(rows.auc - expected.1) <= 1e-6)
                #expect(abs(rows.log_loss - expected.2) <= 1e-6)
            }
        }

        @Test
        func `fails below a minimum, and says which`() throws {
            let data = ["--data", Self.reference, "--label", "late"]
            let auc = try check([Self.delay + "/2"] + data + ["--min-auc", "0.93"])
            #expect(auc.status == 1)
            #expect(auc.errors.contains("delay/2: area under the ROC curve 0.92"))
            #expect(auc.errors.contains("is below 0.93"))
            let threshold = ["--threshold", "0.99", "--min-accuracy", "0.9"]
            let accuracy = try check([Self.delay + "/1"] + data + threshold)
            #expect(accuracy.status == 1)
            #expect(accuracy.errors.contains("delay/1: accuracy 0."))
        }

        @Test
        func `a row that is refused fails a minimum, and nothing else`() throws {
            let rows = ["X,y", "1,1", "1,1", "x,1", "x,1", "x,1"].joined(separator: "\n") + "\n"
            try directory.write(rows, to: "rows.csv")
            let model = Fixture.url("repository/own-rule.onnx").path
            let data = ["--data", directory.path("rows.csv"), "--label", "y"]
            #expect(try check([model] + data).status == 0)
            let gate = try check([model] + data + ["--min-accuracy", "0.5"])
            #expect(gate.status == 1)
            #expect(gate.errors.contains("3 of 5 rows were refused, the first: line 4"))
        }

        @Test
        func `a threshold is for two classes`() throws {
            try directory.write("x,y\n1,1\n", to: "rows.csv")
            let model = Fixture.url("repository/constant-1.onnx").path
            let data = ["--data", directory.path("rows.csv"), "--label", "y"]
            let result = try check([model] + data + ["--threshold", "0.5"])
            #expect(result.status == 1)
            #expect(result.errors.contains("--threshold is for a classifier of two classes"))
        }

        @Test
        func `names missing columns and unusable options`() throws {
            let labels = try check([Self.delay, "--data", Self.reference, "--label", "lat"])
            #expect(labels.status == 1)
            #expect(labels.errors.contains("no column \"lat\" (did you mean \"late\"?)"))
            for arguments in [
                ["--data", Self.reference], ["--label", "late"], ["--min-auc", "0.9"],
                ["--data", Self.reference, "--label", "late", "--min-auc", "2"],
            ] {
                #expect(try check([Self.delay] + arguments).status == 64)
            }
        }

        @Test
        func `refuses what cannot be run by operator, domain, version and node`() throws {
            let result = try check([Fixture.url("repository/unsupported.onnx").path])
            #expect(result.status == 1)
            for word in ["Guess", "com.example", "2", "oracle", "cannot be served"] {
                #expect(result.errors.contains(word))
            }
            let absent = try check(["nothing/here"])
            #expect(absent.status == 1)
            #expect(absent.errors.contains("nothing/here: cannot be read: No such file"))
        }

        @Test
        func `a reference of another version beside a model fails the check`() throws {
            let version = directory.url.appending(path: "delay/1")
            try FileManager.default.createDirectory(
                at: version.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try FileManager.default.copyItem(at: Fixture.url("models/delay/1"), to: version)
            try FileManager.default.copyItem(
                at: URL(filePath: try Flights.reference()),
                to: version.appending(path: "reference.json")
            )
            #expect(try check([version.path]).output.contains("reference"))
            let other = directory.url.appending(path: "delay/2")
            try FileManager.default.moveItem(at: version, to: other)
            let result = try check([other.path])
            #expect(result.status == 1)
            #expect(result.errors.contains("reference.json is of model delay, version 1"))
        }

        private func check(
            _ arguments: [String]
        ) throws -> (status: Int32, output: String, errors: String) {
            try Kedge.run(["model", "check"] + arguments, in: directory.url)
        }
    }
}
