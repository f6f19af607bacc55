// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Adds parts of a JSON document to a line of a log.
extension [UInt8] {
    /// Appends a range of a well-formed document; what lies outside is left out.
    ///
    /// A newline becomes a space: it stands between tokens, as no string holds one.
    package mutating func appendLine(of document: Span<UInt8>, _ range: Range<Int>) {
        ByteView.withView(of: document) { view in
            let start = count
            view.append(range, to: &self)
            guard view.part(range).newline(from: 0) != nil else { return }
            for index in start..<count where self[index] == UInt8(ascii: "\n") {
                self[index] = UInt8(ascii: " ")
            }
        }
    }

    /// Appends an object of values that stand in a document, each as it is spelt there; absent ones
    /// are left out.
    ///
    /// No token holds a newline, so none comes into the line.
    /// - Parameters:
    ///   - document: The bytes in which the values stand.
    ///   - values: The values, one for each key and no object or array among them; those of binary
    ///     tensors by their texts.
    ///   - keys: Their keys.
    package mutating func appendObject(
        of document: Span<UInt8>,
        _ values: Span<FieldValue>,
        keys: ObjectKeys
    ) {
        let start = count
        ByteView.withView(of: document) { document in
            ByteView.withView(of: keys.bytes.span) { names in
                if appendSpelt(values, of: document, keys, names) { return }
                var name = 0
                for index in 0..<Swift.min(keys.ends.count, values.count) {
                    let end = keys.ends[index]
                    defer { name = end }
                    if case .absent = values[index].form { continue }
                    names.append(name..<end, to: &self)
                    append(values[index], of: document)
                }
            }
        }
        // Each key begins with a comma; the first one's place is the brace's.
        if count == start { append(UInt8(ascii: "{")) } else { self[start] = UInt8(ascii: "{") }
        append(UInt8(ascii: "}"))
    }

    /// Appends members whose values are all spelt in the document.
    ///
    /// The room is made once and cut to size: an append for each key and value costs more than
    /// reading the numbers does.
    /// - Returns: Whether they are; else nothing is appended.
    private mutating func appendSpelt(
        _ values: Span<FieldValue>,
        of document: borrowing ByteView,
        _ keys: ObjectKeys,
        _ names: borrowing ByteView
    ) -> Bool {
        var room = keys.bytes.count
        for index in values.indices {
            switch values[index].form {
            case .single, .double, .integer, .bytes: return false
            default: room += values[index].range.count
            }
        }
        var place = count
        append(contentsOf: repeatElement(0, count: room))
        var bytes = mutableSpan
        var name = 0
        for index in 0..<Swift.min(keys.ends.count, values.count) {
            let end = keys.ends[index]
            if values[index].form != .absent {
                place = names.copy(name..<end, into: &bytes, at: place)
                place = document.copy(values[index].range, into: &bytes, at: place)
            }
            name = end
        }
        removeLast(count - place)
        return true
    }

    private mutating func append(_ value: FieldValue, of document: borrowing ByteView) {
        switch value.form {
        case .single: append(number: Float(value.number))
        case .double: append(number: value.number)
        case .integer: append(contentsOf: value.wholeText.utf8)
        case .bytes: append(string: document.string(of: value.range))
        default: document.append(value.range, to: &self)
        }
    }

    /// Appends a constant, without a string for it.
    package mutating func append(literal text: StaticString) {
        // The bytes of a constant live for ever.
        text.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }

    /// Appends the shortest text that reads back to the same float, without a fraction if it is
    /// whole; `null` for NaN and the infinities.
    package mutating func append(number: Float) {
        guard number.isFinite else { return append(contentsOf: "null".utf8) }
        append(numberText: number.description)
    }

    /// Appends the shortest text that reads back to the same double; `null` as for a float.
    package mutating func append(number: Double) {
        guard number.isFinite else { return append(contentsOf: "null".utf8) }
        append(numberText: number.description)
    }

    /// Appends what Swift calls a finite number, which has three characters at least.
    private mutating func append(numberText text: String) {
        append(contentsOf: text.utf8)
        // Swift writes whole numbers as `5.0`; the fraction carries nothing.
        if self[count - 1] == UInt8(ascii: "0"), self[count - 2] == UInt8(ascii: ".") {
            removeLast(2)
        }
    }

    /// Appends a time of whole nanoseconds as seconds, with as many decimals as asked for.
    ///
    /// - Parameters:
    ///   - nanoseconds: The time; a negative one is 0.
    ///   - decimals: 0 to 9; what is finer is cut off.
    package mutating func append(nanoseconds: Int64, decimals: Int) {
        let (seconds, fraction) = Swift.max(nanoseconds, 0).quotientAndRemainder(
            dividingBy: 1_000_000_000
        )
        var digits = 1
        var rest = UInt64(seconds)
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        append(digits: UInt64(seconds), count: digits)
        let decimals = Swift.min(decimals, 9)
        guard decimals > 0 else { return }
        var part = UInt64(fraction)
        for _ in decimals..<9 { part /= 10 }
        append(UInt8(ascii: "."))
        append(digits: part, count: decimals)
    }

    /// Appends the last digits of a number, from the last one on: division by a constant is cheap.
    private mutating func append(digits number: UInt64, count digits: Int) {
        let start = count
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: digits))
        var bytes = mutableSpan
        var rest = number
        var index = start + digits
        while index > start {
            index -= 1
            bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Appends a text as a JSON string.
    package mutating func append(string text: String) {
        var writer = JSONWriter()
        writer.value(text)
        append(contentsOf: writer.bytes)
    }
}

/// The keys of an object as they are written, each with a comma in front and its colon.
package struct ObjectKeys: Sendable {
    fileprivate var bytes: [UInt8] = []
    /// Where each key ends in `bytes`.
    fileprivate var ends: [Int] = []

    /// Prepares keys.
    package init(_ names: [String]) {
        for name in names {
            var writer = JSONWriter()
            writer.key(name)
            bytes.append(UInt8(ascii: ","))
            bytes.append(contentsOf: writer.bytes)
            ends.append(bytes.count)
        }
    }
}
