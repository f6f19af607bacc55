// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the producer of the prediction log has done up to now.
package struct LogFigures: Sendable, Equatable {
    /// What became of records that are kept until they are acknowledged.
    package struct Acknowledgements: Sendable, Equatable {
        /// Records that the sidecar has decided durably.
        package var acknowledged: UInt64
        /// Records that were taken from the queue, and are kept.
        package var outstanding: Int
        /// The memory that those take, in bytes.
        package var outstandingBytes: Int

        /// Gathers what became of records.
        package init(acknowledged: UInt64, outstanding: Int, outstandingBytes: Int) {
            self.acknowledged = acknowledged
            self.outstanding = outstanding
            self.outstandingBytes = outstandingBytes
        }
    }

    /// Records that the socket took; one that was sent again counts again.
    package var sent: UInt64 = 0
    /// Records that were dropped.
    package var dropped: UInt64 = 0
    /// Bytes of records that wait.
    package var queuedBytes = 0
    /// Whether the socket is connected.
    package var isConnected = false
    /// What was acknowledged; nil when nothing is to be.
    package var acknowledgements: Acknowledgements?

    /// Nothing was logged.
    package init() {}
}
