// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

extension JSONWriter {
    /// Writes one member of an object.
    mutating func member(_ name: String, _ text: String?) {
        key(name)
        value(text)
    }

    /// Writes one member of an object; `null` for what JSON has no number for.
    mutating func member(_ name: String, _ number: Double?) {
        key(name)
        value(number)
    }

    /// Writes one member of an object.
    mutating func member(_ name: String, _ number: some BinaryInteger) {
        key(name)
        value(number)
    }

    /// Writes a member whose value is the object that `body` writes.
    mutating func member(object name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    /// Writes a member whose value is an array of what `body` writes for each element.
    mutating func member<Element>(
        array name: String,
        of elements: some Sequence<Element>,
        _ body: (Element, inout JSONWriter) -> Void
    ) {
        key(name)
        array { json in
            for element in elements { body(element, &json) }
        }
    }

    /// Writes `{"error":{"code","message"}}`, the one shape of an error.
    mutating func error(code: String, message: String) {
        object { json in
            json.member(object: "error") { json in
                json.member("code", code)
                json.member("message", message)
            }
        }
    }

    /// Writes a number of a reference, where an infinity is a string.
    mutating func value(ofReference number: Double) {
        if number.isFinite {
            value(number)
        } else {
            value(number > 0 ? "Infinity" : "-Infinity")
        }
    }

    /// Writes `{"status":…}`.
    mutating func status(_ status: String) {
        object { $0.member("status", status) }
    }
}
