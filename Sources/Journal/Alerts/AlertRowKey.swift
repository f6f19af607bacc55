// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation

/// The bytes that a row of the alerts' file is found by.
///
/// Each part of its key is a netstring (Bernstein, 1997), `5:delay,`, and `~` when there is none.
/// Texts that are equal have the same bytes: they are in Unicode's form NFC.
struct AlertRowKey: Equatable {
    /// The bytes.
    private(set) var bytes: [UInt8] = []

    /// The key of one of an alert's two places.
    init(_ key: AlertKey, hasEnded: Bool) {
        add(hasEnded ? "ended" : "active")
        for part in [key.model, key.version, key.rule, key.feature] { add(part) }
    }

    /// The key of what a receiver was told of a group.
    init(_ key: DeliveryKey) {
        for part in [key.receiver, key.group.model, key.group.version] { add(part) }
    }

    /// The key of a silence.
    init(silence id: String) {
        add(id)
    }

    private mutating func add(_ part: String?) {
        guard let part else {
            bytes.append(UInt8(ascii: "~"))
            return
        }
        let text = Array(part.precomposedStringWithCanonicalMapping.utf8)
        bytes += Array("\(text.count):".utf8) + text + [UInt8(ascii: ",")]
    }
}
