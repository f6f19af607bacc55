// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Durations as settings write them: `15s`, `500ms`, `1h30m`, `56d`.
package enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads whole numbers, each with its unit, from the largest unit to the smallest.
    ///
    /// - Returns: nil for anything else: no unit, a unit twice or out of order, a fraction, a sign,
    ///   an overflow.
    package static func parse(_ text: String) -> Duration? {
        var rest = text.utf8[...]
        var remaining = units[...]
        var total: Int64 = 0
        repeat {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            let name = rest[digits.endIndex...].prefix { $0 >= UInt8(ascii: "a") }
            guard let number = Int64(String(decoding: digits, as: UTF8.self)),
                let index = remaining.firstIndex(where: { $0.name.utf8.elementsEqual(name) })
            else { return nil }
            let product = number.multipliedReportingOverflow(by: units[index].milliseconds)
            let sum = total.addingReportingOverflow(product.partialValue)
            guard !product.overflow, !sum.overflow else { return nil }
            total = sum.partialValue
            remaining = units[(index + 1)...]
            rest = rest[name.endIndex...]
        } while !rest.isEmpty
        return .milliseconds(total)
    }

    /// Writes a duration ≥ 0, to the millisecond, so that it reads back; days from two days on.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var rest = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        let isWholeDays = rest >= 2 * units[0].milliseconds && rest % units[0].milliseconds == 0
        var text = ""
        for unit in units where unit.name != "d" || isWholeDays {
            let number = rest / unit.milliseconds
            if number > 0 { text += "\(number)\(unit.name)" }
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }
}
