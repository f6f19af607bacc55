// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
package import Exposition
import PredictionLog

/// Renders the live counters of the socket.
///
/// Every series exists from the start, at 0: a rate needs the value before the first event.
package struct IngestMetrics: Sendable {
    private var cache = SeriesLabels()

    /// Makes a renderer that has rendered nothing.
    package init() {}

    /// Writes the families of the counters.
    package mutating func write(_ counters: IngestCounters, to writer: inout ExpositionWriter) {
        cache.rewind()
        let versions = counters.versions.map { version in
            let key = SeriesLabels.Key(model: version.model, version: version.version)
            return (counts: version, labels: cache.next(key))
        }
        cache.dropRest()
        for (descriptor, count) in Self.byVersion {
            writer.family(descriptor) { family in
                for version in versions {
                    family.sample(count: version.counts[keyPath: count], version.labels)
                }
            }
        }
        writer.family(Self.rejected) { family in
            for (reason, label) in Self.reasons {
                family.sample(count: counters.rejected[reason] ?? 0, label)
            }
        }
        for (descriptor, count) in Self.totals {
            writer.family(descriptor) { $0.sample(count: counters[keyPath: count]) }
        }
        writer.single(Self.connections, Double(counters.connections))
        writer.single(Self.referencesRefused, Double(counters.referencesRefused))
    }

    private static let reasons = RejectReason.allCases.map {
        (reason: $0, label: Labels(["reason": $0.rawValue]))
    }

    private typealias Count<Root> = any KeyPath<Root, UInt64> & Sendable

    private static let byVersion: [(MetricDescriptor, Count<RecordCounts>)] = [
        (
            MetricDescriptor(
                "kedge_ingest_records",
                .counter,
                help: "Records accepted, those of a failed prediction included."
            ), \.records
        ),
        (
            MetricDescriptor(
                "kedge_ingest_failed",
                .counter,
                help: "Records accepted whose outcome was not ok; they enter no window."
            ), \.failed
        ),
        (
            MetricDescriptor(
                "kedge_ingest_invalid_values",
                .counter,
                help: "Values of another type than the feature's, taken as missing."
            ), \.invalidValues
        ),
    ]

    private static let rejected = MetricDescriptor(
        "kedge_ingest_rejected",
        .counter,
        help: "Lines and records not taken, by reason."
    )

    private static let totals: [(MetricDescriptor, Count<IngestCounters>)] = [
        (
            MetricDescriptor(
                "kedge_ingest_unknown_features",
                .counter,
                help: "Values under a feature name that the reference does not have."
            ), \.unknownFeatures
        ),
        (
            MetricDescriptor(
                "kedge_ingest_actuals",
                .counter,
                help: "True outcomes received for earlier predictions."
            ), \.actuals
        ),
        (
            MetricDescriptor(
                "kedge_ingest_duplicates",
                .counter,
                help: "Records sent again that had been decided before; counted once."
            ), \.duplicates
        ),
        (
            MetricDescriptor(
                "kedge_ingest_bytes",
                .counter,
                unit: .bytes,
                help: "Bytes read from the socket."
            ), \.bytes
        ),
        (
            MetricDescriptor(
                "kedge_ingest_connections_refused",
                .counter,
                help: "Connections closed at once: too many, or a peer that is not allowed."
            ), \.connectionsRefused
        ),
        (
            MetricDescriptor(
                "kedge_producer_dropped",
                .counter,
                help: "Records that producers report to have dropped before sending."
            ), \.producerDropped
        ),
    ]

    private static let referencesRefused = MetricDescriptor(
        "kedge_references_refused",
        .gauge,
        help: "Reference files found and not in use: faulty, double, or over a limit."
    )

    private static let connections = MetricDescriptor(
        "kedge_ingest_connections",
        .gauge,
        help: "Connections open on the socket."
    )
}
