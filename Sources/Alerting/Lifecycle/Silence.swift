// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Keeps alerts from being told, for a while.
package struct Silence: Sendable, Equatable, Codable {
    /// A label and what it must, or must not, be.
    package struct Matcher: Sendable, Equatable, Codable {
        /// The label.
        package var name: String
        /// Its value, a pattern with `*` and `?`.
        package var value: NamePattern
        /// Whether the label must fit; otherwise it must not.
        package var isEqual: Bool

        /// Names a label and its value.
        package init(_ name: String, _ value: String, isEqual: Bool = true) {
            self.name = name
            self.value = NamePattern(value)
            self.isEqual = isEqual
        }
    }

    /// Where a silence stands.
    package enum State: String, Sendable {
        case pending
        case active
        case expired
    }

    /// The labels that an alert has and that can be matched, by name.
    package static let labels = [
        "alertname", "feature", "model", "model_version", "severity", "window",
    ]
    /// Silences at once.
    package static let maximum = 1_000

    /// What it is called by.
    package var id: String
    /// All must fit; never empty.
    package var matchers: [Matcher]
    /// When it begins, in Unix seconds of the wall clock.
    package var startsAt: Double
    /// When it ends.
    package var endsAt: Double
    /// When it was last changed.
    package var updatedAt: Double
    /// Who wants it.
    package var createdBy: String
    /// Why.
    package var comment: String

    /// Puts a silence together.
    package init(
        id: String,
        matchers: [Matcher],
        startsAt: Double,
        endsAt: Double,
        updatedAt: Double,
        createdBy: String,
        comment: String
    ) {
        self.id = id
        self.matchers = matchers
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
        self.comment = comment
    }

    /// Where it stands at a time.
    package func state(at now: Double) -> State {
        if now >= endsAt { return .expired }
        return now < startsAt ? .pending : .active
    }

    /// Whether it holds for an alert.
    package func matches(_ alert: Alert) -> Bool {
        matchers.allSatisfy { $0.value.matches(alert.label($0.name)) == $0.isEqual }
    }
}
