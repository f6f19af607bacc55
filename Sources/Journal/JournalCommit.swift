// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor

/// Everything that happened since the last commit, kept by one transaction or not at all.
package struct JournalCommit: Sendable {
    /// The arrival clock, in Unix seconds.
    package var time: Double
    /// What happened to the monitors.
    package var monitors: [MonitorChange]
    /// The sessions that have gone on, as they now stand.
    package var sessions: [SessionProgress]
    /// Sessions that are forgotten.
    package var endedSessions: [String]
    /// What is to be added to the coverage of quarters.
    package var coverage: [CoverageDelta]

    /// Puts a commit together.
    package init(
        time: Double,
        monitors: [MonitorChange] = [],
        sessions: [SessionProgress] = [],
        endedSessions: [String] = [],
        coverage: [CoverageDelta] = []
    ) {
        self.time = time
        self.monitors = monitors
        self.sessions = sessions
        self.endedSessions = endedSessions
        self.coverage = coverage
    }
}

/// How far a producer's session has come.
package struct SessionProgress: Sendable, Equatable {
    /// The session's name, as its hello says.
    package let session: String
    /// Who it is, as its hello says.
    package var producer: String
    /// The highest sequence number that is decided: counted, or rejected under a reason.
    package var decided: UInt64
    /// Records that the producer says it has dropped, since the session began.
    package var dropped: UInt64
    /// When it was last heard of, in Unix seconds.
    package var lastHeard: Double

    /// Describes a session.
    package init(
        session: String,
        producer: String,
        decided: UInt64,
        dropped: UInt64,
        lastHeard: Double
    ) {
        self.session = session
        self.producer = producer
        self.decided = decided
        self.dropped = dropped
        self.lastHeard = lastHeard
    }
}

/// How much of a quarter of an hour was really watched.
package struct CoverageDelta: Sendable, Equatable {
    /// The quarter, as in `LedgerDelta`, of the arrival clock.
    package let quarter: Int
    /// Seconds in which the socket was served.
    package var seconds: Double
    /// Records that producers dropped.
    package var dropped: UInt64

    /// Describes a part of a quarter.
    package init(quarter: Int, seconds: Double = 0, dropped: UInt64 = 0) {
        self.quarter = quarter
        self.seconds = seconds
        self.dropped = dropped
    }
}
