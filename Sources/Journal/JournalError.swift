// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import GRDB

/// Why the journal, or the store of the alerts, cannot keep or give something.
package enum JournalError: Error, Sendable, Equatable {
    /// What SQLite said: its extended result code, and its words.
    package struct Reason: Sendable, Equatable {
        /// The extended result code.
        package let code: Int
        /// SQLite's message.
        package let text: String
        /// Whose file it is about, as messages name it.
        var store = "journal"
    }

    /// The disk is full, or the file as large as it may become.
    case full(Reason)
    /// The file or its directory cannot be written.
    case readOnly(Reason)
    /// The file cannot be opened or created.
    case cannotOpen(Reason)
    /// Reading or writing failed.
    case inputOutput(Reason)
    /// The file is no database any more.
    case corrupt(Reason)
    /// Another process is writing.
    case busy(Reason)
    /// SQLite does not take the settings that durability needs.
    case notDurable(setting: String, found: String)
    /// A change continues a monitor of which nothing is kept, or not under this layout.
    case notBegun(MonitorKey)
    /// What is kept of a monitor is not what was written; it was moved aside within the file.
    case refused(MonitorKey, reason: String)
    /// The file is no journal, or of a newer version, where it must not be set aside.
    case unusable(path: String, reason: String)
    /// Anything else that SQLite says.
    case other(Reason)

    /// Whether the same may succeed later without anybody's change to Kedge or its file.
    package var isWorthRetrying: Bool {
        switch self {
        case .full, .readOnly, .cannotOpen, .inputOutput, .busy, .other: true
        // Opening anew sets the file aside.
        case .corrupt: true
        case .notDurable, .notBegun, .refused, .unusable: false
        }
    }

    /// Takes over an error of SQLite's, or of this module's within a transaction.
    init(_ error: any Error, of store: String = "journal") {
        switch error {
        case let error as JournalError: self = error
        case let error as DatabaseError: self.init(error, store)
        case let damage as Damage:
            self = .corrupt(Reason(code: 11, text: damage.reason, store: store))
        default: self = .other(Reason(code: 1, text: "\(error)", store: store))
        }
    }

    private init(_ error: DatabaseError, _ store: String) {
        let reason = Reason(
            code: Int(error.extendedResultCode.rawValue),
            text: error.message ?? "\(error.resultCode)",
            store: store
        )
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .full(reason)
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: .readOnly(reason)
            case .SQLITE_CANTOPEN: .cannotOpen(reason)
            case .SQLITE_IOERR, .SQLITE_NOLFS: .inputOutput(reason)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt(reason)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(reason)
            default: .other(reason)
            }
    }
}

extension JournalError.Reason: CustomStringConvertible {
    package var description: String { "\(text) (SQLite error \(code))" }
}

extension JournalError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .full(let reason): "the \(reason.store)'s disk is full: \(reason)"
        case .readOnly(let reason): "the \(reason.store) cannot be written: \(reason)"
        case .cannotOpen(let reason): "the \(reason.store) cannot be opened: \(reason)"
        case .inputOutput(let reason): "the \(reason.store) cannot be read or written: \(reason)"
        case .corrupt(let reason): "the \(reason.store) is corrupt: \(reason)"
        case .busy(let reason): "the \(reason.store) is in use by another process: \(reason)"
        case .notDurable(let setting, let found):
            "what is kept would not be durable: \(setting) is \(found)"
        case .notBegun(let key):
            "nothing is kept that could go on for \(key)"
        case .refused(let key, let reason):
            "what was kept of \(key) is refused: \(reason)"
        case .unusable(let path, let reason): "\(path): \(reason)"
        case .other(let reason): "the \(reason.store) failed: \(reason)"
        }
    }
}

extension MonitorKey: CustomStringConvertible {
    /// The monitor as messages name it.
    package var description: String {
        "model \(model), version \(version), reference \(digest.prefix(12))"
    }
}

/// What is stored is not what was written.
struct Damage: Error {
    let reason: String
}
