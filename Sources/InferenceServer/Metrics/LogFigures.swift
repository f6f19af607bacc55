// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the producer of the prediction log has done up to now.
package struct LogFigures: Sendable, Equatable {
    /// Records that the socket took.
    package var sent: UInt64 = 0
    /// Records that were dropped.
    package var dropped: UInt64 = 0
    /// Bytes of records that wait.
    package var queuedBytes = 0
    /// Whether the socket is connected.
    package var isConnected = false

    /// Nothing was logged.
    package init() {}
}
