// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What became of the records of one model version since it is monitored.
///
/// The numbers only grow, also when the monitor ends or its reference is replaced.
package struct RecordCounts: Sendable, Equatable {
    /// The model.
    package let model: String
    /// The version of the model.
    package let version: String
    /// Records accepted: in the windows, or failed.
    package internal(set) var records: UInt64 = 0
    /// Records accepted whose outcome was not `ok`; in no window.
    package internal(set) var failed: UInt64 = 0
    /// Values that their feature cannot have, taken as missing.
    package internal(set) var invalidValues: UInt64 = 0
    /// Records rejected because their pane was closed.
    package internal(set) var late: UInt64 = 0
    /// Records rejected because they were too far ahead of the arrival clock.
    package internal(set) var future: UInt64 = 0

    /// Makes counts of what came before.
    package init(
        model: String,
        version: String,
        records: UInt64 = 0,
        failed: UInt64 = 0,
        invalidValues: UInt64 = 0
    ) {
        self.model = model
        self.version = version
        self.records = records
        self.failed = failed
        self.invalidValues = invalidValues
    }
}
