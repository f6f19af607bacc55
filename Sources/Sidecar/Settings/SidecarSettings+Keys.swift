// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
package import Hosting

extension SidecarSettings {
    /// Every key of the file, in the order of the manual.
    package static let table = SettingsTable<SidecarSettings>(
        serviceKeys + socketKeys + monitorKeys + alertKeys + limitKeys + rawLogKeys
    )

    private static let serviceKeys: [SettingsKey<SidecarSettings>] = [
        SettingsKey(
            "listen",
            \.listen,
            .address,
            "Where /metrics, the API and the page are served; port 0 takes any free one."
        ),
        SettingsKey(
            "state",
            \.state,
            // The socket of the commands is in it, and its path must fit as well.
            .path("a directory", limit: AdminSocket.maximumStateBytes),
            "The directory that is this process's own, and locked by it: the journal, alerts, "
                + "promoted references, and the socket of kedge reference and kedge alerts. None "
                + "keeps nothing.",
            example: "/var/lib/kedge"
        ),
        SettingsKey(
            "token_file",
            \.tokenFile,
            .path("a file"),
            "The file of the token with which clients may promote references, silence alerts and "
                + "test receivers over the network (Authorization: Bearer); without one nobody may.",
            example: "/etc/kedge/token"
        ),
        SettingsKey(
            "references",
            \.references,
            .list(of: .path("a file or directory"), counts: 1...256, unique: ("", { $0 })),
            "Reference files, or directories that are watched for them.",
            flag: "reference"
        ),
    ]

    private static let socketKeys: [SettingsKey<SidecarSettings>] = [
        SettingsKey(
            "socket.path",
            \.socket.path,
            .path("the Unix socket", limit: SocketFile.maximumPathBytes),
            "The socket that prediction logs are written to.",
            flag: "socket"
        ),
        SettingsKey(
            "socket.mode",
            \.socket.mode,
            .mode,
            "The permissions of the socket's file."
        ),
        SettingsKey(
            "socket.group",
            \.socket.group,
            .group,
            "The group of the socket's file; none leaves the process's own.",
            example: "serving"
        ),
        SettingsKey(
            "socket.allow_uids",
            \.socket.allowedUsers,
            .list(
                of: .integer(0...UInt32.max),
                counts: 1...1_024,
                unique: ("", { String($0) })
            ),
            "The users who may connect, by number; none leaves it to the permissions.",
            example: "[1000, 65532]"
        ),
        SettingsKey(
            "socket.max_connections",
            \.socket.connections,
            .integer(1...65_536),
            "Connections at once; a further one is closed and counted."
        ),
        SettingsKey(
            "socket.idle",
            \.socket.idle,
            .durationOrNever(.seconds(1)...(.seconds(604_800))),
            "A connection that sends nothing for so long is closed."
        ),
        SettingsKey(
            "socket.max_line",
            \.socket.lineBytes,
            .bytes(256...16_777_216),
            "The longest line, one record; a longer one is skipped and counted."
        ),
    ]

    private static let monitorKeys: [SettingsKey<SidecarSettings>] = [
        SettingsKey(
            "clock",
            \.monitor.clock,
            .choice([.arrival, .event]),
            "Whose time windows follow: that of the record's arrival, or its own `ts`."
        ),
        SettingsKey(
            "evaluate_every",
            \.evaluateEvery,
            .duration(.milliseconds(100)...(.seconds(3_600))),
            "How often a report is computed."
        ),
        SettingsKey(
            "history",
            \.historySeconds,
            .seconds(86_400...316_224_000),
            "For how long the journal keeps the counts of each quarter of an hour."
        ),
        SettingsKey(
            "history_bytes",
            \.historyBytes,
            .bytes((1 << 20)...(1 << 40)),
            "The most that these counts take; beyond it the oldest quarters go."
        ),
        SettingsKey(
            "min_rows",
            \.monitor.minimumRows,
            .integer(1...1_000_000_000),
            "A statistic with fewer rows behind it is learning: not judged, not on /metrics."
        ),
        SettingsKey(
            "lateness",
            \.monitor.latenessSeconds,
            .seconds(MonitorSettings.latenessLimits),
            "How long a pane waits for late records; clock: event only."
        ),
        SettingsKey(
            "expire",
            \.monitor.expireSeconds,
            .seconds(1...31_622_400),
            "A model version without records for so long leaves /metrics."
        ),
        SettingsKey(
            "thresholds.ks_statistic",
            \.monitor.thresholds.ksStatistic,
            .threshold,
            "The Kolmogorov-Smirnov distance above which a numeric feature has drifted."
        ),
        SettingsKey(
            "thresholds.js_divergence",
            \.monitor.thresholds.jsDivergence,
            .threshold,
            "The Jensen-Shannon divergence, in bits, above which a categorical feature has drifted."
        ),
        SettingsKey(
            "thresholds.features",
            \.monitor.thresholds.features,
            .dictionary(
                from: "feature names",
                to: .mapping("its own thresholds", exceptionTable, empty: .init())
            ),
            "Thresholds of single features; what is left out is as above.",
            example: "{temp: {ks_statistic: 0.6}}"
        ),
        SettingsKey(
            "windows",
            \.monitor.windows,
            .list(of: .window, counts: 1...32, unique: ("name", \.name)),
            "The rolling windows, each by time (panes) or by count (rows)."
        ),
    ]

    private static let limitKeys: [SettingsKey<SidecarSettings>] = [
        SettingsKey(
            "limits.monitors",
            \.limits.monitors,
            .integer(1...10_000),
            "Model versions watched at once; references beyond are refused."
        ),
        SettingsKey(
            "limits.features",
            \.limits.features,
            .integer(1...10_000),
            "Features of one reference, the prediction included; a file with more is refused."
        ),
        SettingsKey(
            "limits.categories",
            \.limits.categories,
            .integer(1...65_533),
            "Categories of one feature; a file with more is refused."
        ),
        SettingsKey(
            "limits.metrics_features",
            \.metricsFeatures,
            .integer(1...10_000),
            "Features of one model version with series on /metrics; the overflow is counted."
        ),
        SettingsKey(
            "limits.metrics_bins",
            \.metricsBins,
            .integer(0...65_536),
            "Bins of one feature with series on /metrics, for drift of the whole fleet; a feature with "
                + "more has none, 0 leaves all out."
        ),
    ]

    private static let rawLogKeys: [SettingsKey<SidecarSettings>] = [
        SettingsKey(
            "raw_log.enabled",
            \.rawLog.isOn,
            .boolean,
            "Keep every accepted record with its values under the state directory, for replay."
        ),
        SettingsKey(
            "raw_log.max_bytes",
            \.rawLog.maximumBytes,
            .bytes((1 << 20)...(1 << 40)),
            "The most that these files take; the oldest records go."
        ),
        SettingsKey(
            "raw_log.max_age",
            \.rawLog.maximumAge,
            .duration(.seconds(3_600)...(.seconds(31_622_400))),
            "How long a record is kept at most."
        ),
    ]

    private static let exceptionTable = SettingsTable<Thresholds.Exception>([
        SettingsKey(
            "ks_statistic",
            \.ksStatistic,
            .threshold,
            "Instead of thresholds.ks_statistic."
        ),
        SettingsKey(
            "js_divergence",
            \.jsDivergence,
            .threshold,
            "Instead of thresholds.js_divergence."
        ),
    ])
}
