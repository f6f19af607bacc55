// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import InferenceServer

extension ModelCheck {
    /// The check as lines: the name, then what is known under its heading.
    var text: String {
        var lines: [String]
        switch version.result {
        case .failure(let fault):
            lines = ["\(name): cannot be served"]
            lines += "\(fault)".split(separator: "\n").map { "  \($0)" }
        case .success(let loaded):
            lines = ["\(name): \(failures.isEmpty ? "can be served" : "FAILED")"]
            lines += Self.lines(of: loaded)
            if let reference { lines.append(Self.line("reference", reference)) }
            lines += measures
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func line(_ heading: String, _ text: String) -> String {
        "  " + heading + String(repeating: " ", count: max(1, 12 - heading.count)) + text
    }

    private static func lines(of loaded: LoadedVersion) -> [String] {
        let served = loaded.served
        let summary = loaded.summary
        let sets = summary.operatorSets.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let producer = [summary.producer, summary.producerVersion]
            .map(words(of:)).filter { !$0.isEmpty }
        var lines = [
            line("digest", served.digest),
            line(
                "format",
                "ONNX IR \(summary.irVersion), \(sets.joined(separator: ", "))"
                    + (producer.isEmpty ? "" : ", by \(producer.joined(separator: " "))")
            ),
            line(
                "graph",
                "\(summary.nodeCount) operators, \(summary.treeCount) trees of "
                    + "\(summary.treeNodeCount) nodes"
            ),
        ]
        if let description = served.description { lines.append(line("description", description)) }
        for (index, feature) in served.features.enumerated() {
            lines.append(line(index == 0 ? "features" : "", text(of: feature)))
        }
        for (index, output) in served.model.outputs.enumerated() {
            let text = "\(output.name): \(output.declaredType)"
            lines.append(line(index == 0 ? "outputs" : "", text))
        }
        lines.append(line("prediction", text(of: served)))
        if let golden = loaded.golden {
            lines.append(
                line(
                    "golden",
                    "\(golden.rows) rows, the greatest difference is "
                        + "\(golden.greatestDifference), tolerance \(golden.tolerance)"
                )
            )
        } else {
            lines.append(line("golden", "no golden.json: nothing shows that the answers are right"))
        }
        for remark in loaded.remarks { lines.append(line("remark", remark)) }
        return lines
    }

    /// The beginning of what a file says of itself, on one line.
    ///
    /// CatBoost writes all of its build into its version.
    private static func words(of text: String) -> String {
        let limit = 60
        let visible = text.unicodeScalars.prefix(4 * limit).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " " as Character
            default: Character(scalar)
            }
        }
        let line = visible.split(separator: " ").map { String($0) }.joined(separator: " ")
        return line.count > limit ? line.prefix(limit) + "…" : line
    }

    private static func text(of feature: ServedFeature) -> String {
        var text = "\(feature.name): \(feature.kind.rawValue)"
        if let minimum = feature.minimum { text += ", at least \(minimum)" }
        if let maximum = feature.maximum { text += ", at most \(maximum)" }
        if let categories = feature.categories { text += ", \(categories.count) categories" }
        return text
    }

    private static func text(of served: ServedModel) -> String {
        let threshold = served.threshold.map { ", decided at \($0)" } ?? ""
        if case .labeller(let label) = served.model.purpose {
            return "label, the output \(served.model.outputs[label].name)"
        }
        guard case .classifier(_, _, let classes) = served.model.purpose else { return "the value" }
        let names = classes.map(\.text).joined(separator: ", ")
        return switch served.logged {
        case .probability(let position):
            "probability of \(classes[position].text), of the classes \(names)" + threshold
        case .label, .value: "label, of the classes \(names)" + threshold
        }
    }

    private var measures: [String] {
        guard let rows else { return [] }
        var lines: [String] = []
        switch rows.quality {
        case .classifier(let quality):
            lines = [
                Self.line("rows", "\(quality.rows)"),
                Self.line("accuracy", "\(quality.accuracy)"),
                Self.line("AUC", quality.rocArea.map { "\($0)" } ?? "undefined"),
                Self.line("log loss", "\(quality.logLoss)"),
            ]
        case .regressor(let quality):
            lines = [
                Self.line("rows", "\(quality.rows)"),
                Self.line("MAE", "\(quality.meanAbsoluteError)"),
                Self.line("RMSE", "\(quality.rootMeanSquaredError)"),
            ]
        case nil: lines = [Self.line("rows", "0")]
        }
        for (what, rows) in [("refused", rows.refused), ("unlabelled", rows.unlabelled)] {
            if let first = rows.first {
                lines.append(Self.line(what, "\(rows.count) more rows, the first: \(first)"))
            }
        }
        return lines
    }
}
