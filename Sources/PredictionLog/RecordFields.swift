// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What one pass over a line finds beside the values of the features.
struct RecordFields {
    /// How a record names its model or version.
    enum Name: Sendable {
        /// Not at all, or as null: the hello's holds.
        case absent
        /// Spelt as in the record before.
        case asLearned
        /// Otherwise; to be looked up.
        case other
    }

    var model = Name.absent
    var modelOffset = 0
    var version = Name.absent
    var versionOffset = 0

    /// Where the value of `features` begins, if it is an object or array.
    var featuresOffset: Int?
    /// The schema that the features were read by; -1 for none.
    var featuresSchema = -1

    /// Where the prediction begins.
    var predictionOffset: Int?
    /// The schema that it was read by; -1 for none.
    var predictionSchema = -1

    /// Unix seconds; NaN for none.
    var timestamp = Double.nan
    /// Where the `ts` stands that is none.
    var timestampFault: Int?
    /// Whether there is an `outcome` other than `ok`.
    var isFailed = false
    var hasIdentifier = false
    var hasActual = false
    /// The records that the producer has dropped up to now.
    var dropped: UInt64?
    /// Where the value of `hello` begins.
    var helloOffset: Int?
}

/// The keys of a record that mean something, or are common and skipped.
enum RecordField: String, CaseIterable, Sendable {
    case model, version, features, prediction, ts, outcome, id, actual, dropped, hello
    case latency, seq

    /// The fields in the order of `keys`.
    static let all = allCases
    /// The spellings of the fields.
    static let keys = KeySet(allCases.map(\.rawValue))
}

extension JSONCursor {
    /// Times are taken up to, not including, the year 10000.
    private static let timestampLimit = 253_402_300_800.0

    /// Reads a `ts`.
    ///
    /// - Returns: Unix seconds, NaN for null; `nil` for anything that is no time in its range.
    mutating func readTimestamp() throws(ScanFault) -> Double? {
        skipBlanks()
        let seconds: Double?
        switch byte {
        case UInt8(ascii: "\""):
            try readText()
            seconds = withText { text in RFC3339.parse(text) }
        case UInt8(ascii: "n"):
            _ = try readLiteral()
            return .nan
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            seconds = try readNumber()
        default:
            try skipValue()
            seconds = nil
        }
        guard let seconds, seconds >= 0, seconds < Self.timestampLimit else { return nil }
        return seconds
    }

    /// Reads an `outcome`.
    ///
    /// - Returns: Whether it is other than null and `ok`.
    mutating func readIsFailed() throws(ScanFault) -> Bool {
        skipBlanks()
        switch byte {
        case UInt8(ascii: "\""):
            try readText()
            return !withText { $0.count == 2 && $0[0] == 0x6F && $0[1] == 0x6B }
        case UInt8(ascii: "n"):
            _ = try readLiteral()
            return false
        default:
            try skipValue()
            return true
        }
    }

    /// Reads a count of records.
    mutating func readCount() throws(ScanFault) -> UInt64 {
        skipBlanks()
        let start = offset
        guard try kind() == .number else { throw malformed(.integer) }
        let number = try readColumnNumber()
        guard number >= 0, number < 9_007_199_254_740_992, number == number.rounded() else {
            throw malformed(.integer, at: start)
        }
        return UInt64(number)
    }

    /// Skips a value and says whether it is other than null.
    mutating func skipIsPresent() throws(ScanFault) -> Bool {
        skipBlanks()
        let isPresent = byte != UInt8(ascii: "n")
        try skipValue()
        return isPresent
    }
}

extension JSONCursor {
    /// Reads a name, a string or a number in canonical text, as the current text.
    ///
    /// - Returns: Whether there was one; anything else is skipped.
    mutating func readNameText() throws(ScanFault) -> Bool {
        skipBlanks()
        let start = offset
        switch byte {
        case UInt8(ascii: "\""):
            try readText()
            return true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            let value = try readNumber()
            guard value.isFinite else { return false }
            setNumberText(value, spelling: start..<offset)
            return true
        default:
            try skipValue()
            return false
        }
    }
}
