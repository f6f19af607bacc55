// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
package import Hosting

/// Everything the sidecar is told, checked and complete.
///
/// A fresh value holds the defaults.
package struct SidecarSettings: ProgramSettings {
    /// The socket that producers write to.
    package struct Socket: Sendable, Equatable {
        /// Where the socket is bound.
        package var path = "/run/kedge/kedge.sock"
        /// The permission bits of the file.
        package var mode: UInt32 = 0o660
        /// The group of the file, by name or number; nil leaves the process's own.
        package var group: String?
        /// The users who may connect; nil for all whom the mode lets in.
        package var allowedUsers: [UInt32]?
        /// Connections at once; a further one is closed.
        package var connections = 256
        /// A connection that sends nothing for so long is closed; nil keeps it for ever.
        package var idle: Duration? = .seconds(86_400)
        /// The longest line in bytes.
        package var lineBytes = 65_536
    }

    /// Records kept as they came.
    package struct RawLog: Sendable, Equatable {
        /// Whether they are.
        package var isOn = false
        /// The bytes of all files; the oldest go.
        package var maximumBytes = 256 << 20
        /// How old a record becomes at most, by the hour.
        package var maximumAge = Duration.seconds(7 * 86_400)
    }

    /// Where HTTP is served.
    package var listen = ListenAddress(host: "127.0.0.1", port: 9_095)
    /// The directory that is this process's own; nil keeps nothing over a restart.
    package var state: String?
    /// The file of the token that lets a client change state; nil lets none over the network.
    package var tokenFile: String?
    /// The socket that producers write to.
    package var socket = Socket()
    /// Files, and directories of files.
    package var references = ["references"]
    /// How often a report is computed.
    package var evaluateEvery: Duration = .seconds(15)
    /// For how long the counts of each quarter of an hour are kept, in seconds.
    package var historySeconds = 56 * 86_400
    /// The bytes that these counts take at most.
    package var historyBytes = 256 << 20
    /// Windows, clock, lateness, least rows, thresholds and expiry.
    package var monitor = MonitorSettings(windows: [
        WindowDefinition(name: "1h", extent: .panes(count: 60, seconds: 60)),
        WindowDefinition(name: "10k", extent: .rows(10_000)),
    ])
    /// What is monitored at most; references beyond are refused.
    package var limits = MonitorLimits()
    /// Features of one monitor that have series on `/metrics`; the overflow is counted.
    package var metricsFeatures = 200
    /// Bins of one feature that have series on `/metrics`; one with more has none of them.
    package var metricsBins = 256

    /// What is worth telling, and whom.
    package var alerts = AlertSettings()

    /// Records kept as they came; off unless asked for.
    package var rawLog = RawLog()

    /// Makes the defaults.
    package init() {}

    /// What the manual calls the program.
    package static let program = "the sidecar"
    /// `kedge config` reads a sidecar's settings by itself.
    package static let configFlag: String? = nil
}
