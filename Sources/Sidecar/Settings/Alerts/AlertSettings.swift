// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Alerting

/// Everything about alerts that the sidecar is told.
package struct AlertSettings: Sendable, Equatable {
    /// The rules; nil for the built-in ones.
    package var rules: [AlertRule]?
    /// Who is told.
    package var receivers: [ReceiverSettings] = []
    /// Which alerts go to whom.
    package var routes: [AlertPolicy.Route] = []
    /// Silences that are part of the configuration.
    package var silences: [Silence] = []
    /// How long alerts of a group gather before it is told.
    package var groupWait = Duration.seconds(30)
    /// The time between two different notifications of a group.
    package var groupInterval = Duration.seconds(300)
    /// After how long what is unchanged is told again.
    package var repeatEvery = Duration.seconds(14_400)
    /// Where people find the page; nil leaves links out.
    package var externalURL: String?

    /// The built-in rules, and nobody to tell.
    package init() {}

    /// The policy that the alerts follow.
    package var policy: AlertPolicy {
        var policy = AlertPolicy()
        policy.rules = rules ?? AlertRule.builtIn
        policy.receivers = receivers.map { receiver in
            AlertPolicy.Receiver(
                name: receiver.name,
                isLevelTriggered: receiver.isLevelTriggered,
                spacing: receiver.spacingSeconds
            )
        }
        policy.routes = routes
        policy.silences = silences
        policy.groupWait = groupWait.inSeconds
        policy.groupInterval = groupInterval.inSeconds
        policy.repeatEvery = repeatEvery.inSeconds
        return policy
    }
}

/// Somebody who is told, and how.
package struct ReceiverSettings: Sendable, Equatable {
    /// What it understands.
    package enum Kind: String, CaseIterable, Sendable {
        /// An incoming webhook of Slack, or of whoever takes its blocks.
        case slack
        /// Alertmanager's payload, signed if there is a secret.
        case webhook
        /// Alertmanager's API.
        case alertmanager
        /// PagerDuty's Events API v2.
        case pagerduty
    }

    /// The name, unique among receivers.
    package var name: String
    /// What it understands.
    package var kind: Kind
    /// Where it is; Alertmanager's without the path of its API.
    package var url: SecretSource
    /// The key with which webhooks are signed, or with which events are routed.
    package var secret: SecretSource?
    /// Whether plain HTTP is allowed to hosts beyond loopback.
    package var allowsHTTP = false
    /// The file of the certificates that are trusted instead of the system's.
    package var certificates: String?
    /// How long one request may take.
    package var timeout = Duration.seconds(15)

    /// Names a receiver.
    package init(name: String, kind: Kind, url: SecretSource, secret: SecretSource? = nil) {
        self.name = name
        self.kind = kind
        self.url = url
        self.secret = secret
    }

    /// Whether it is told the state again and again.
    package var isLevelTriggered: Bool { kind == .alertmanager }

    /// The least number of seconds between two requests: what Slack's webhooks take.
    package var spacingSeconds: Double { kind == .slack ? 1 : 0 }
}

/// A text that may be a secret, or where it is read whenever it is used.
package enum SecretSource: Sendable, Equatable {
    /// The text itself.
    case literal(String)
    /// A file; blanks around the text are left out.
    case file(String)
    /// An environment variable.
    case variable(String)
}
