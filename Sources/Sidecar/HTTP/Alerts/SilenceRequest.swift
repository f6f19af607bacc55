// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Alerting
import PredictionLog

/// A silence as somebody asks for it, in the shape of Alertmanager's `POST /api/v2/silences`.
package struct SilenceRequest {
    /// The longest silence, in seconds.
    static let longest = 366.0 * 86_400

    private var id: String?
    private var matchers: [Silence.Matcher] = []
    private var startsAt: Double?
    private var endsAt: Double?
    private var createdBy = ""
    private var comment = ""

    /// Reads a body.
    ///
    /// - Throws: `SilenceRequestError`, which says what is wrong and what is expected.
    package init(decoding body: [UInt8]) throws(SilenceRequestError) {
        var request = SilenceRequest()
        var fault: SilenceRequestError?
        do throws(ScanFault) {
            try JSONCursor.read(body.span) { cursor throws(ScanFault) in
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    // Behind a fault the cursor may stand anywhere.
                    fault = try request.read(key, &cursor)
                    if fault != nil { return }
                }
                try cursor.end()
            }
        } catch {
            throw .malformed("\(error)")
        }
        if let fault { throw fault }
        self = request
    }

    private init() {}

    /// The silence, checked.
    ///
    /// - Parameter now: The wall clock, in Unix seconds.
    /// - Returns: A silence that begins now at the earliest.
    /// - Throws: `SilenceRequestError`.
    package func silence(now: Double) throws(SilenceRequestError) -> Silence {
        guard !matchers.isEmpty else { throw .noMatchers }
        guard matchers.contains(where: { !($0.isEqual && $0.value.matches("")) }) else {
            throw .matchesEverything
        }
        guard let endsAt else { throw .missing("endsAt, an RFC 3339 time") }
        let startsAt = max(startsAt ?? now, now)
        guard endsAt > startsAt else { throw .ended }
        guard endsAt - startsAt <= Self.longest else { throw .tooLong }
        guard !comment.isEmpty else { throw .missing("comment, the reason") }
        return Silence(
            id: id ?? Self.newID(),
            matchers: matchers,
            startsAt: startsAt,
            endsAt: endsAt,
            updatedAt: now,
            createdBy: createdBy,
            comment: comment
        )
    }

    private mutating func read(
        _ key: String,
        _ cursor: inout JSONCursor
    ) throws(ScanFault) -> SilenceRequestError? {
        switch key {
        case "id":
            guard try !cursor.null() else { return nil }
            let text = try cursor.string()
            // An empty one is how Alertmanager's clients ask for a new silence.
            guard !text.isEmpty else { return nil }
            id = text
            let isID = text.utf8.count <= 64 && text.utf8.allSatisfy(Self.isIDByte)
            return isID && !text.hasPrefix("config-") ? nil : .badID
        case "startsAt", "endsAt":
            let text = try cursor.string()
            guard let time = RFC3339.parse(text) else { return .noTime(key, text) }
            if key == "startsAt" { startsAt = time } else { endsAt = time }
        case "createdBy": createdBy = Self.cut(try cursor.string(), to: 400)
        case "comment": comment = Self.cut(try cursor.string(), to: 2_048)
        case "matchers":
            try cursor.beginArray()
            var fault: SilenceRequestError?
            while try cursor.nextElement() {
                // The first fault is told, once the rest is read.
                let own = try readMatcher(&cursor)
                fault = fault ?? own
            }
            return matchers.count > 32 ? .tooManyMatchers : fault
        default: try cursor.skipValue()
        }
        return nil
    }

    private mutating func readMatcher(
        _ cursor: inout JSONCursor
    ) throws(ScanFault) -> SilenceRequestError? {
        var (name, value) = ("", String?.none)
        var (isRegex, isEqual) = (false, true)
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "name": name = try cursor.string()
            case "value": value = try cursor.string()
            case "isRegex": isRegex = try cursor.boolean()
            case "isEqual": isEqual = try cursor.boolean()
            default: try cursor.skipValue()
            }
        }
        guard Silence.labels.contains(name) else { return .unknownLabel(name) }
        guard !isRegex else { return .regex }
        guard let value, value.utf8.count <= 1_024 else { return .noValue(name) }
        matchers.append(Silence.Matcher(name, value, isEqual: isEqual))
        return nil
    }

    /// Whole characters of at most so many bytes.
    private static func cut(_ text: String, to limit: Int) -> String {
        var text = Substring(text)
        while text.utf8.count > limit { text.removeLast() }
        return String(text)
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20) || byte == 0x2D
    }

    /// Sixteen hexadecimal digits, as good as never made twice.
    private static func newID() -> String {
        let text = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

/// What is wrong with a silence that somebody asks for.
package enum SilenceRequestError: Error, Equatable, CustomStringConvertible {
    /// The body is no JSON of this shape; what is wrong with it.
    case malformed(String)
    /// There is nothing to match.
    case noMatchers
    /// The matchers fit every alert.
    case matchesEverything
    /// There are more than anybody needs.
    case tooManyMatchers
    /// No alert has a label of this name.
    case unknownLabel(String)
    /// The label has no value, or one that is too long.
    case noValue(String)
    /// Regular expressions are not taken.
    case regex
    /// Something is not there; what.
    case missing(String)
    /// The text under a key is no time.
    case noTime(String, String)
    /// It would be over before it began.
    case ended
    /// It would last longer than is taken.
    case tooLong
    /// The id is of the wrong form, or the configuration's.
    case badID

    /// One sentence.
    package var description: String {
        switch self {
        case .malformed(let fault): "the body is no silence: \(fault)"
        case .noMatchers: "expected matchers, at least one"
        case .matchesEverything: "the matchers fit every alert; expected one that does not"
        case .tooManyMatchers: "expected at most 32 matchers"
        case .unknownLabel(let name):
            "found the label \"\(name)\", expected one of "
                + Silence.labels.joined(separator: ", ")
        case .noValue(let name): "expected a value of at most 1024 bytes for \(name)"
        case .regex: "found isRegex, expected a name, or a pattern with * and ?"
        case .missing(let what): "expected \(what)"
        case .noTime(let key, let text):
            "\(key): found \"\(text.prefix(60))\", expected a time as in 2026-12-24T18:00:00Z"
        case .ended: "endsAt is not in the future, or not behind startsAt"
        case .tooLong: "expected a silence of at most 366 days"
        case .badID: "expected an id of at most 64 letters, digits and dashes"
        }
    }
}
