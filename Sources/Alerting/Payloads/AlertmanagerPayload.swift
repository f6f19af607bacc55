// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The body of a request to Alertmanager's `/api/v2/alerts`.
package enum AlertmanagerPayload {
    /// For how many seconds an alert fires that is not told of again: four times the interval.
    package static let firingSeconds = 4 * AlertEngine.resendSeconds

    /// The body of a notification.
    ///
    /// A firing alert ends in `firingSeconds` unless it is sent again. One that is over ends when it
    /// was over, never after the time of the notification: an Alertmanager takes what ends in the
    /// future for firing, and a report's clock may be ahead. The span is never empty.
    package static func body(of notification: Notification, context: MessageContext) -> [UInt8] {
        var writer = JSONWriter()
        writer.array { writer in
            for alert in notification.alerts {
                write(alert, notification, context, to: &writer)
            }
        }
        return writer.bytes
    }

    private static func write(
        _ alert: Alert,
        _ notification: Notification,
        _ context: MessageContext,
        to writer: inout JSONWriter
    ) {
        let span = AlertSpan(alert).closed(now: notification.time, lasting: firingSeconds)
        let isSample = notification.isSample
        writer.object { writer in
            writer.member("labels", AlertLabels(alert).pairs)
            writer.member(
                "annotations",
                AlertAnnotations(alert, isSample: isSample, context: context).pairs
            )
            writer.key("startsAt")
            writer.value(RFC3339.format(span.start))
            writer.key("endsAt")
            writer.value(RFC3339.format(span.end ?? span.start))
            if let page = context.page(of: alert) {
                writer.key("generatorURL")
                writer.value(page.text)
            }
        }
    }
}
