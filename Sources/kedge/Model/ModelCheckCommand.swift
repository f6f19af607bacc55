// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import Inference
import InferenceServer
import PredictionLog

extension ModelCommand {
    /// `kedge model check`: what a server would say of a model, without a server.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load models as a server would, replay golden rows, measure labelled rows.",
            discussion: """
                Exits with 1 when a version cannot be served, when the labelled rows cannot be \
                measured, or when a measure is below its minimum; with 0 otherwise. Where a minimum \
                is asked for, a labelled row that the model refuses is a failure, too.
                """
        )

        @Argument(help: "An ONNX file, or the directory of a version, of a model or of models.")
        var path: String

        @Option(help: "Labelled rows: a CSV or NDJSON file, gzipped or not; '-' is standard input.")
        var data: String?

        @Option(help: "The column of the rows' true class, or true value.")
        var label: String?

        @Option(help: "The least accuracy, from 0 to 1.")
        var minAccuracy: Double?

        @Option(help: "The least area under the ROC curve, from 0 to 1.")
        var minAuc: Double?

        @Option(
            help: """
                The least probability of the second of two classes that makes it the label, in the \
                place of model.yaml's.
                """
        )
        var threshold: Double?

        @Option(help: "text or json.")
        var format = OutputFormat.text

        mutating func validate() throws {
            guard (data == nil) == (label == nil) else {
                throw ValidationError("--data and --label belong together")
            }
            for (flag, value) in [
                ("--min-accuracy", minAccuracy), ("--min-auc", minAuc), ("--threshold", threshold),
            ] {
                guard let value else { continue }
                guard (0...1).contains(value) else {
                    throw ValidationError("\(flag) must be within 0...1")
                }
                guard data != nil else { throw ValidationError("\(flag) needs --data and --label") }
            }
        }

        func run() throws {
            let versions = try CheckedVersion.all(at: path)
            if data == "-", versions.count > 1 {
                throw ValidationError(
                    "standard input holds the rows of one version, not of several"
                )
            }
            let checks = versions.map(check)
            switch format {
            case .text: Terminal.output(checks.map(\.text).joined(separator: "\n"))
            case .json: Terminal.output(ModelCheck.json(checks))
            }
            let failures = checks.flatMap(\.failures)
            if !failures.isEmpty { throw FailedChecks(failures: failures) }
        }

        private func check(_ version: CheckedVersion) -> ModelCheck {
            var check = ModelCheck(version)
            if case .success(let loaded) = version.result, let data, let label {
                do {
                    let purpose = loaded.served.model.purpose
                    if threshold != nil, purpose.classes.count != 2 {
                        let count = purpose.classes.count
                        check.fail(
                            "--threshold is for a classifier of two classes, this is a "
                                + (count > 0 ? "\(purpose.word) of \(count)" : purpose.word)
                        )
                        return check
                    }
                    let rows = try measure(loaded, data, label)
                    check.measure(rows, minAccuracy: minAccuracy, minAUC: minAuc)
                } catch {
                    check.fail("\(error)")
                }
            }
            return check
        }

        private func measure(
            _ loaded: LoadedVersion,
            _ data: String,
            _ label: String
        ) throws -> LabelledRows {
            let names = loaded.served.features.map(\.name)
            let options = TableReader.Options(featureNames: names)
            var source = try TableSource(path: data, options: options)
            var rows = LabelledRows(loaded.served, label: label, threshold: threshold)
            while let batch = try source.next() {
                try rows.append(batch, columns: source.columns)
            }
            return rows
        }
    }
}

/// Everything that a check found wrong.
private struct FailedChecks: Error, CustomStringConvertible {
    let failures: [String]

    var description: String { failures.joined(separator: "\n       ") }
}
