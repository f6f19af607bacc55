// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What opening the alerts' file found wrong and put aside, for the log.
package enum AlertStoreEvent: Sendable, Equatable {
    /// The file was none that can be trusted; it was renamed, and a fresh one made.
    case setAside(path: String, reason: String)
    /// A row is damaged; it was moved to the table `refused`.
    case refused(reason: String)
    /// Rows are gone without a trace.
    case missing(table: String, left: Int, of: Int)
}

extension AlertStoreEvent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .setAside(let path, let reason):
            "the alert store was set aside as \(path) and a fresh one begun: \(reason)"
        case .refused(let reason):
            "a part of what was kept of the alerts is refused: \(reason)"
        case .missing(let table, let left, let all):
            "of what was kept of the alerts \(left) rows of \(table) are left, not \(all)"
        }
    }
}
