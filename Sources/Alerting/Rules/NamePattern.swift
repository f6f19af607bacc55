// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Names with wildcards: `*` stands for any number of characters, `?` for one, and a backslash
/// takes the special meaning from what follows.
///
/// Characters are Unicode scalars; upper and lower case differ.
package struct NamePattern: Sendable, Hashable, Codable {
    /// The pattern as it was written.
    package let text: String
    private let tokens: [Token]
    /// What every name that fits begins with.
    private let prefix: String
    /// Whether there is no more to it than the prefix, and whether anything may follow it.
    private let (isLiteral, isPrefix): (Bool, Bool)

    /// Takes a pattern; every text is one.
    package init(_ text: String) {
        self.text = text
        tokens = Self.tokens(of: text)
        let scalars = tokens.prefix { $0.scalar != nil }.compactMap(\.scalar)
        prefix = String(String.UnicodeScalarView(scalars))
        isLiteral = scalars.count == tokens.count
        isPrefix = tokens.dropFirst(scalars.count) == [.any]
    }

    /// Reads the text.
    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Whether a whole name fits.
    ///
    /// - Complexity: O(pattern × name) at worst: after a mismatch only the last `*` is tried again.
    package func matches(_ name: String) -> Bool {
        // By bytes: strings are equal by canonical equivalence, patterns by scalars.
        guard name.utf8.starts(with: prefix.utf8) else { return false }
        if isPrefix { return true }
        if isLiteral { return name.utf8.count == prefix.utf8.count }
        let pattern = tokens
        let name = Array(name.unicodeScalars)
        var (position, index) = (0, 0)
        var retry: (position: Int, index: Int)?
        while index < name.count {
            if position < pattern.count, case .any = pattern[position] {
                position += 1
                retry = (position, index)
            } else if position < pattern.count, pattern[position].fits(name[index]) {
                (position, index) = (position + 1, index + 1)
            } else if let last = retry {
                (position, index) = (last.position, last.index + 1)
                retry = (position, index)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == .any }
    }

    private enum Token: Sendable, Hashable {
        case any
        case one
        case scalar(Unicode.Scalar)

        var scalar: Unicode.Scalar? {
            if case .scalar(let own) = self { own } else { nil }
        }

        func fits(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .any: false
            case .one: true
            case .scalar(let own): own == scalar
            }
        }
    }

    private static func tokens(of text: String) -> [Token] {
        var tokens: [Token] = []
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                tokens.append(.scalar(scalar))
                isEscaped = false
                continue
            }
            switch scalar {
            case "\\": isEscaped = true
            case "*": if tokens.last != .any { tokens.append(.any) }
            case "?": tokens.append(.one)
            default: tokens.append(.scalar(scalar))
            }
        }
        // A backslash at the end stands for itself.
        if isEscaped { tokens.append(.scalar("\\")) }
        return tokens
    }
}

/// Which names are meant: those that fit a pattern and no pattern that begins with `!`.
package struct NameSelection: Sendable, Equatable {
    /// The patterns as they were written, exceptions with their `!`.
    package let patterns: [String]
    private let included: [NamePattern]
    private let excluded: [NamePattern]

    /// Every name.
    package static let all = NameSelection(["*"])

    /// Takes patterns; only exceptions mean all other names.
    package init(_ patterns: [String]) {
        self.patterns = patterns
        let exceptions = patterns.filter { $0.hasPrefix("!") }
        let others = patterns.filter { !$0.hasPrefix("!") }
        included = (others.isEmpty ? ["*"] : others).map(NamePattern.init)
        excluded = exceptions.map { NamePattern(String($0.dropFirst())) }
    }

    /// Whether a name is meant.
    package func contains(_ name: String) -> Bool {
        included.contains { $0.matches(name) } && !excluded.contains { $0.matches(name) }
    }
}
