// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Times as RFC 3339 writes them, on a calendar that is Gregorian throughout.
package enum RFC3339 {
    /// The Unix time of a date and time with offset, as `2013-05-31T23:00:00.25-04:00`.
    ///
    /// A space or a lower-case `t` may stand for `T` and `z` for `Z` (RFC 3339, 5.6). A leap
    /// second, :60, is the first second of the next minute, as Unix time counts.
    /// - Parameter bytes: The text.
    /// - Returns: Unix seconds; `nil` for anything else.
    /// - Complexity: O(bytes), no allocation.
    package static func parse(_ bytes: Span<UInt8>) -> Double? {
        ByteView.withView(of: bytes) { view in
            var reader = TimeReader(view)
            return unixTime(&reader)
        }
    }

    /// The Unix time of a text; see `parse(_: Span<UInt8>)`.
    package static func parse(_ text: String) -> Double? {
        parse(Array(text.utf8).span)
    }

    private static func unixTime(_ reader: inout TimeReader) -> Double? {
        guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2),
            reader.take("-"), let day = reader.digits(2), 1...12 ~= month,
            1...dayCount(month: month, year: year) ~= day,
            reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.digits(2), hour < 24, reader.take(":"),
            let minute = reader.digits(2), minute < 60, reader.take(":"),
            let second = reader.digits(2), second <= 60,
            let fraction = reader.fraction(), let zone = reader.zoneSeconds(), reader.isAtEnd
        else { return nil }
        let days = dayNumber(year: year, month: month, day: day)
        return Double(days * 86_400 + hour * 3_600 + minute * 60 + second - zone) + fraction
    }

    /// The text of a Unix time in UTC, to the millisecond: `2013-05-31T23:00:00Z`, and
    /// `2013-05-31T23:00:00.250Z` when it is not a whole second.
    ///
    /// - Parameter seconds: Unix seconds; what is out of the years 0 to 9999 is moved into them,
    ///   and NaN is 0.
    /// - Returns: 20 or 24 characters.
    package static func format(_ seconds: Double) -> String {
        let limited = seconds.isNaN ? 0 : min(max(seconds, firstSecond), lastSecond)
        let milliseconds = Int((limited * 1_000).rounded())
        let (whole, fraction) = divide(milliseconds, by: 1_000)
        let (days, secondOfDay) = divide(whole, by: 86_400)
        let date = date(ofDay: days)
        var text = ""
        text.reserveCapacity(24)
        append(date.year, width: 4, to: &text)
        text += "-"
        append(date.month, width: 2, to: &text)
        text += "-"
        append(date.day, width: 2, to: &text)
        text += "T"
        append(secondOfDay / 3_600, width: 2, to: &text)
        text += ":"
        append(secondOfDay / 60 % 60, width: 2, to: &text)
        text += ":"
        append(secondOfDay % 60, width: 2, to: &text)
        if fraction > 0 {
            text += "."
            append(fraction, width: 3, to: &text)
        }
        return text + "Z"
    }

    /// 0000-01-01T00:00:00Z and the last millisecond of the year 9999.
    private static let firstSecond = -62_167_219_200.0
    private static let lastSecond = 253_402_300_799.999

    private static func append(_ number: Int, width: Int, to text: inout String) {
        let digits = String(number)
        text += String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }

    /// Division that rounds down; the divisor is positive.
    private static func divide(_ number: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func dayCount(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date of the year 0 or later.
    ///
    /// The year begins in March, so that the leap day is its last, and 400 years have 146,097 days.
    /// Source: E. G. Richards, "Mapping Time", Oxford University Press 1998, chapter 25.
    private static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        let monthFromMarch = (month + 9) % 12
        let marchYear = year + 400 - (month <= 2 ? 1 : 0)
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return marchYear * 365 + leapDays + dayOfYear - 719_468 - 146_097
    }

    /// The date of a day of the year 0 or later; the inverse of `dayNumber`.
    private static func date(ofDay number: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468 + 146_097
        let (era, dayOfEra) = divide(shifted, by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra - 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}

/// Takes a time apart, byte by byte; reading past the end finds nothing.
private struct TimeReader: ~Copyable {
    private let bytes: ByteView
    private var offset = 0

    init(_ bytes: consuming ByteView) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset == bytes.count }

    private var digit: Int? {
        guard 48...57 ~= bytes[offset] else { return nil }
        return Int(bytes[offset]) - 48
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int? {
        var number = 0
        for _ in 0..<count {
            guard let digit else { return nil }
            number = number * 10 + digit
            offset += 1
        }
        return number
    }

    /// The part of a second, in [0, 1]; 0 if there is none, `nil` for a point without digits.
    mutating func fraction() -> Double? {
        guard take(".") else { return 0 }
        guard digit != nil else { return nil }
        var mantissa: UInt64 = 0
        var exponent = 0
        while let digit {
            // 18 digits are far finer than a double of today's seconds.
            if exponent > -18 {
                mantissa = mantissa * 10 + UInt64(digit)
                exponent -= 1
            }
            offset += 1
        }
        return NearestDouble.of(mantissa, exponent: exponent)
    }

    /// The offset from UTC in seconds, `Z` being 0.
    mutating func zoneSeconds() -> Int? {
        if take("Z") || take("z") { return 0 }
        let isNegative = take("-")
        guard isNegative || take("+"), let hours = digits(2), hours < 24, take(":"),
            let minutes = digits(2), minutes < 60
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return isNegative ? -seconds : seconds
    }
}
