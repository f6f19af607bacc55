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
        append(contentsOf: seconds.description.utf8)
        append(UInt8(ascii: "."))
        var unit: Int64 = 100_000_000
        for _ in 0..<Swift.min(decimals, 9) {
            append(UInt8(ascii: "0") + UInt8(fraction / unit % 10))
            unit /= 10
        }
    }

    /// Appends a text as a JSON string.
    package mutating func append(string text: String) {
        var writer = JSONWriter()
        writer.value(text)
        append(contentsOf: writer.bytes)
    }
}
