// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Hosting
import PredictionLog

/// A receiver as written: one of the kinds, under its name.
private struct ReceiverDraft: Sendable {
    var name = ""
    var slack: ConnectionDraft?
    var webhook: ConnectionDraft?
    var alertmanager: ConnectionDraft?
    var pagerduty: ConnectionDraft?

    static let table = SettingsTable<ReceiverDraft>([
        SettingsKey("name", \.name, .label, "The name in routes and metrics.", isRequired: true),
        SettingsKey(
            "slack",
            \.slack,
            .connection(ConnectionDraft.addressKeys),
            "An incoming webhook of Slack."
        ),
        SettingsKey(
            "webhook",
            \.webhook,
            .connection(ConnectionDraft.addressKeys + ConnectionDraft.secretKeys),
            "Alertmanager's webhook payload, signed as Standard Webhooks says if there is a secret."
        ),
        SettingsKey(
            "alertmanager",
            \.alertmanager,
            .connection(ConnectionDraft.addressKeys),
            "An Alertmanager, by the address of its page; one receiver for each replica."
        ),
        SettingsKey(
            "pagerduty",
            \.pagerduty,
            .connection(ConnectionDraft.routingKeys + ConnectionDraft.addressKeys),
            "PagerDuty's Events API v2."
        ),
    ])

    var kinds: [(kind: ReceiverSettings.Kind, connection: ConnectionDraft)] {
        let all: [(ReceiverSettings.Kind, ConnectionDraft?)] = [
            (.slack, slack), (.webhook, webhook), (.alertmanager, alertmanager),
            (.pagerduty, pagerduty),
        ]
        return all.compactMap { kind, connection in connection.map { (kind, $0) } }
    }
}

/// How a receiver is reached, as written.
struct ConnectionDraft: Sendable {
    var url: String?
    var urlFile: String?
    var urlVariable: String?
    var secretFile: String?
    var secretVariable: String?
    var allowsHTTP = false
    var certificates: String?
    var timeout = Duration.seconds(15)

    static let addressKeys: [SettingsKey<ConnectionDraft>] = [
        SettingsKey("url", \.url, .secretURL, "Where it is; shown without path and query."),
        SettingsKey("url_file", \.urlFile, .path("a file"), "The file that holds the URL."),
        SettingsKey("url_env", \.urlVariable, .variable, "The variable that holds the URL."),
        SettingsKey(
            "allow_http",
            \.allowsHTTP,
            .boolean,
            "Whether plain http is taken for hosts beyond loopback."
        ),
        SettingsKey(
            "ca_file",
            \.certificates,
            .path("a file"),
            "Certificates (PEM) that are trusted instead of the system's."
        ),
        SettingsKey(
            "timeout",
            \.timeout,
            .duration(.milliseconds(100)...(.seconds(60))),
            "How long a request may take."
        ),
    ]

    static let secretKeys: [SettingsKey<ConnectionDraft>] = [
        SettingsKey(
            "secret_file",
            \.secretFile,
            .path("a file"),
            "The file of the signing secrets, whsec_… each, one a line: the newest first."
        ),
        SettingsKey(
            "secret_env",
            \.secretVariable,
            .variable,
            "The variable that holds them, with blanks between."
        ),
    ]

    static let routingKeys: [SettingsKey<ConnectionDraft>] = [
        SettingsKey(
            "routing_key_file",
            \.secretFile,
            .path("a file"),
            "The file that holds the integration's routing key."
        ),
        SettingsKey(
            "routing_key_env",
            \.secretVariable,
            .variable,
            "The variable that holds it."
        ),
    ]
}

extension SettingsFormat where Value == ReceiverSettings {
    /// A receiver: a name and one of the kinds.
    static var receiver: SettingsFormat {
        mapping("a receiver", ReceiverDraft.table, draft: ReceiverDraft()) {
            draft,
            node,
            key,
            reading in
            let kinds = draft.kinds
            guard let (kind, connection) = kinds.first, kinds.count == 1 else {
                let names = ReceiverSettings.Kind.allCases.map(\.rawValue)
                let expected = "one of " + names.joined(separator: ", ")
                reading.report(
                    kinds.isEmpty
                        ? .missing(expected: expected)
                        : .unexpected(
                            found: kinds.map(\.kind.rawValue).joined(separator: " and "),
                            expected: expected
                        ),
                    key: key,
                    at: node.place
                )
                return nil
            }
            return settings(
                draft.name,
                kind,
                connection,
                node.place,
                "\(key).\(kind.rawValue)",
                &reading
            )
        } open: { receiver in
            ReceiverDraft(receiver)
        }
    }

