// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Bytes on their way out, in lines.
struct Outgoing: Sendable {
    let bytes: [UInt8]
    let lines: Int
    /// Whether the queue had more than these.
    let leftMore: Bool
    private var start = 0

    init(bytes: [UInt8] = [], leftMore: Bool = false) {
        self.bytes = bytes
        self.leftMore = leftMore
        lines = Self.lines(bytes[...])
    }

    var rest: ArraySlice<UInt8> { bytes[start...] }

    var linesLeft: Int { Self.lines(rest) }

    mutating func advance(by count: Int) {
        start = min(start + max(0, count), bytes.count)
    }

    /// Goes back to where the line began that was sent in part.
    mutating func rewindToLine() {
        start = bytes[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    }

    /// How many newlines there are.
    ///
    /// - Complexity: O(bytes), dozens at a time.
    static func lines(_ bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        ByteView.withView(of: bytes.span) { view in
            var offset = 0
            while let newline = view.newline(from: offset) {
                count += 1
                offset = newline + 1
            }
        }
        return count
    }

    /// Where the `count`th line ends, its newline included; the bytes' end when there are fewer.
    ///
    /// - Complexity: O(bytes), dozens at a time.
    static func end(ofLines count: Int, in bytes: ArraySlice<UInt8>) -> Int {
        var offset = 0
        ByteView.withView(of: bytes.span) { view in
            for _ in 0..<count {
                offset = view.newline(from: offset).map { $0 + 1 } ?? view.count
            }
        }
        return bytes.startIndex + offset
    }
}
