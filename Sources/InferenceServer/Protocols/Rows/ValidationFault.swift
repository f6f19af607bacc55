// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// One thing that is wrong with a request's values, in the words of pydantic 2, which FastAPI's
/// clients know.
struct ValidationFault: Sendable {
    /// A step on the way to a value.
    enum Place: Sendable, Equatable {
        case name(String)
        case index(Int)
    }

    /// Bytes of an offending value that are echoed; of a longer one the beginning, as a string.
    static let inputLimit = 1_024

    /// pydantic's name for the fault, as `missing` or `float_type`.
    let type: String
    /// The way to the value, from `body`.
    let location: [Place]
    let message: String
    /// The value as JSON.
    let input: [UInt8]
    /// What the message's limits are, as JSON; often nothing.
    let context: [UInt8]?

    /// Describes a fault of a value that stands in a request.
    init(
        type: String,
        at location: [Place],
        _ message: String,
        input: FieldValue,
        in bytes: Span<UInt8>,
        context: [UInt8]? = nil
    ) {
        self.init(
            type: type,
            at: location,
            message,
            json: Self.echo(input, in: bytes),
            context: context
        )
    }

    /// Describes a fault of a value that is at hand as JSON.
    init(
        type: String,
        at location: [Place],
        _ message: String,
        json: [UInt8],
        context: [UInt8]? = nil
    ) {
        self.type = type
        self.location = location
        self.message = message
        self.input = json
        self.context = context
    }

    /// One sentence, for protocols whose errors are texts: the way to the value and the message.
    var sentence: String {
        let way = location.dropFirst().map { place in
            switch place {
            case .name(let name): name
            case .index(let index): index.description
            }
        }
        return way.isEmpty ? message : "\(way.joined(separator: ".")): \(message)"
    }
}

// MARK: - Faults of a feature

extension ValidationFault {
    /// The fault of a feature's value, if it has one.
    ///
    /// - Parameters:
    ///   - value: What was received.
    ///   - slot: What is expected.
    ///   - categories: The texts that are expected; nil for any.
    ///   - location: The way to the value.
    ///   - row: The object or array that should hold it, echoed where it is missing.
    ///   - bytes: The bytes in which the value stands.
    init?(
        of value: FieldValue,
        for slot: RowPlan.Slot,
        among categories: Set<String>?,
        at location: [Place],
        row: Range<Int>?,
        in bytes: Span<UInt8>
    ) {
        if value.form == .absent {
            let row = row.map { FieldValue(.object, range: $0) } ?? FieldValue(.null)
            self.init(type: "missing", at: location, "Field required", input: row, in: bytes)
            return
        }
        let wording =
            switch slot.reading {
            case .number: Self.wording(ofNumber: value, slot)
            case .integer: Self.wording(ofInteger: value, slot, in: bytes)
            case .text: Self.wording(ofText: value, among: categories, in: bytes)
            }
        guard let wording else { return nil }
        self.init(
            type: wording.type,
            at: location,
            wording.message,
            input: value,
            in: bytes,
            context: wording.context
        )
    }

    /// The fault of a value that should be a string, a number by its canonical text, or null.
    init?(ofName value: FieldValue, at location: [Place], in bytes: Span<UInt8>) {
        if value.form == .number { return nil }
        self.init(ofText: value, at: location, in: bytes)
    }

    /// The fault of a value that should be a string or null.
    init?(ofText value: FieldValue, at location: [Place], in bytes: Span<UInt8>) {
        switch value.form {
        case .absent, .null, .text, .escapedText: return nil
        default:
            self.init(
                type: "string_type",
                at: location,
                "Input should be a valid string",
                input: value,
                in: bytes
            )
        }
    }

    private typealias Wording = (type: String, message: String, context: [UInt8]?)

    private static let notFinite: Wording? = (
        "finite_number", "Input should be a finite number", nil
    )

    private static func wording(ofNumber value: FieldValue, _ slot: RowPlan.Slot) -> Wording? {
        switch value.form {
        case .null: nil
        case .number, .boolean, .integer, .single, .double:
            // A number that was spelt is a finite double; one of a binary tensor may be anything.
            value.number.isInfinite || slot.isSingle && Float(value.number).isInfinite
                ? notFinite : wording(ofRange: value.number, slot)
        case .notANumber, .infinite: notFinite
        case .absent, .text, .escapedText, .object, .array, .bytes:
            ("float_type", "Input should be a valid number", nil)
        }
    }

    private static func wording(
        ofInteger value: FieldValue,
        _ slot: RowPlan.Slot,
        in bytes: Span<UInt8>
    ) -> Wording? {
        switch value.form {
        case .number, .boolean, .single, .double, .integer:
            if value.number.isInfinite { return notFinite }
            guard value.number == value.number.rounded(.towardZero) else {
                return (
                    "int_from_float",
                    "Input should be a valid integer, got a number with a fractional part", nil
                )
            }
            guard value.integer(in: bytes) != nil else {
                return (
                    "int_parsing_size",
                    "Unable to parse input string as an integer, exceeded maximum size", nil
                )
            }
            return wording(ofRange: value.number, slot)
        case .notANumber, .infinite: return notFinite
        default: return ("int_type", "Input should be a valid integer", nil)
        }
    }

    private static func wording(
        ofText value: FieldValue,
        among categories: Set<String>?,
        in bytes: Span<UInt8>
    ) -> Wording? {
        if value.form == .null { return nil }
        guard let text = value.text(in: bytes) else {
            return ("string_type", "Input should be a valid string", nil)
        }
        guard let categories, !categories.contains(text) else { return nil }
        let quoted = categories.sorted().prefix(100).map { "'\($0)'" }
        let expected =
            quoted.count > 1
            ? "\(quoted.dropLast().joined(separator: ", ")) or \(quoted[quoted.count - 1])"
            : quoted.joined()
        return (
            "enum", "Input should be \(expected)",
            JSONWriter.bytes { writer in
                writer.object { writer in
                    writer.key("expected")
                    writer.value(expected)
                }
            }
        )
    }

