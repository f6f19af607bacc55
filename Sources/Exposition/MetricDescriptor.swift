// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a metric family is: its name, kind, unit and meaning.
package struct MetricDescriptor: Sendable, Equatable {
    /// How the values of a family behave; raw values are the words of OpenMetrics.
    package enum Kind: String, Sendable, Equatable {
        /// Only grows, from 0 at the start of the process; its samples end in `_total`.
        case counter
        /// A number as it is now.
        case gauge
        /// A constant 1 whose labels say something; its samples end in `_info`.
        case info
        /// Observations counted by size: samples end in `_bucket`, `_sum` and `_count`.
        case histogram
    }

    /// The unit of a family's values, which is the last word of its name.
    package enum Unit: String, Sendable, Equatable {
        /// Seconds, also since the epoch.
        case seconds
        /// Bytes.
        case bytes
        /// A share in [0, 1].
        case ratio
    }

    /// The name without the suffix that the kind adds.
    package let name: MetricName
    /// How the values behave.
    package let kind: Kind
    /// The unit, or nil for a count or a number without one.
    package let unit: Unit?
    /// What the value says, in one sentence.
    package let help: String

    /// Describes a family.
    ///
    /// - Precondition: With a unit, the name ends in it; an info has none (OpenMetrics 1.0, "Unit").
    package init(
        _ name: MetricName,
        _ kind: Kind,
        unit: Unit? = nil,
        help: StaticString
    ) {
        if let unit {
            precondition(
                kind != .info && name.text.hasSuffix("_" + unit.rawValue),
                "'\(name.text)' does not end in its unit"
            )
        }
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help.description
    }

    /// The name that samples of the family have, in both formats; those of a histogram begin with it.
    package var sampleName: String {
        switch kind {
        case .counter: name.text + "_total"
        case .gauge, .histogram: name.text
        case .info: name.text + "_info"
        }
    }
}
