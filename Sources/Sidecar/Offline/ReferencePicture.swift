// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
import Hosting
import PredictionLog

/// A reference for people, and for programs that want no cells.
package enum ReferencePicture {
    private static let chartColumns = 40
    private static let topCategories = 5

    /// The reference as text: a paragraph a feature, with a histogram or its top categories.
    package static func text(of reference: Reference, digest: String) -> String {
        var lines = [
            "model \(reference.model), version \(reference.version): \(reference.rows) rows, "
                + "\(reference.features.count) features",
            "digest \(digest)",
        ]
        for feature in reference.features {
            lines.append("")
            switch feature.distribution {
            case .numeric(let numeric):
                lines += paragraph(feature, numeric, rows: reference.rows)
            case .categorical(let categorical):
                lines += paragraph(feature, categorical, rows: reference.rows)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The reference as JSON: per feature its kind, bounds, bins and what the bins are.
    package static func json(of reference: Reference, digest: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", reference.model)
            writer.member("version", reference.version)
            writer.member("reference", digest)
            writer.member("rows", reference.rows)
            writer.member(object: "features") { writer in
                for feature in reference.features {
                    writer.key(feature.name)
                    writer.object { describe(feature, in: &$0) }
                }
            }
        }
        writer.newline()
        return writer.bytes
    }

    private static func describe(_ feature: FeatureReference, in writer: inout JSONWriter) {
        writer.member("kind", feature.kind.rawValue)
        switch feature.distribution {
        case .numeric(let numeric):
            writer.member("minimum", numeric.minimum)
            writer.member("maximum", numeric.maximum)
            writer.member("distinct", numeric.distinct)
            writer.member("knots", numeric.knots.count)
            writer.member("ks_error_bound", numeric.errorBound)
            writer.key("cut_points")
            writer.array { writer in numeric.cutPoints.forEach { writer.value($0) } }
        case .categorical(let categorical):
            writer.key("categories")
            writer.array { writer in categorical.categories.forEach { writer.value($0) } }
        }
        writer.key("bins")
        writer.array { writer in feature.binCounts.forEach { writer.value($0) } }
    }

    private static func paragraph(
        _ feature: FeatureReference,
        _ numeric: NumericReference,
        rows: Int
    ) -> [String] {
        let missing = percent(numeric.missing, of: rows)
        let title =
            "\(feature.name)  numeric, \(missing) missing, \(numeric.distinct) distinct "
            + "values, \(numeric.knots.count) knots, KS error ≤ \(short(numeric.errorBound))"
        guard let minimum = numeric.minimum, let maximum = numeric.maximum else { return [title] }
        let edges = [minimum] + numeric.cutPoints + [maximum]
        let heights = BlockChart.density(
            counts: Array(feature.binCounts.dropLast()),
            edges: edges,
            columns: chartColumns
        )
        let chart = BlockChart.columns(heights)
        return [title, "  \(short(minimum)) ▕\(chart)▏ \(short(maximum))"]
    }

    private static func paragraph(
        _ feature: FeatureReference,
        _ categorical: CategoricalReference,
        rows: Int
    ) -> [String] {
        let missing = percent(categorical.missing, of: rows)
        var lines = [
            "\(feature.name)  categorical, \(missing) missing, "
                + "\(categorical.categories.count) categories"
        ]
        // The most frequent first; equal ones as the reference has them, by their bytes.
        let ranked = zip(categorical.categories, categorical.counts).enumerated().sorted {
            ($1.element.1, $0.offset) < ($0.element.1, $1.offset)
        }
        var shown = ranked.prefix(topCategories).map(\.element)
        let rest = ranked.dropFirst(topCategories).map(\.element.1).reduce(0, &+)
        if rest > 0 { shown.append(("\(ranked.count - topCategories) others", rest)) }
        if categorical.unseen > 0 { shown.append(("folded as rare", categorical.unseen)) }
        let width = shown.map(\.0.count).max() ?? 0
        for (name, count) in shown {
            let padding = String(repeating: " ", count: width - name.count)
            let bar = BlockChart.bar(Double(count) / Double(max(rows, 1)), width: chartColumns)
            lines.append("  \(name)\(padding) \(percent(count, of: rows)) \(bar)")
        }
        return lines
    }

    private static func percent(_ count: UInt64, of rows: Int) -> String {
        let tenths = Int((Double(count) / Double(max(rows, 1)) * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// A number in at most four significant digits, or as it is when it is shorter.
    package static func short(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
        var scale = 1.0
        while abs(value) * scale < 1_000, scale < 1e12 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e15
            ? String(Int(rounded)) : "\(rounded)"
    }
}
