// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Hosting
import PredictionLog

/// Alerts as JSON: the shape of Prometheus's `/api/v1/alerts`, and which silences hold.
enum AlertsJSON {
    /// Writes the alerts that are pending or firing.
    static func write(
        _ alerts: [(alert: Alert, silencedBy: [String])],
        _ context: MessageContext,
        to json: inout JSONWriter
    ) {
        json.object { json in
            json.member("status", "success")
            json.member(object: "data") { json in
                json.member(array: "alerts", of: alerts) { entry, json in
                    write(entry.alert, silencedBy: entry.silencedBy, context, to: &json)
                }
            }
        }
    }

    private static func write(
        _ alert: Alert,
        silencedBy: [String],
        _ context: MessageContext,
        to json: inout JSONWriter
    ) {
        json.object { json in
            json.member(object: "labels") { json in
                for (name, value) in AlertLabels(alert).pairs { json.member(name, value) }
            }
            json.member(object: "annotations") { json in
                for (name, value) in AlertAnnotations(alert, context: context).pairs {
                    json.member(name, value)
                }
            }
            json.member("state", alert.state.rawValue)
            json.member("activeAt", RFC3339.format(alert.activeAt))
            // A text, as Prometheus has it.
            json.member("value", "\(alert.evidence.value)")
            json.key("held")
            json.value(alert.heldSince != nil)
            json.member(array: "silencedBy", of: silencedBy) { id, json in json.value(id) }
        }
    }
}

/// Silences as JSON: the shape of Alertmanager's `/api/v2/silences`.
///
/// A matcher's value is a pattern with `*` and `?` (`isRegex` is always false).
enum SilencesJSON {
    /// Writes silences.
    static func write(_ silences: [Silence], now: Double, to json: inout JSONWriter) {
        json.array { json in
            for silence in silences { write(silence, now: now, to: &json) }
        }
    }

    /// Writes one silence.
    static func write(_ silence: Silence, now: Double, to json: inout JSONWriter) {
        json.object { json in
            json.member("id", silence.id)
            json.member(object: "status") { json in
                json.member("state", silence.state(at: now).rawValue)
            }
            json.member("startsAt", RFC3339.format(silence.startsAt))
            json.member("endsAt", RFC3339.format(silence.endsAt))
            json.member("updatedAt", RFC3339.format(silence.updatedAt))
            json.member("createdBy", silence.createdBy)
            json.member("comment", silence.comment)
            json.member(array: "matchers", of: silence.matchers) { matcher, json in
                json.object { json in
                    json.member("name", matcher.name)
                    json.member("value", matcher.value.text)
                    json.key("isRegex")
                    json.value(false)
                    json.key("isEqual")
                    json.value(matcher.isEqual)
                }
            }
        }
    }
}
