// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import DriftMonitor
package import Hosting
import Journal
package import Logging
import NIOCore
import NIOPosix
package import ServiceLifecycle
import UnixSignals

/// The sidecar, put together: one tree of services over one `Ingest`.
///
/// Services stand in the order of their start; they end in reverse: the socket is read out first,
/// then the last report is made, and `/metrics` answers until the end.
package struct Sidecar: Sendable {
    /// How long the whole shutdown may take before what is left is cancelled.
    static let shutdownLimit = Duration.seconds(10)

    /// The last report.
    package let board: ReportBoard
    /// What of it is up.
    package let readiness = Readiness()
    /// What the socket fills.
    package let ingest: Ingest
    private let settings: SidecarSettings
    private let references: ReferenceWatch
    private let desk: AlertDesk
    /// Nil without a state directory.
    private let alertKeeper: AlertKeeper?
    private let environment: [String: String]
    private let reload: @Sendable () throws -> SidecarSettings
    private let build: BuildInfo
    private let logger: Logger
    /// Nil without a state directory.
    private let journal: JournalKeeper?
    /// Nil unless it is asked for.
    private let rawLog: RawLog?
    /// Held as long as the sidecar lives.
    private let stateDirectory: StateDirectory?

    /// Locks the state directory and loads the references.
    ///
    /// - Parameters:
    ///   - settings: What to watch, and where.
    ///   - build: What program this is.
    ///   - logger: Where everything is told.
    ///   - environment: The variables of the process: secrets of receivers, and the pod's name.
    ///   - reload: Reads the settings anew from where they came from, for SIGHUP.
    /// - Throws: `StateDirectoryError`, or `UnusableReferences` when no configured reference can be
    ///   used.
    package init(
        settings: SidecarSettings,
        build: BuildInfo,
        logger: Logger,
        environment: [String: String] = [:],
        reload: @escaping @Sendable () throws -> SidecarSettings
    ) throws {
        self.environment = environment
        self.settings = settings
        self.build = build
        self.logger = logger
        self.reload = reload
        stateDirectory = try settings.state.map(StateDirectory.init(path:))
        board = ReportBoard()
        let now = wallClockSeconds()
        alertKeeper = stateDirectory.map { directory in
            AlertKeeper(directory: directory.path, logger: logger)
        }
        desk = AlertDesk(
            settings: settings.alerts,
            kept: alertKeeper?.load() ?? KeptAlerts(),
            now: now
        )
        journal = try stateDirectory.map { directory in
            try JournalKeeper(
                directory: directory.path,
                options: JournalStore.Options(settings),
                logger: logger
            )
        }
        let kept = journal.map { journal in
            Ingest.Kept(sessions: journal.sessions()) { journal.monitor(of: $0, layout: $1) }
        }
        rawLog = try stateDirectory.flatMap { directory in
            guard settings.rawLog.isOn else { return nil }
            return try RawLog(state: directory.path, settings: settings.rawLog, logger: logger)
        }
        if !settings.alerts.receivers.isEmpty, stateDirectory == nil {
            logger.warning("there is no state directory: a restart forgets who was told what")
        }
        if settings.rawLog.isOn, stateDirectory == nil {
            logger.warning("raw_log is on, and there is no state directory: nothing is kept")
        }
        ingest = Ingest(
            settings: settings,
            board: board,
            desk: desk,
            kept: kept,
            rawQueue: rawLog?.queue,
            logger: logger
        )
        references = ReferenceWatch(settings: settings, ingest: ingest, logger: logger)
        try references.loadAtStart()
        if let journal, journal.begins() { ingest.journalIsMissed() }
        ingest.evaluate()
        desk.logIdleRules(ingest.descriptions, logger)
        logMemoryBound()
    }

    /// Runs until SIGTERM or SIGINT, or until a service fails.
    ///
    /// - Parameter companions: Further services, which end before the sidecar's own; when one has
    ///   done its work, everything ends.
    /// - Throws: `SocketFileError`, `ListenError`, or what a companion throws.
    package func run(with companions: [any Service] = []) async throws {
        var quiet = logger
        quiet.logLevel = .warning
        let ingestGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let httpGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = ServiceGroupConfiguration(
            services: services(ingestGroup, httpGroup).map { .init(service: $0) }
                + companions.map {
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        configuration.maximumGracefulShutdownDuration = Self.shutdownLimit
        let result: Result<Void, any Error>
        do {
            try await ServiceGroup(configuration: configuration).run()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await ingestGroup.shutdownGracefully()
        try? await httpGroup.shutdownGracefully()
        // The lock on the directory goes last.
        withExtendedLifetime(stateDirectory) {}
        try result.get()
        logger.info("stopped", metadata: ["records": "\(ingest.counters.records)"])
    }

    /// What messages call the place they come from: the pod, or the host.
    private var instance: String? {
        environment["POD_NAME"].flatMap { $0.isEmpty ? nil : $0 } ?? HostName.current
    }

    private func services(
        _ ingestGroup: MultiThreadedEventLoopGroup,
        _ httpGroup: MultiThreadedEventLoopGroup
    ) -> [any Service] {
        let metrics = MetricsPage(
            build: build,
            maximumFeatures: settings.metricsFeatures,
            maximumBins: settings.metricsBins,
            board: board,
            ingest: ingest,
            journal: journal,
            rawLog: rawLog,
            desk: desk
        )
        let post = NotificationPost(
            sender: NotificationSender(
                secrets: SecretReader(environment: environment),
                userAgent: "kedge/\(build.version)",
                group: httpGroup
            ),
            instance: instance,
            program: "kedge/\(build.version)"
        )
        let routes = SidecarRoutes(
            board: board,
            ingest: ingest,
            metrics: metrics,
            readiness: readiness,
            journal: journal,
            references: references,
            desk: desk,
            alertKeeper: alertKeeper,
            post: post,
            token: settings.tokenFile.map { TokenFile(path: $0, logger: logger) },
            version: build.version,
            logger: logger
        )
        let http = SidecarHTTP(routes: routes, group: httpGroup, logger: logger)
        let admin = settings.state.map { state in
            AdminService(
                http: http,
                socket: AdminSocket(stateDirectory: state, logger: logger)
            )
        }
        let keeping: [any Service] =
            (journal.map { [JournalService(keeper: $0, ingest: ingest)] } ?? [])
            + (rawLog.map { [$0] } ?? [])
        return (admin.map { [$0] } ?? []) + [
            HTTPService(http: http, address: settings.listen, readiness: readiness),
            NotificationService(desk: desk, keeper: alertKeeper, post: post, logger: logger),
            references,
            ReloadService(
                settings: settings,
                reload: reload,
                ingest: ingest,
                references: references,
                desk: desk,
                logger: logger
            ),
            EvaluationService(ingest: ingest),
        ] + keeping + [
            SocketService(
                file: SocketFile(
                    path: settings.socket.path,
                    mode: settings.socket.mode,
                    group: settings.socket.group
                ),
                limits: ConnectionLimits(settings.socket),
                ingest: ingest,
                readiness: readiness,
                group: ingestGroup,
                logger: logger
            )
        ]
    }

    /// Says how much memory the counts can take, and the connections with their split lines.
    private func logMemoryBound() {
        let counts = ingest.memoryBounds.reduce(0) { sum, bound in
            let (next, overflow) = sum.addingReportingOverflow(bound.total)
            return overflow ? Int.max : next
        }
        // The buffer of a split line grows by doubling.
        let connection = 2 * settings.socket.lineBytes + ConnectionLimits.readBytes
        let connections = settings.socket.connections * connection
        logger.info(
            "memory is bounded",
            metadata: [
                "monitors_bytes": "\(counts)",
                "connections_bytes": "\(connections)",
                "monitors": "\(ingest.memoryBounds.count)",
            ]
        )
    }
}

extension JournalStore.Options {
    init(_ settings: SidecarSettings) {
        self.init()
        history = settings.historySeconds
        historyBytes = settings.historyBytes
    }
}

extension ConnectionLimits {
    init(_ settings: SidecarSettings.Socket) {
        self.init(
            connections: settings.connections,
            idle: settings.idle,
            lineBytes: settings.lineBytes,
            allowedUsers: settings.allowedUsers.map(Set.init)
        )
    }
}

extension IngestCounters {
    /// Records accepted of all model versions.
    var records: UInt64 { versions.reduce(0) { $0 + $1.records } }
}
