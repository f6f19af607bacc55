// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Hosting
import PredictionLog

private struct RouteDraft: Sendable {
    var severity: AlertRule.Severity?
    var models: [String] = ["*"]
    var receivers: [String] = []

    static let table = SettingsTable<RouteDraft>([
        SettingsKey(
            "severity",
            \.severity,
            .choice(AlertRule.Severity.allCases),
            "The severity it is for; any when left out."
        ),
        SettingsKey("models", \.models, .patterns("models"), "The models it is for."),
        SettingsKey(
            "receivers",
            \.receivers,
            .list(of: .label, counts: 0...64, unique: ("", { $0 })),
            "Who is told, by name.",
            isRequired: true
        ),
    ])
}

extension SettingsFormat where Value == AlertPolicy.Route {
    /// A route: which alerts go to whom.
    static var route: SettingsFormat {
        mapping("a route", RouteDraft.table, draft: RouteDraft()) { draft, _, _, _ in
            AlertPolicy.Route(
                severity: draft.severity,
                models: NameSelection(draft.models),
                receivers: draft.receivers
            )
        } open: { route in
            RouteDraft(
                severity: route.severity,
                models: route.models.patterns,
                receivers: route.receivers
            )
        }
    }
}

private struct SilenceDraft: Sendable {
    var match: [String: String] = [:]
    var from: Double?
    var until = 0.0
    var reason = ""

    static let table = SettingsTable<SilenceDraft>([
        SettingsKey(
            "match",
            \.match,
            .dictionary(from: "labels", to: .name("a value, or a pattern")),
            "The labels it is for (\(Silence.labels.joined(separator: ", "))); a leading `!` means "
                + "all other values.",
            isRequired: true
        ),
        SettingsKey("from", \.from, .time, "When it begins; at once when left out."),
        SettingsKey("until", \.until, .time, "When it ends.", isRequired: true),
        SettingsKey(
            "reason",
            \.reason,
            .line("a reason", limit: 1_024),
            "Why.",
            isRequired: true
        ),
    ])
}

extension Silence {
    /// Whom silences of the configuration are from.
    static let configuration = "configuration"
}

extension SettingsFormat where Value == Silence {
    /// A silence with an end.
    static var silence: SettingsFormat {
        mapping("a silence", SilenceDraft.table, draft: SilenceDraft()) {
            draft,
            node,
            key,
            reading in
            let unknown = draft.match.keys.sorted().first { !Silence.labels.contains($0) }
            if draft.match.isEmpty || unknown != nil {
                reading.report(
                    unknown.map { .unknown(nearest: NearestName.of($0, among: Silence.labels)) }
                        ?? .missing(expected: "a label and its value"),
                    key: "\(key).match" + (unknown.map { ".\($0)" } ?? ""),
                    at: node.place
                )
                return nil
            }
            return Silence(
                id: "config-\(key.filter(\.isNumber))",
                matchers: draft.match.sorted { $0.key < $1.key }.map { name, value in
                    let isExcluded = value.hasPrefix("!")
                    let value = isExcluded ? String(value.dropFirst()) : value
                    return Silence.Matcher(name, value, isEqual: !isExcluded)
                },
                startsAt: draft.from ?? 0,
                endsAt: draft.until,
                updatedAt: 0,
                createdBy: Silence.configuration,
                comment: draft.reason
            )
        } open: { silence in
            SilenceDraft(
                match: Dictionary(
                    silence.matchers.map { matcher in
                        (matcher.name, (matcher.isEqual ? "" : "!") + matcher.value.text)
                    }
                ) { $1 },
                from: silence.startsAt == 0 ? nil : silence.startsAt,
                until: silence.endsAt,
                reason: silence.comment
            )
        }
    }
}

extension SettingsFormat where Value == Double {
    /// A point in time.
    static var time: SettingsFormat {
        scalar("a time as in 2026-12-24T18:00:00Z") { text in
            RFC3339.parse(text)
        } show: { time in
            .text(RFC3339.format(time))
        }
    }
}