    private static func settings(
        _ name: String,
        _ kind: ReceiverSettings.Kind,
        _ connection: ConnectionDraft,
        _ place: SettingsPlace,
        _ key: String,
        _ reading: inout SettingsReading
    ) -> ReceiverSettings? {
        let urls = [
            connection.url.map(SecretSource.literal), connection.urlFile.map(SecretSource.file),
            connection.urlVariable.map(SecretSource.variable),
        ].compactMap(\.self)
        let secrets = [
            connection.secretFile.map(SecretSource.file),
            connection.secretVariable.map(SecretSource.variable),
        ].compactMap(\.self)
        let isPager = kind == .pagerduty
        let expected =
            isPager && secrets.count != 1
            ? "one of routing_key_file and routing_key_env"
            : secrets.count > 1 ? "one of secret_file and secret_env" : nil
        let expectedURL =
            urls.count == 1 || isPager && urls.isEmpty
            ? nil : "one of url, url_file and url_env"
        for expected in [expected, expectedURL].compactMap(\.self) {
            reading.report(.missing(expected: expected), key: key, at: place)
        }
        guard expected == nil, expectedURL == nil else { return nil }
        var receiver = ReceiverSettings(
            name: name,
            kind: kind,
            url: urls.first ?? .literal(ReceiverSettings.pagerDuty),
            secret: secrets.first
        )
        receiver.allowsHTTP = connection.allowsHTTP
        receiver.certificates = connection.certificates
        receiver.timeout = connection.timeout
        guard case .literal(let text) = receiver.url else { return receiver }
        do throws(WebAddressError) {
            _ = try WebAddress(text, allowsHTTP: receiver.allowsHTTP)
            return receiver
        } catch {
            // The URL may be the secret itself.
            reading.report(
                .unexpected(found: "a URL that \(error)", expected: WebAddress.expected),
                key: "\(key).url",
                at: place
            )
            return nil
        }
    }
}

extension ReceiverDraft {
    init(_ receiver: ReceiverSettings) {
        name = receiver.name
        var connection = ConnectionDraft()
        switch receiver.url {
        case .literal(ReceiverSettings.pagerDuty) where receiver.kind == .pagerduty: break
        case .literal(let text): connection.url = text
        case .file(let path): connection.urlFile = path
        case .variable(let name): connection.urlVariable = name
        }
        switch receiver.secret {
        case .file(let path): connection.secretFile = path
        case .variable(let name): connection.secretVariable = name
        case .literal, nil: break
        }
        connection.allowsHTTP = receiver.allowsHTTP
        connection.certificates = receiver.certificates
        connection.timeout = receiver.timeout
        switch receiver.kind {
        case .slack: slack = connection
        case .webhook: webhook = connection
        case .alertmanager: alertmanager = connection
        case .pagerduty: pagerduty = connection
        }
    }
}

extension ReceiverSettings {
    /// Where PagerDuty takes events.
    static let pagerDuty = "https://events.pagerduty.com/v2/enqueue"
}

extension SettingsFormat where Value == ConnectionDraft {
    /// How a receiver is reached.
    static func connection(_ keys: [SettingsKey<ConnectionDraft>]) -> SettingsFormat {
        mapping("a connection", SettingsTable(keys), empty: ConnectionDraft())
    }
}

extension SettingsFormat where Value == String {
    /// A URL that is not repeated: neither in a fault nor by `config show`.
    static var secretURL: SettingsFormat {
        secret(WebAddress.expected) { text in
            text
        } show: { text in
            .text(WebAddress.redacted(text))
        }
    }

    /// The name of an environment variable.
    static var variable: SettingsFormat {
        scalar("the name of an environment variable") { text in
            let isName = text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (97...122).contains(byte | 0x20) || byte == 0x5F
            }
            return isName && (1...255).contains(text.utf8.count) ? text : nil
        } show: { name in
            .text(name)
        }
    }

    /// A link for people.
    static var link: SettingsFormat {
        scalar("a URL that begins with https:// or http://, at most 2048 bytes long") { text in
            let isLink = ["https://", "http://"].contains { text.hasPrefix($0) && text != $0 }
            let isLegible = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            return isLink && isLegible && text.utf8.count <= 2_048 ? text : nil
        } show: { link in
            .text(link)
        }
    }

    /// Any text of some length.
    static func line(_ what: String, limit: Int) -> SettingsFormat {
        scalar("\(what), at most \(limit) bytes long") { text in
            text.utf8.count <= limit ? text : nil
        } show: { text in
            .text(text)
        }
    }
}