    private static func wording(ofRange number: Double, _ slot: RowPlan.Slot) -> Wording? {
        if number < slot.range.lowerBound {
            return limit(
                "greater_than_equal",
                "greater than or equal to",
                "ge",
                slot.range.lowerBound
            )
        }
        if number > slot.range.upperBound {
            return limit("less_than_equal", "less than or equal to", "le", slot.range.upperBound)
        }
        return nil
    }

    private static func limit(
        _ type: String,
        _ phrase: String,
        _ key: String,
        _ limit: Double
    ) -> Wording {
        (
            type, "Input should be \(phrase) \(canonicalText(of: limit))",
            JSONWriter.bytes { writer in
                writer.object { writer in
                    writer.key(key)
                    writer.value(limit)
                }
            }
        )
    }
}

// MARK: - Faults of containers

extension ValidationFault {
    /// The fault of a value that is not there.
    static func missing(
        at location: [Place],
        in row: FieldValue,
        _ bytes: Span<UInt8>
    ) -> ValidationFault {
        ValidationFault(type: "missing", at: location, "Field required", input: row, in: bytes)
    }

    /// The fault of a value that is no object.
    static func noObject(
        _ value: FieldValue,
        at location: [Place],
        in bytes: Span<UInt8>
    ) -> ValidationFault {
        let isBody = location.count == 1
        return ValidationFault(
            type: isBody ? "model_attributes_type" : "dict_type",
            at: location,
            isBody
                ? "Input should be a valid dictionary or object to extract fields from"
                : "Input should be a valid dictionary",
            input: value,
            in: bytes
        )
    }

    /// The fault of a value that is no array.
    static func noList(
        _ value: FieldValue,
        at location: [Place],
        in bytes: Span<UInt8>
    ) -> ValidationFault {
        ValidationFault(
            type: "list_type",
            at: location,
            "Input should be a valid list",
            input: value,
            in: bytes
        )
    }

    /// The fault of an array's length, if it is not within the bounds.
    static func length(
        _ count: Int,
        within bounds: ClosedRange<Int>,
        of list: FieldValue,
        at location: [Place],
        in bytes: Span<UInt8>
    ) -> ValidationFault? {
        guard !(bounds ~= count) else { return nil }
        let isShort = count < bounds.lowerBound
        let limit = isShort ? bounds.lowerBound : bounds.upperBound
        let context = JSONWriter.bytes { writer in
            writer.object { writer in
                writer.key("field_type")
                writer.value("List")
                writer.key(isShort ? "min_length" : "max_length")
                writer.value(limit)
                writer.key("actual_length")
                writer.value(count)
            }
        }
        return ValidationFault(
            type: isShort ? "too_short" : "too_long",
            at: location,
            "List should have at \(isShort ? "least" : "most") \(limit) "
                + "item\(limit == 1 ? "" : "s") after validation, not \(count)",
            input: list,
            in: bytes,
            context: context
        )
    }
}

// MARK: - JSON

extension ValidationFault {
    /// Writes the fault as FastAPI does.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("type")
            writer.value(type)
            writer.key("loc")
            writer.array { writer in
                for place in location {
                    switch place {
                    case .name(let name): writer.value(name)
                    case .index(let index): writer.value(index)
                    }
                }
            }
            writer.key("msg")
            writer.value(message)
            writer.key("input")
            writer.value(json: input)
            if let context {
                writer.key("ctx")
                writer.value(json: context)
            }
        }
    }

    /// A value of the request as JSON again: bare NaN and infinities as strings, a long one cut
    /// off.
    private static func echo(_ value: FieldValue, in bytes: Span<UInt8>) -> [UInt8] {
        var echo: [UInt8] = []
        switch value.form {
        case .single: echo.append(number: Float(value.number))
        case .double: echo.append(number: value.number)
        case .integer, .bytes:
            let text = value.text(in: bytes) ?? ""
            echo.append(string: String(text.prefix(inputLimit)))
        case _ where value.range.isEmpty: echo.append(contentsOf: "null".utf8)
        default:
            echo.appendLine(of: bytes, value.range)
            if echo.count > inputLimit {
                let beginning = String(decoding: echo.prefix(inputLimit), as: UTF8.self)
                return JSONWriter.bytes { $0.value(beginning + "…") }
            }
            echo = quotingOddNumbers(echo)
        }
        return echo
    }

    /// Puts numbers that JSON or its readers do not have in quotes: NaN, the infinities, and what
    /// is beyond the range of a double.
    private static func quotingOddNumbers(_ json: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(json.count)
        var index = 0
        while index < json.count {
            let start = index
            if json[index] == UInt8(ascii: "\"") {
                index = endOfString(json, from: index)
            } else {
                while index < json.count, isNumberByte(json[index]) { index += 1 }
            }
            let token = json[start..<max(index, start + 1)]
            index = token.endIndex
            let isNumber = token.first.map(isNumberByte) ?? false
            if isNumber, let value = parseDouble(Array(token).span), !value.isFinite {
                result.append(UInt8(ascii: "\""))
                result.append(contentsOf: token)
                result.append(UInt8(ascii: "\""))
            } else {
                result.append(contentsOf: token)
            }
        }
        return result
    }

    /// Where the string ends whose opening quote stands at an index.
    private static func endOfString(_ json: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, json.count)
    }

    /// Whether a byte may belong to a number outside a string, or to `NaN` and `Infinity`; those of
    /// the other literals may, too, and make no number.
    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
