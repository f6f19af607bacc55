// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Who is told, and how often; the same for all that is configured.
package struct AlertPolicy: Sendable, Equatable {
    /// Somebody who is told.
    package struct Receiver: Sendable, Equatable {
        /// The name, unique among receivers.
        package var name: String
        /// Whether it is told the state again and again, as Alertmanager wants it, instead of once.
        package var isLevelTriggered: Bool
        /// The least number of seconds between two requests.
        package var spacing: Double

        /// Describes a receiver.
        package init(name: String, isLevelTriggered: Bool = false, spacing: Double = 0) {
            self.name = name
            self.isLevelTriggered = isLevelTriggered
            self.spacing = spacing
        }
    }

    /// Which alerts go to whom; the first that fits an alert decides.
    package struct Route: Sendable, Equatable {
        /// The severity it is for; nil for every one.
        package var severity: AlertRule.Severity?
        /// The models it is for; what is no model's fits `*` alone.
        package var models: NameSelection
        /// Who is told, by name; nobody when it is empty.
        package var receivers: [String]

        /// Describes a route.
        package init(
            severity: AlertRule.Severity? = nil,
            models: NameSelection = .all,
            receivers: [String]
        ) {
            self.severity = severity
            self.models = models
            self.receivers = receivers
        }

        func fits(_ alert: Alert) -> Bool {
            (severity ?? alert.severity) == alert.severity && models.contains(alert.key.model ?? "")
        }
    }

    /// What is worth telling.
    package var rules = AlertRule.builtIn
    /// Who is told.
    package var receivers: [Receiver] = []
    /// Which alerts go to whom; without any everybody is told everything.
    package var routes: [Route] = []
    /// Silences of the configuration; their ids begin with `config-`.
    package var silences: [Silence] = []
    /// Seconds in which alerts of a group gather before it is told.
    package var groupWait = 30.0
    /// Seconds between two different notifications of a group.
    package var groupInterval = 300.0
    /// Seconds after which what is unchanged is told again.
    package var repeatEvery = 14_400.0

    /// The defaults: the built-in rules, and nobody to tell.
    package init() {}

    /// Whether a receiver is told of an alert.
    package func routes(_ alert: Alert, to receiver: String) -> Bool {
        guard !routes.isEmpty else { return true }
        for route in routes where route.fits(alert) { return route.receivers.contains(receiver) }
        return false
    }
}
