// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Sidecar

/// What `kedge reference build` says of what it built.
enum BuildSummary {
    /// A line for the whole, a table of the features, and a line for each thing that is odd.
    static func text(
        of reference: Reference,
        _ features: [BuiltFeature],
        failedRows: Int
    ) -> String {
        var text = "\(reference.model), version \(reference.version): \(reference.rows) rows"
        if failedRows > 0 { text += ", \(failedRows) more with an outcome other than ok left out" }
        var table = TextTable([
            ("feature", .left), ("kind", .left), ("missing", .right), ("values", .right),
            ("kept", .left), ("KS error", .left),
        ])
        for feature in features.map(\.reference) { table.add(row(of: feature)) }
        text += "\n" + table.text
        for feature in features {
            for remark in feature.remarks {
                text += "warning: \(feature.reference.name): \(sentence(remark))\n"
            }
        }
        return text + beyondLimits(features.map(\.reference))
    }

    /// A line for each thing that a sidecar with its own limits would refuse.
    private static func beyondLimits(_ features: [FeatureReference]) -> String {
        let limits = SidecarSettings().limits
        var text = ""
        if features.count > limits.features {
            text +=
                "warning: \(features.count) features: a sidecar takes \(limits.features) unless its "
                + "limits.features says more\n"
        }
        for feature in features {
            switch feature.distribution {
            case .numeric: continue
            case .categorical(let categorical):
                let count = categorical.categories.count
                if count == 0, categorical.unseen > 0 {
                    text += "warning: \(feature.name): every category was folded into the rest\n"
                }
                guard count > limits.categories else { continue }
                text +=
                    "warning: \(feature.name): \(count) categories: a sidecar takes "
                    + "\(limits.categories) unless its limits.categories says more; --fold-rare "
                    + "folds rare ones, --ignore leaves the column out\n"
            }
        }
        return text
    }

    private static func row(of feature: FeatureReference) -> [String] {
        switch feature.distribution {
        case .numeric(let numeric):
            [
                feature.name, "numeric", "\(numeric.missing)", "\(numeric.distinct)",
                "\(numeric.knots.count) knots",
                numeric.errorBound == 0
                    ? "exact" : "≤ \(ReferencePicture.short(numeric.errorBound))",
            ]
        case .categorical(let categorical):
            [
                feature.name, "categorical", "\(categorical.missing)",
                "\(categorical.categories.count)",
                "\(categorical.categories.count) categories"
                    + (categorical.unseen > 0 ? ", \(categorical.unseen) rows folded" : ""),
                "",
            ]
        }
    }

    private static func sentence(_ remark: BuiltFeature.Remark) -> String {
        switch remark {
        case .allMissing: "every cell is missing"
        case .constant: "every cell is the same"
        case .allDistinct: "no text occurs twice; ignore it if it is an identifier"
        case .notNumbers(let count, let first):
            "\(count) cells are no numbers and count as missing, the first is '\(first)'"
        }
    }
}
