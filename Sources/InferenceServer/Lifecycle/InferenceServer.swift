// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
package import Hosting
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import PredictionLog
package import ServiceLifecycle
import UnixSignals

/// The inference server, put together: one tree of services over one catalog of models.
///
/// Services stand in the order of their start; they end in reverse: first the drain, while
/// everything is still answered, then the listeners finish what is under way, and at last the
/// prediction log sends what is left.
package struct InferenceServer: Sendable {
    /// What the shutdown may take beyond the drain and the requests under way.
    static let shutdownSlack = Duration.seconds(5)

    /// What is served.
    package let board = CatalogBoard()
    /// Whether it drains, and where it serves.
    package let lifecycle = ServerLifecycle()
    /// The live counters that belong to no model.
    package let counters = ServerCounters()
    private let settings: ServerSettings
    private let build: BuildInfo
    private let repository: ModelRepository
    private let shipper: LogShipper?
    private let queue: RecordQueue?
    private let accessLog: AccessLog?
    private let logger: Logger
    /// Held as long as the server lives.
    private let stateDirectory: StateDirectory?

    /// Locks the state directory and loads the models.
    ///
    /// - Throws: `StateDirectoryError`, `RepositoryStartError`, or `SystemError` when there are no
    ///   descriptors left.
    package init(settings: ServerSettings, build: BuildInfo, logger: Logger) throws {
        self.settings = settings
        self.build = build
        self.logger = logger
        stateDirectory = try settings.state.map(StateDirectory.init(path:))
        repository = ModelRepository(
            path: settings.models,
            stateDirectory: settings.state,
            defaultModel: settings.defaultModel,
            board: board,
            logger: logger
        )
        try repository.loadAtStart()
        accessLog = settings.accessLog ? AccessLog(now: wallClockSeconds) : nil
        queue = settings.logSocket.map { _ in RecordQueue(capacity: settings.logQueueBytes) }
        shipper = try Self.shipper(settings, queue, logger)
    }

    private static func shipper(
        _ settings: ServerSettings,
        _ queue: RecordQueue?,
        _ logger: Logger
    ) throws -> LogShipper? {
        guard let path = settings.logSocket, let queue else { return nil }
        return try LogShipper(
            path: path,
            producer: settings.producer ?? ProducerName.ofThisProcess(),
            queue: queue,
            inFlightLimit: settings.logAcknowledge ? settings.logQueueBytes : nil,
            logger: logger
        )
    }

    /// What was done with the prediction log; nil without one.
    package var logFigures: LogFigures? { shipper?.figures }

    /// Runs until SIGTERM or SIGINT, or until a service fails.
    ///
    /// - Parameter companions: Further services, which end before the server's own; when one has
    ///   done its work, everything ends.
    /// - Throws: `ListenError`, `SocketFileError`, or what a companion throws.
    package func run(with companions: [any Service] = []) async throws {
        var quiet = logger
        quiet.logLevel = .warning
        let cores = settings.threads > 0 ? settings.threads : Self.usableCores
        let group = MultiThreadedEventLoopGroup(numberOfThreads: cores)
        let pool = NIOThreadPool(numberOfThreads: cores)
        pool.start()
        var configuration = ServiceGroupConfiguration(
            services: try services(group, pool).map { .init(service: $0) }
                + companions.map {
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        configuration.maximumGracefulShutdownDuration =
            settings.drain + settings.limits.time * 2 + Self.shutdownSlack
        let result: Result<Void, any Error>
        do {
            try await ServiceGroup(configuration: configuration).run()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await pool.shutdownGracefully()
        try? await group.shutdownGracefully()
        // The lock on the directory goes last.
        withExtendedLifetime(stateDirectory) {}
        try result.get()
        logger.info("stopped", metadata: ["records_dropped": "\(queue?.counts.dropped ?? 0)"])
    }

    /// The cores that the process may use.
    ///
    /// Its share of the machine by control group, or those that it is bound to: more event loops
    /// than those only wait for each other.
    private static var usableCores: Int {
        max(1, min(System.coreCount, boundCores() ?? .max))
    }

    private func services(
        _ group: MultiThreadedEventLoopGroup,
        _ pool: NIOThreadPool
    ) throws -> [any Service] {
        let http = ServerHTTP(
            pipeline: RequestPipeline(
                Answerer(endpoints),
                counters: counters,
                concurrency: settings.concurrency,
                accessLog: accessLog
            ),
            settings: ConnectionSettings(settings),
            lifecycle: lifecycle,
            group: group,
            pool: pool,
            logger: logger
        )
        var services: [any Service] = []
        if let shipper { services.append(shipper) }
        if let accessLog { services.append(try AccessLogService(accessLog)) }
        services.append(RepositoryPoll(repository, every: settings.pollEvery))
        if let state = settings.state {
            let socket = AdminSocket(stateDirectory: state, logger: logger)
            services.append(AdminService(http: http, socket: socket))
        }
        services.append(NetworkService(http: http, address: settings.listen, logger: logger))
        services.append(DrainService(lifecycle: lifecycle, delay: settings.drain, logger: logger))
        return services
    }

    private var endpoints: Endpoints {
        let metrics = ServerMetrics(build: build, counters: counters)
        let token = settings.tokenFile.map { TokenFile(path: $0, logger: logger) }
        let (board, lifecycle, shipper, accessLog) = (board, lifecycle, shipper, accessLog)
        return Endpoints(
            board: board,
            limits: settings.limits,
            admin: repository.actions,
            surroundings: Endpoints.Surroundings(
                log: queue,
                metricsPage: { accept in
                    let choice = ExpositionChoice.negotiate(accept: accept)
                    let content = ServerMetrics.Content(
                        catalog: board.catalog,
                        log: shipper?.figures,
                        accessLogDropped: accessLog?.dropped,
                        process: .ofThisProcess()
                    )
                    return ServerAnswer(
                        contentType: choice.contentType,
                        body: metrics.render(choice.format, content)
                    )
                },
                readiness: { !lifecycle.isDraining },
                authorize: { token?.authorizes($0.authorization) ?? false },
                now: wallClockSeconds,
                version: build.version
            )
        )
    }
}

extension ConnectionSettings {
    /// What the settings of the server say about connections.
    init(_ settings: ServerSettings) {
        self.init()
        headerBytes = settings.headerBytes
        bodyBytes = settings.limits.bodyBytes
        plainBodyBytes = min(plainBodyBytes, bodyBytes)
        requestTime = settings.limits.time
    }
}
