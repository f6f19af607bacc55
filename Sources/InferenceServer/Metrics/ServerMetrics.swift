// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Exposition
package import Hosting

/// The page of `/metrics` of the inference server, of values only.
package struct ServerMetrics: Sendable {
    /// What one page tells.
    package struct Content: Sendable {
        /// What is served; a version that has gone has no series any more.
        package var catalog: ModelCatalog
        /// The prediction log; nil without one.
        package var log: LogFigures?
        /// Lines of the access log that nobody read in time; nil without one.
        package var accessLogDropped: UInt64?
        /// What the kernel says about the process.
        package var process: ProcessStatistics

        /// Gathers what a page tells.
        package init(
            catalog: ModelCatalog,
            log: LogFigures?,
            accessLogDropped: UInt64?,
            process: ProcessStatistics
        ) {
            self.catalog = catalog
            self.log = log
            self.accessLogDropped = accessLogDropped
            self.process = process
        }
    }

    private let build: BuildInfo
    private let counters: ServerCounters

    /// Makes the page of a program.
    package init(build: BuildInfo, counters: ServerCounters) {
        self.build = build
        self.counters = counters
    }

    /// Renders the page.
    ///
    /// Every series of a loaded version exists from the start, at 0: a rate needs the value before
    /// the first event.
    ///
    /// - Complexity: O(bytes written).
    package func render(_ format: ExpositionFormat, _ content: Content) -> [UInt8] {
        var writer = ExpositionWriter(format, reservingBytes: 16_384)
        build.write(to: &writer)
        let models = content.catalog.entries.flatMap { entry in
            entry.versions.map { version in
                Series(version, isDefault: version === entry.defaultVersion)
            }
        }
        write(models, to: &writer)
        writer.family(Self.errors) { family in
            for (reason, count) in counters.errors.sorted(by: { $0.key < $1.key }) {
                family.sample(count: count, Labels(["reason": reason]))
            }
        }
        writer.single(Self.inFlight, Double(counters.inFlight))
        if let log = content.log { write(log, to: &writer) }
        if let dropped = content.accessLogDropped {
            writer.family(Self.accessLogDropped) { $0.sample(count: dropped) }
        }
        ProcessMetrics.write(content.process, to: &writer)
        return writer.finish()
    }

    /// One version's series.
    private struct Series {
        let labels: Labels
        let info: Labels
        let snapshot: ModelCounters.Snapshot

        init(_ served: ServedModel, isDefault: Bool) {
            labels = Labels(["model": served.name, "model_version": served.version])
            info = Labels([
                "digest": served.digest, "default": isDefault ? "true" : "false",
            ])
            snapshot = served.counters.snapshot
        }
    }

    private func write(_ models: [Series], to writer: inout ExpositionWriter) {
        writer.family(Self.info) { family in
            for model in models { family.sample(1, model.labels, model.info) }
        }
        let all =
            models.map { ($0.labels, $0.snapshot) } + [(Self.unknown, counters.unknown.snapshot)]
        writer.family(Self.requests) { family in
            for (labels, snapshot) in all {
                for outcome in PredictionOutcome.allCases {
                    let more = Labels(["outcome": outcome.rawValue])
                    family.sample(count: snapshot.requests[outcome] ?? 0, labels, more)
                }
            }
        }
        writer.family(Self.rows) { family in
            for model in models { family.sample(count: model.snapshot.rows, model.labels) }
        }
        writer.family(Self.latency) { family in
            for (labels, snapshot) in all {
                let histogram = Histogram(
                    bounds: Self.bounds,
                    counts: snapshot.buckets,
                    sum: snapshot.latencySeconds
                )
                family.histogram(histogram, labels)
            }
        }
    }

    private func write(_ log: LogFigures, to writer: inout ExpositionWriter) {
        writer.family(Self.logRecords) { $0.sample(count: log.sent) }
        writer.family(Self.logDropped) { $0.sample(count: log.dropped) }
        writer.single(Self.logConnected, log.isConnected ? 1 : 0)
        writer.single(Self.logQueue, Double(log.queuedBytes))
        guard let acknowledgements = log.acknowledgements else { return }
        writer.family(Self.logAcknowledged) { $0.sample(count: acknowledgements.acknowledged) }
        writer.single(Self.logOutstanding, Double(acknowledgements.outstanding))
        writer.single(Self.logOutstandingBytes, Double(acknowledgements.outstandingBytes))
    }

    private static let bounds = Histogram.Bounds(ModelCounters.latencyBounds)
    /// What requests are counted under that name no loaded model; a version is always a number.
    private static let unknown = Labels(["model": "unknown", "model_version": "unknown"])
}

extension ServerMetrics {
    private static let info = MetricDescriptor(
        "prediction_model",
        .info,
        help: "The model versions that are loaded; default tells which one answers by itself."
    )
    private static let requests = MetricDescriptor(
        "prediction_requests",
        .counter,
        help: "Requests for predictions by outcome: ok, rejected (4xx), failed (5xx)."
    )
    private static let rows = MetricDescriptor(
        "prediction_rows",
        .counter,
        help: "Rows predicted."
    )
    private static let latency = MetricDescriptor(
        "prediction_latency_seconds",
        .histogram,
        unit: .seconds,
        help: "From the last byte of a request for predictions to its answer, in seconds."
    )
    private static let errors = MetricDescriptor(
        "prediction_errors",
        .counter,
        help: "Requests for predictions that were rejected or failed, by reason."
    )
    private static let inFlight = MetricDescriptor(
        "prediction_in_flight",
        .gauge,
        help: "Requests taken in and not answered yet."
    )
    private static let logRecords = MetricDescriptor(
        "prediction_log_records",
        .counter,
        help: "Records that the prediction log's socket took; sent again, they count again."
    )
    private static let logDropped = MetricDescriptor(
        "prediction_log_dropped",
        .counter,
        help: "Records dropped: not taken or acknowledged in time by the sidecar, or too long."
    )
    private static let logConnected = MetricDescriptor(
        "prediction_log_connected",
        .gauge,
        help: "Whether the prediction log's socket is connected."
    )
    private static let logQueue = MetricDescriptor(
        "prediction_log_queue_bytes",
        .gauge,
        unit: .bytes,
        help: "Bytes of records that wait for the prediction log's socket."
    )
    private static let logAcknowledged = MetricDescriptor(
        "prediction_log_acknowledged",
        .counter,
        help: "Records that the sidecar has acknowledged: counted or rejected, and durable."
    )
    private static let logOutstanding = MetricDescriptor(
        "prediction_log_unacknowledged",
        .gauge,
        help: "Records sent, or about to be, that the sidecar has not acknowledged yet."
    )
    private static let logOutstandingBytes = MetricDescriptor(
        "prediction_log_unacknowledged_bytes",
        .gauge,
        unit: .bytes,
        help: "Bytes of records that are kept until the sidecar acknowledges them."
    )
    private static let accessLogDropped = MetricDescriptor(
        "kedge_access_log_dropped",
        .counter,
        help: "Lines of the access log dropped as nobody read them in time."
    )
}
