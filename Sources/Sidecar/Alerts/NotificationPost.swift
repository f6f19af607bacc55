// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Hosting

/// Puts notifications into the words of each kind of receiver, and sends them.
struct NotificationPost: Sendable {
    let sender: NotificationSender
    /// What messages call the place they come from: the pod.
    let instance: String?
    /// The program and its version.
    let program: String

    /// What messages say besides their alerts.
    func context(externalURL: String?) -> MessageContext {
        MessageContext(externalURL: externalURL, instance: instance, producer: program)
    }

    /// Sends a notification.
    func send(
        _ notification: Notification,
        to receiver: ReceiverSettings,
        externalURL: String?
    ) async -> NotificationSender.Result {
        let context = context(externalURL: externalURL)
        return await sender.send(to: receiver) { secret throws in
            switch receiver.kind {
            case .slack:
                return NotificationSender.Content(
                    body: SlackPayload.body(of: notification, context: context)
                )
            case .alertmanager:
                return NotificationSender.Content(
                    body: AlertmanagerPayload.body(of: notification, context: context)
                )
            case .pagerduty:
                return NotificationSender.Content(
                    body: PagerDutyPayload.body(
                        of: notification,
                        context: context,
                        routingKey: secret ?? ""
                    )
                )
            case .webhook:
                let body = WebhookPayload.body(of: notification, context: context)
                return NotificationSender.Content(
                    body: body,
                    fields: try Self.signature(of: body, notification, secret)
                )
            }
        }
    }

    /// The fields of Standard Webhooks; the signature only when there is a secret.
    private static func signature(
        of body: [UInt8],
        _ notification: Notification,
        _ secrets: String?
    ) throws(WebhookSecretError) -> [(name: String, value: String)] {
        let timestamp = Int(notification.time)
        let fields = [
            (name: "webhook-id", value: notification.id),
            (name: "webhook-timestamp", value: String(timestamp)),
        ]
        guard let secrets else { return fields }
        let signature = try WebhookSignature(secrets: secrets)
        let value = signature.value(id: notification.id, timestamp: timestamp, body: body)
        return fields + [(name: "webhook-signature", value: value)]
    }
}
