// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Why a line was not taken; the raw value is the `reason` label of the metric.
package enum RejectReason: String, CaseIterable, Sendable {
    /// The line is no JSON object, or one of its own fields has a value it cannot have.
    case malformed
    /// A string of the line is not UTF-8.
    case invalidUTF8 = "invalid_utf8"
    /// Arrays and objects are nested deeper than the limit.
    case tooDeep = "too_deep"
    /// The line is longer than the limit; it is skipped to its newline.
    case tooLong = "too_long"
    /// The stream ended within the line.
    case truncated
    /// There is no reference for the record's model and version.
    case noReference = "no_reference"
    /// The record has no `features`, neither as an object nor as an array.
    case noFeatures = "no_features"
    /// `features` is an array of another length than the reference.
    case featureCount = "feature_count"
    /// `ts` is neither Unix seconds in [0, 253402300800) nor RFC 3339.
    case timestamp
    /// The record's pane was closed; found by the monitor.
    case late
    /// The record is too far ahead of the wall clock; found by the monitor.
    case future
    /// A hello that is not the first line, or is no hello.
    case hello

    /// The position in `allCases`.
    var index: Int {
        switch self {
        case .malformed: 0
        case .invalidUTF8: 1
        case .tooDeep: 2
        case .tooLong: 3
        case .truncated: 4
        case .noReference: 5
        case .noFeatures: 6
        case .featureCount: 7
        case .timestamp: 8
        case .late: 9
        case .future: 10
        case .hello: 11
        }
    }
}
