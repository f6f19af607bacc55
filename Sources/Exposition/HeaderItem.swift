// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One element of an `Accept` or `Accept-Encoding` field: a value, parameters and a weight.
///
/// Reads leniently, as scrapers are: parameters nobody knows are kept and harm nothing, a weight
/// that is no number counts as none, an empty element is passed over.
struct HeaderItem {
    /// The media range or coding, in lower case.
    let value: String
    /// What was said after semicolons but `q`; names in lower case, quotes taken off.
    let parameters: [(name: String, value: String)]
    /// The weight `q` in thousandths, 0 to 1000; 1000 when not given.
    let quality: Int

    /// The elements of a field, in its order.
    static func list(_ field: String) -> [HeaderItem] {
        split(field[...], at: UInt8(ascii: ",")).compactMap(HeaderItem.init)
    }

    /// The value of a parameter by its name in lower case; the first where there are several.
    func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    private init?(_ element: Substring) {
        let parts = Self.split(element, at: UInt8(ascii: ";"))
        guard let value = parts.first.map(Self.trimmed), !value.isEmpty else { return nil }
        var parameters: [(name: String, value: String)] = []
        var quality: Int?
        for part in parts.dropFirst() {
            guard let equals = part.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = Self.trimmed(part[..<equals]).lowercased()
            let value = Self.unquoted(Self.trimmed(part[part.utf8.index(after: equals)...]))
            if name == "q" {
                quality = Self.thousandths(value)
            } else {
                parameters.append((name, value))
            }
        }
        self.value = value.lowercased()
        self.parameters = parameters
        self.quality = quality ?? 1_000
    }

    /// The pieces between separators that stand outside quoted strings.
    private static func split(_ text: Substring, at separator: UInt8) -> [Substring] {
        var pieces: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == separator, !isQuoted {
                pieces.append(text[start..<index])
                start = text.utf8.index(after: index)
            }
        }
        pieces.append(text[start...])
        return pieces
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = text.utf8.firstIndex(where: { !isBlank($0) }),
            let last = text.utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return text[first...last]
    }

    /// The content of a quoted string, its backslashes resolved; other text as it is.
    private static func unquoted(_ text: Substring) -> String {
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else {
            return String(text)
        }
        var content = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                content.append(character)
                isEscaped = false
            }
        }
        return content
    }

    /// A weight as RFC 9110, section 12.4.2, writes it, in thousandths; nil for anything else.
    ///
    /// Above 1 is 1; digits beyond the third are dropped.
    private static func thousandths(_ text: String) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isNumber =
            parts.allSatisfy { $0.utf8.allSatisfy(isDigit) } && text.utf8.contains(where: isDigit)
        guard isNumber, let whole = parts.first else { return nil }
        guard whole.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return 1_000 }
        guard parts.count == 2 else { return 0 }
        return (parts[1] + "000").utf8.prefix(3).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
