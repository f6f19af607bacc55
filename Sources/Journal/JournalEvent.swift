// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor

/// What opening the journal found wrong and put aside, for the log.
package enum JournalEvent: Sendable, Equatable {
    /// The file was no journal that can be trusted; it was renamed, and a fresh one made.
    case setAside(path: String, reason: String)
    /// What was kept of a monitor is damaged; it was moved to the table `refused`.
    case monitorRefused(MonitorKey?, reason: String)
    /// What was kept of a session is damaged; it was moved to the table `refused`. A producer that
    /// goes on with it is told that nothing is decided.
    case sessionRefused(reason: String)
    /// A part of the ledger or of its coverage is damaged; it was moved to the table `refused`.
    case ledgerRefused(reason: String)
}

extension JournalEvent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .setAside(let path, let reason):
            "the journal was set aside as \(path) and a fresh one begun: \(reason)"
        case .monitorRefused(let key, let reason):
            "what was kept of \(key.map(\.description) ?? "a monitor") is refused: \(reason)"
        case .sessionRefused(let reason):
            "what was kept of a producer's session is refused: \(reason)"
        case .ledgerRefused(let reason):
            "a part of the ledger is refused: \(reason)"
        }
    }
}
