// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
package import PredictionLog

/// What came in over the socket since the process began; most numbers only grow.
package struct IngestCounters: Sendable, Equatable {
    /// Model versions with a reference, no two alike, in its order.
    package var versions: [RecordCounts] = []
    /// Lines and records not taken, by reason; a reason that is not in it never occurred.
    package var rejected: [RejectReason: UInt64] = [:]
    /// Values under names that the reference does not have.
    package var unknownFeatures: UInt64 = 0
    /// True outcomes that came later.
    package var actuals: UInt64 = 0
    /// Bytes read from the socket.
    package var bytes: UInt64 = 0
    /// Records that were sent again and had been decided before.
    package var duplicates: UInt64 = 0
    /// Records counted in memory alone, as the journal could not take them.
    package var unkept: UInt64 = 0
    /// Sessions of producers that are remembered.
    package var sessions: Int = 0
    /// Bytes that wait to be kept, about.
    package var unkeptBytes: Int = 0
    /// Connections open now.
    package var connections: Int = 0
    /// Connections closed at once, since there were too many or the peer is not allowed.
    package var connectionsRefused: UInt64 = 0
    /// Records that producers say they dropped.
    package var producerDropped: UInt64 = 0
    /// Reference files found and not in use: faulty, double, or over a limit.
    package var referencesRefused: Int = 0

    /// Nothing came in.
    package init() {}
}
