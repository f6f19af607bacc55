// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The labels of an alert, by which it is silenced, and found elsewhere.
package struct AlertLabels: Sendable, Equatable {
    /// Names and values, by name; none is empty.
    package let pairs: [(name: String, value: String)]

    /// The labels of an alert.
    package init(_ alert: Alert) {
        pairs = Silence.labels.map { ($0, alert.label($0)) }.filter { !$0.1.isEmpty }
    }

    /// The value of a label; empty where there is none, as in Prometheus.
    package subscript(name: String) -> String {
        pairs.first { $0.name == name }?.value ?? ""
    }

    /// Prometheus's fingerprint of the labels: FNV-1a of 64 bits over names and values, each
    /// followed by 0xFF, as 16 digits (github.com/prometheus/common, model/signature.go).
    package var fingerprint: String {
        var hash = FNV1a()
        for (name, value) in pairs {
            hash.add(name)
            hash.add(value)
        }
        return hash.digits
    }

    package static func == (first: Self, second: Self) -> Bool {
        first.pairs.elementsEqual(second.pairs, by: ==)
    }
}

extension Alert {
    /// The value of a label; empty where there is none, as in Prometheus.
    package func label(_ name: String) -> String {
        switch name {
        case "alertname": key.rule
        case "feature": key.feature ?? ""
        case "model": key.model ?? ""
        case "model_version": key.version ?? ""
        case "severity": severity.rawValue
        case "window": window ?? ""
        default: ""
        }
    }
}

/// The hash of Fowler, Noll and Vo, variant 1a, of 64 bits (RFC 9923).
struct FNV1a {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Adds a text, and a byte that no UTF-8 has.
    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(0xFF)
    }

    private mutating func add(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    /// The hash in 16 hexadecimal digits.
    var digits: String {
        let text = String(state, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
