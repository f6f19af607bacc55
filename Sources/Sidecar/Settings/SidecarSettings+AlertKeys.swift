// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import DriftMonitor
package import Hosting
import PredictionLog

extension SidecarSettings {
    /// The keys of rules, receivers and how they are told.
    static let alertKeys: [SettingsKey<SidecarSettings>] = [
        SettingsKey(
            "external_url",
            \.alerts.externalURL,
            .link,
            "Where people find the page: the links in messages.",
            example: "https://kedge.example"
        ),
        SettingsKey(
            "rules",
            \.alerts.rules,
            .list(of: .rule, counts: 0...256, unique: ("name", \.name)),
            "What is worth an alert; without this key the built-in rules (drift of a feature, of the "
                + "prediction, missing values, unseen categories, no traffic, errors, drops).",
            example: "[{name: TempDrift, statistic: ks_statistic, features: [temp], above: 0.6}]"
        ),
        SettingsKey(
            "receivers",
            \.alerts.receivers,
            .list(of: .receiver, counts: 0...64, unique: ("name", \.name)),
            "Who is told.",
            example: "[{name: team, slack: {url_file: /etc/kedge/slack-url}}]"
        ),
        SettingsKey(
            "routes",
            \.alerts.routes,
            .list(of: .route, counts: 0...256),
            "Which alerts go to whom: the first that fits decides; without any everybody gets "
                + "everything.",
            example: "[{models: [\"test*\"], receivers: []}, {receivers: [team]}]"
        ),
        SettingsKey(
            "silences",
            \.alerts.silences,
            .list(of: .silence, counts: 0...256),
            "What is not told for a while; kedge alerts silence makes them without a restart.",
            example: "[{match: {feature: temp}, until: 2027-01-01T00:00:00Z, reason: new sensor}]"
        ),
        SettingsKey(
            "group_wait",
            \.alerts.groupWait,
            .duration(.zero...(.seconds(3_600))),
            "How long alerts of one model version gather before they are told."
        ),
        SettingsKey(
            "group_interval",
            \.alerts.groupInterval,
            .duration(.zero...(.seconds(86_400))),
            "The least time between two different messages of one model version."
        ),
        SettingsKey(
            "repeat_every",
            \.alerts.repeatEvery,
            .duration(.seconds(1)...(.seconds(2_678_400))),
            "After how long an unchanged message is sent again."
        ),
    ]

    /// Windows and receivers that rules and routes name, and that there are not.
    package func faults(at places: [String: SettingsPlace]) -> [SettingsFault] {
        let windows = monitor.windows.map(\.name)
        let receivers = alerts.receivers.map(\.name)
        var faults: [SettingsFault] = []
        for (index, rule) in (alerts.rules ?? []).enumerated() {
            guard let window = rule.window, !windows.contains(window) else { continue }
            let key = "rules[\(index)].window"
            faults.append(
                SettingsFault(
                    .unexpected(
                        found: "\"\(window)\"",
                        expected: "one of the windows, " + windows.joined(separator: ", ")
                    ),
                    key: key,
                    at: places[key] ?? places["rules"] ?? .builtIn
                )
            )
        }
        for (index, route) in alerts.routes.enumerated() {
            for receiver in route.receivers where !receivers.contains(receiver) {
                let key = "routes[\(index)].receivers"
                let nearest = NearestName.of(receiver, among: receivers)
                let hint = nearest.map { "; did you mean \($0)?" } ?? ""
                faults.append(
                    SettingsFault(
                        .unexpected(
                            found: "\"\(receiver)\"\(hint)",
                            expected: "the name of a receiver"
                        ),
                        key: key,
                        at: places[key] ?? places["routes"] ?? .builtIn
                    )
                )
            }
        }
        return faults
    }
}
