// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
package import PredictionLog

/// What a monitor says of a file: one report a window, as the running sidecar would make them.
package struct OfflineReport: Sendable, Equatable {
    /// How a file is cut into windows.
    package enum Windows: Sendable, Equatable {
        /// So many rows each, one behind the other; a trailing part is left out.
        case rows(Int)
        /// So many seconds of event time each, aligned to the epoch; the last one ends with the
        /// file.
        case seconds(Int)
    }

    /// One window.
    package struct Window: Sendable, Equatable {
        /// The first and the last of its rows in the file, from 0.
        ///
        /// Rows between them may belong elsewhere: to a neighbour, where times are out of order, or
        /// nowhere, where they were rejected.
        package let fileRows: ClosedRange<Int>
        /// The event time of its first and last row in Unix seconds, or its pane's; `nil` when its
        /// rows have none.
        package let times: ClosedRange<Double>?
        /// Whether the file ended before the window did.
        package let isPartial: Bool
        package let report: WindowReport
    }

    package let windows: Windows
    package let model: String
    package let version: String
    /// The digest of the reference.
    package let reference: String
    /// The windows that have rows, in order.
    package var results: [Window] = []
    /// Rows read.
    package var rows = 0
    /// Rows whose outcome was not `ok`: counted, and in no window.
    package var failedRows: UInt64 = 0
    /// Values that are none of their feature's kind, taken as missing.
    package var invalidValues: UInt64 = 0
    /// Rows in no window, by reason; no reason has 0.
    package var rejected: [RejectReason: UInt64] = [:]
    /// The rows with a time that cannot be read; nil without any.
    package var unreadableTimes: UnreadableTimes?

    /// Whether any window drifted.
    package var hasDrifted: Bool {
        results.contains { $0.report.verdict == .drifted }
    }
}
