// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation

/// A JSON document to look into.
struct Document {
    let value: Any?

    init(_ bytes: [UInt8]) throws { value = try JSONSerialization.jsonObject(with: Data(bytes)) }

    private init(value: Any?) { self.value = value }

    subscript(name: String) -> Document { Document(value: (value as? [String: Any])?[name]) }
    subscript(index: Int) -> Document { Document(value: items[index].value) }
    var items: [Document] { (value as? [Any])?.map { Document(value: $0) } ?? [] }
    var text: String? { value as? String }
    var number: Int? { value as? Int }
    var texts: [String: String] { value as? [String: String] ?? [:] }
}
