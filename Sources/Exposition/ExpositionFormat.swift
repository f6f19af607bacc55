// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The two text formats that `/metrics` is written in.
package enum ExpositionFormat: Sendable, Equatable, CaseIterable {
    /// The Prometheus text format 0.0.4, which everything reads.
    case text004
    /// OpenMetrics 1.0, for those who ask for it by name.
    case openMetrics100
}

/// A format and the `Content-Type` that announces it.
///
/// Prometheus 3 refuses a scrape whose content type it cannot read, so both are decided at once.
package struct ExpositionChoice: Sendable, Equatable {
    /// What to write.
    package let format: ExpositionFormat
    /// The exact value of the header field.
    package let contentType: String

    /// The best format for what a scraper accepts.
    ///
    /// - A media range with a higher `q` wins; a range without version means the version offered.
    /// - OpenMetrics has to be named, `*/*` does not ask for it; named as warmly as text it wins.
    /// - Where nothing fits, or `q=0` refuses all, text 0.0.4 is the answer: a metric page in a
    ///   format not asked for is of more use than an error.
    /// - `escaping=underscores` is added when the chosen OpenMetrics range asks for an escaping,
    ///   whichever: every name of ours is a legacy name, so there is nothing else to announce.
    ///
    /// - Parameter accept: The `Accept` field, several joined by commas; nil when absent.
    /// - Returns: What to write, and what to call it.
    /// - Complexity: O(length of the field).
    package static func negotiate(accept: String?) -> ExpositionChoice {
        var openMetrics: HeaderItem?
        var text: (specificity: Int, quality: Int) = (0, 0)
        for item in HeaderItem.list(accept ?? "") {
            if item.value == "application/openmetrics-text", item.names(version: "1.0.0") {
                if item.quality > openMetrics?.quality ?? 0 { openMetrics = item }
            } else if let specificity = item.specificityForText, item.names(version: "0.0.4") {
                if (specificity, item.quality) > text { text = (specificity, item.quality) }
            }
        }
        guard let openMetrics, openMetrics.quality >= text.quality else {
            return ExpositionChoice(
                format: .text004,
                contentType: "text/plain; version=0.0.4; charset=utf-8"
            )
        }
        let escaping = openMetrics.parameter("escaping") == nil ? "" : "; escaping=underscores"
        return ExpositionChoice(
            format: .openMetrics100,
            contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8" + escaping
        )
    }
}

/// How the body of an answer travels.
package enum ContentCoding: Sendable, Equatable {
    /// As it is.
    case identity
    /// Compressed by gzip (RFC 1952).
    case gzip

    /// The coding for what a client accepts.
    ///
    /// Gzip when it, its old name `x-gzip` or `*` has a `q` above zero that is not below the one
    /// stated for `identity` (RFC 9110, section 12.5.3: the most specific range decides).
    /// `identity` otherwise, even where it is refused: there is nothing else to send.
    ///
    /// - Parameter acceptEncoding: The `Accept-Encoding` field, several joined by commas.
    /// - Returns: The coding to send in.
    /// - Complexity: O(length of the field).
    package static func negotiate(acceptEncoding: String?) -> ContentCoding {
        var gzip: Int?
        var identity: Int?
        var anything: Int?
        for item in HeaderItem.list(acceptEncoding ?? "") {
            switch item.value {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, item.quality)
            case "identity": identity = item.quality
            case "*": anything = item.quality
            default: continue
            }
        }
        let quality = gzip ?? anything ?? 0
        return quality > 0 && quality >= identity ?? 0 ? .gzip : .identity
    }
}

extension HeaderItem {
    /// Whether the item asks for this version, or for none.
    fileprivate func names(version: String) -> Bool {
        parameter("version").map { $0 == version } ?? true
    }

    /// How closely a media range describes plain text, 1 to 4; nil where it describes another type.
    fileprivate var specificityForText: Int? {
        switch value {
        case "text/plain": parameter("version") == nil ? 3 : 4
        case "text/*": 2
        case "*/*": 1
        default: nil
        }
    }
}
