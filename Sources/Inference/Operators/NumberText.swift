// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Numbers as texts, in the form that ONNX Runtime casts to: C's `%g`.
enum NumberText {
    /// The text of a number with eight significant digits; `NaN`, `INF` and `-INF`.
    static func general(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        // Sign, eight digits, point, exponent of five characters and the ending zero fit into 32.
        var buffer = [CChar](repeating: 0, count: 32)
        // The buffer's own size is passed, and what is written ends with a zero.
        let length = unsafe withVaList([value]) { arguments in
            unsafe vsnprintf(&buffer, buffer.count, "%.8g", arguments)
        }
        return String(
            decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }
}
