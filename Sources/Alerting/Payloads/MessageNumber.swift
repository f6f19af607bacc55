// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Numbers as people read them in a message.
package enum MessageNumber {
    /// A number as short as it reads back: `71.96`, `60`.
    package static func plain(_ value: Double) -> String {
        // Zero has no sign for people.
        let text = "\(value == 0 ? 0 : value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// The end of a part of the values: as short as it reads back, or to six digits where that is
    /// long, as of a number that was once a `Float`.
    package static func end(_ value: Double) -> String {
        let text = plain(value)
        let magnitude = abs(value)
        guard text.utf8.count > 9, magnitude >= 1e-3, magnitude < 1e6 else { return text }
        var (places, scale) = (6, magnitude)
        while scale >= 1 { (places, scale) = (places - 1, scale / 10) }
        return decimal(value, places: places)
    }

    /// A number to three decimals, and small ones to two digits: `0.617`, `0.00012`, `1.2e-13`.
    package static func rounded(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let magnitude = abs(value)
        if magnitude >= 1e15 { return "\(value)" }
        if magnitude > 0, magnitude < 1e-6 { return scientific(value) }
        if magnitude >= 0.0995 || magnitude == 0 { return decimal(value, places: 3) }
        var (places, scale) = (3, magnitude * 100)
        while scale < 1 { (places, scale) = (places + 1, scale * 10) }
        return decimal(value, places: places)
    }

    /// A share as a percentage: `31%`, `0.4%`; what is little is not told as nothing.
    package static func percent(_ share: Double) -> String {
        guard share.isFinite, abs(share) < 1e12 else { return "\(share * 100)%" }
        if share < 0 { return share > -0.0005 ? ">-0.1%" : "-" + percent(-share) }
        let percent = share * 100
        if percent == 0 || percent >= 0.95 && percent <= 99.05 || percent >= 100 {
            return "\(Int(percent.rounded()))%"
        }
        if percent < 0.05 { return "<0.1%" }
        if percent > 99.95 { return ">99.9%" }
        return decimal(percent, places: 1) + "%"
    }

    /// A number of things with thousands apart: `5,000`.
    package static func count(_ count: UInt64) -> String {
        let digits = Array(String(count))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A span of seconds in its two largest units: `2h 5m`, `45s`.
    package static func span(_ seconds: Double) -> String {
        let whole = seconds > 0 ? Int(min(seconds, 1e15).rounded()) : 0
        let parts = [
            (whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "m"),
            (whole % 60, "s"),
        ]
        let text = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
            .map { "\($0.0)\($0.1)" }
        return text.isEmpty ? "0s" : text.joined(separator: " ")
    }

    /// A small number as two digits and a power of ten.
    private static func scientific(_ value: Double) -> String {
        var (mantissa, exponent) = (abs(value), 0)
        while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        // 9.96 has two digits as 10.
        if mantissa >= 9.95 { (mantissa, exponent) = (1, exponent + 1) }
        return "\(value < 0 ? "-" : "")\(decimal(mantissa, places: 1))e\(exponent)"
    }

    /// Fixed decimals without trailing zeros, rounded half away from zero.
    private static func decimal(_ value: Double, places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let units = Int((abs(value) * scale).rounded())
        let (whole, rest) = units.quotientAndRemainder(dividingBy: Int(scale))
        let sign = value < 0 && units > 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(whole)" }
        let digits = String(rest)
        var fraction = String(repeating: "0", count: places - digits.count) + digits
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(sign)\(whole).\(fraction)"
    }
}
