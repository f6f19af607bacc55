// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A YAML text in which a few characters are replaced, one for one, by others that mean nothing.
///
/// `*` (an alias) and `?` (a key that is itself a list or mapping) let a short text describe a tree
/// that takes for ever to walk or hash, which the parser does before it answers. Masked, they are
/// ordinary letters of a scalar, restored afterwards: a plain scalar that begins with a masked `*`
/// was an alias. The masks are private-use characters that the text does not contain; lines and
/// columns stay what they were.
struct MaskedYAML {
    /// How many duplicate keys are marked; each costs a parse of the document.
    private static let maximumDuplicates = 16
    private static let masked: [Unicode.Scalar] = ["*", "?"]

    private var scalars: [Unicode.Scalar]
    /// What each mask stands for.
    private var meanings: [Unicode.Scalar: Unicode.Scalar]
    /// The masks left to make one of two equal keys another.
    private var free: ArraySlice<Unicode.Scalar>

    init(_ text: String) {
        let present = Set(text.unicodeScalars.lazy.filter { Self.privateUse.contains($0.value) })
        let unused = Self.privateUse.lazy.compactMap(Unicode.Scalar.init).filter {
            !present.contains($0)
        }
        let masks = Array(unused.prefix(Self.masked.count + Self.maximumDuplicates))
        meanings = Dictionary(uniqueKeysWithValues: zip(masks, Self.masked))
        free = masks.dropFirst(Self.masked.count)
        let mask = Dictionary(uniqueKeysWithValues: zip(Self.masked, masks))
        scalars = text.unicodeScalars.map { mask[$0] ?? $0 }
    }

    /// The text to parse.
    var text: String { String(String.UnicodeScalarView(scalars)) }

    /// A scalar as it was written, with what the masks stand for.
    func original(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { meanings[$0] != nil }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { meanings[$0] ?? $0 }))
    }

    /// Whether a plain scalar was an alias.
    func isAlias(_ text: String) -> Bool {
        text.unicodeScalars.first.flatMap { meanings[$0] } == "*"
    }

    /// Makes the key at a position differ from its double, so that the parser goes on.
    ///
    /// - Returns: False when there is no key to mark there, or no mask is left.
    mutating func markDuplicate(line: Int, column: Int) -> Bool {
        guard var index = index(line: line, column: column) else { return false }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard index < scalars.count, let mask = free.popFirst(), meanings[scalars[index]] == nil,
            scalars[index].properties.isAlphabetic || scalars[index].properties.numericType != nil
        else { return false }
        meanings[mask] = scalars[index]
        scalars[index] = mask
        return true
    }

    /// Where brackets are nested deeper than the limit, if they are.
    ///
    /// Brackets within texts and comments count as well: no settings have sixteen of those open.
    func tooDeep(limit: Int) -> (line: Int, column: Int)? {
        var depth = 0
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "[", "{": depth += 1
            case "]", "}": depth = max(0, depth - 1)
            default: continue
            }
            if depth > limit { return position(of: index) }
        }
        return nil
    }

    /// Line and column, from 1, of a character of the text, as `String` counts them.
    func position(ofCharacter offset: Int) -> (line: Int, column: Int) {
        let text = text
        let end = text.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex)
        return position(of: text[..<(end ?? text.endIndex)].unicodeScalars.count)
    }

    private func position(of index: Int) -> (line: Int, column: Int) {
        var (line, start) = (1, 0)
        for position in scalars.indices.prefix(index) where endsLine(position) {
            (line, start) = (line + 1, position + 1)
        }
        return (line, index - start + 1)
    }

    private func index(line: Int, column: Int) -> Int? {
        var (current, start) = (1, 0)
        for position in scalars.indices where current < line && endsLine(position) {
            (current, start) = (current + 1, position + 1)
        }
        let index = start + column - 1
        return current == line && scalars.indices.contains(index) ? index : nil
    }

    /// Whether a line ends with the scalar here, as YAML 1.1 has it: LF, CR LF, CR, NEL, LS, PS.
    private func endsLine(_ index: Int) -> Bool {
        switch scalars[index] {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        case "\r": index + 1 == scalars.count || scalars[index + 1] != "\n"
        default: false
        }
    }

    private static let privateUse: ClosedRange<UInt32> = 0xE000...0xF8FF
}
