// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import PredictionLog

extension JSONWriter {
    /// Writes one member of an object.
    package mutating func member(_ name: String, _ text: String?) {
        key(name)
        value(text)
    }

    /// Writes one member of an object; `null` for what JSON has no number for.
    package mutating func member(_ name: String, _ number: Double?) {
        key(name)
        value(number)
    }

    /// Writes one member of an object.
    package mutating func member(_ name: String, _ number: some BinaryInteger) {
        key(name)
        value(number)
    }

    /// Writes a member whose value is the object that `body` writes.
    package mutating func member(object name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    /// Writes a member whose value is an array of what `body` writes for each element.
    package mutating func member<Element>(
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
    package mutating func error(code: String, message: String) {
        object { json in
            json.member(object: "error") { json in
                json.member("code", code)
                json.member("message", message)
            }
        }
    }

    /// Writes `{"status":…}`.
    package mutating func status(_ status: String) {
        object { $0.member("status", status) }
    }
}
