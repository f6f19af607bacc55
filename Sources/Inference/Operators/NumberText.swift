// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Numbers as texts, in the form that ONNX Runtime casts to: C's `%g`.
enum NumberText {
    /// The text of a number with so many significant digits; `NaN`, `INF` and `-INF`.
    ///
    /// - Parameter digits: 1 to 17.
    static func general(_ value: Double, digits: Int) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        // Sign, 17 digits, point, exponent of five characters and the ending zero fit into 32.
        var buffer = [CChar](repeating: 0, count: 32)
        let format = "%.\(digits)g"
        // The buffer's own size is passed, and what is written ends with a zero.
        let length = unsafe withVaList([value]) { arguments in
            unsafe vsnprintf(&buffer, buffer.count, format, arguments)
        }
        return String(
            decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }
}
