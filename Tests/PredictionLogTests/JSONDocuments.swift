// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Generates JSON documents, and damages them.
struct JSONDocuments {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// A well-formed document: an object of a few members.
    mutating func next() -> [UInt8] {
        var bytes: [UInt8] = []
        appendObject(to: &bytes, depth: 0)
        return bytes
    }

    /// The document with one to three bytes changed, removed, doubled or moved.
    mutating func damaged(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(bytes[index], at: index)
            case 3: bytes[index] = pick(Array(#"{}[],:"\e.-+0n tu1"#.utf8))
            case 4: bytes.swapAt(index, Int.random(in: 0..<bytes.count, using: &random))
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func appendBlanks(to bytes: inout [UInt8]) {
        if Int.random(in: 0..<6, using: &random) == 0 {
            bytes += pick([[0x20], [0x09], [0x0D, 0x0A], [0x20, 0x20, 0x20]])
        }
    }

    private mutating func appendValue(to bytes: inout [UInt8], depth: Int) {
        appendBlanks(to: &bytes)
        switch Int.random(in: 0..<(depth < 4 ? 10 : 8), using: &random) {
        case 0: bytes += "null".utf8
        case 1: bytes += pick(["true", "false"]).utf8
        case 2...4: bytes += number().utf8
        case 5...7: appendString(to: &bytes)
        case 8: appendObject(to: &bytes, depth: depth + 1)
        default:
            bytes.append(UInt8(ascii: "["))
            for index in 0..<Int.random(in: 0..<4, using: &random) {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendValue(to: &bytes, depth: depth + 1)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        appendBlanks(to: &bytes)
    }

    private mutating func appendObject(to bytes: inout [UInt8], depth: Int) {
        bytes.append(UInt8(ascii: "{"))
        for index in 0..<Int.random(in: 0..<5, using: &random) {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            appendBlanks(to: &bytes)
            appendString(to: &bytes)
            appendBlanks(to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            appendValue(to: &bytes, depth: depth)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func number() -> String {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: String(Int.random(in: -1_000...1_000, using: &random))
        case 1: String(random.next())
        case 2: Double.random(in: -100...100, using: &random).description
        case 3:
            "\(random.next() % 100)e\(Int.random(in: -320...300, using: &random))"
        default: pick(["0", "-0", "1E+2", "0.5e-3", "-12.25", "123456789012345678901234567890"])
        }
    }

    private mutating func appendString(to bytes: inout [UInt8]) {
        let pieces = [
            "a", "dep_delay", "x y", "é", "日本", "😀", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u00e9"#,
            #"\ud83d\ude00"#, #"\u0000"#, "\u{7F}", "longer than eight bytes", "{", "]", ",", ":",
        ]
        bytes.append(UInt8(ascii: "\""))
        for _ in 0..<Int.random(in: 0..<4, using: &random) { bytes += pick(pieces).utf8 }
        bytes.append(UInt8(ascii: "\""))
    }
}
