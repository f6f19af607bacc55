// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One line of an exposition, taken apart by a reader that shares nothing with the writer.
enum ExpositionLine: Equatable {
    /// `# HELP name text` and its like, the rest of the line unescaped.
    case metadata(keyword: String, name: String, rest: String)
    /// `# EOF`.
    case end
    /// `name{label="value"} 1`; labels in the order of the line.
    case sample(name: String, labels: [Label], value: Double)
    /// A line that neither format knows, and why.
    case fault(String)

    /// A label as it stood in the line, its value unescaped.
    struct Label: Equatable {
        var name: String
        var value: String
    }

    init(_ line: some Sequence<UInt8>) {
        var cursor = Cursor(bytes: Array(line))
        do throws(Malformed) {
            self = try cursor.peek == UInt8(ascii: "#") ? cursor.comment() : cursor.sample()
        } catch {
            self = .fault(error.reason)
        }
    }
}

private struct Malformed: Error {
    var reason: String
}

private struct Cursor {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func comment() throws(Malformed) -> ExpositionLine {
        let words = bytes.split(
            separator: UInt8(ascii: " "),
            maxSplits: 3,
            omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        if words == ["#", "EOF"] { return .end }
        guard words.count == 4, words[0] == "#", ["HELP", "TYPE", "UNIT"].contains(words[1]) else {
            throw Malformed(reason: "a comment that says nothing")
        }
        return .metadata(keyword: words[1], name: words[2], rest: words[3])
    }

    mutating func sample() throws(Malformed) -> ExpositionLine {
        let name = try self.name()
        var labels: [ExpositionLine.Label] = []
        if peek == UInt8(ascii: "{") {
            repeat {
                position += 1
                let label = try self.name()
                try take("=")
                labels.append(ExpositionLine.Label(name: label, value: try quoted()))
            } while peek == UInt8(ascii: ",")
            try take("}")
        }
        try take(" ")
        let text = String(decoding: bytes[position...], as: UTF8.self)
        guard let value = Self.number(text) else {
            throw Malformed(reason: "'\(text)' is not one value")
        }
        return .sample(name: name, labels: labels, value: value)
    }

    private mutating func name() throws(Malformed) -> String {
        let start = position
        while let byte = peek, Self.isNameByte(byte, first: position == start) { position += 1 }
        guard position > start else { throw Malformed(reason: "no name at byte \(start)") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !first
        default: byte == UInt8(ascii: "_")
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) throws(Malformed) {
        guard peek == UInt8(ascii: scalar) else {
            throw Malformed(reason: "no '\(scalar)' at byte \(position)")
        }
        position += 1
    }

    /// A value between quotes; only `\\`, `\"` and `\n` are escapes.
    private mutating func quoted() throws(Malformed) -> String {
        try take("\"")
        var content: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                content.append(byte)
                continue
            }
            switch peek {
            case UInt8(ascii: "n"): content.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): content.append(bytes[position])
            default: throw Malformed(reason: "an unknown escape at byte \(position)")
            }
            position += 1
        }
        try take("\"")
        guard let text = String(validating: content, as: UTF8.self) else {
            throw Malformed(reason: "a label value that is not UTF-8")
        }
        return text
    }

    private static func number(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default:
            text.utf8.allSatisfy { "0123456789+-.e".utf8.contains($0) } ? Double(text) : nil
        }
    }
}
