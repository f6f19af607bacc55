// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Exposition

/// Renders what the journal does; without one there is nothing of it on the page.
package enum JournalMetrics {
    /// Writes the families of the journal.
    package static func write(
        _ figures: JournalFigures,
        _ counters: IngestCounters,
        to writer: inout ExpositionWriter
    ) {
        writer.single(up, figures.failure == nil ? 1 : 0)
        writer.family(commits) { $0.sample(count: figures.commits) }
        writer.family(failures) { $0.sample(count: figures.failures) }
        writer.family(durations) { $0.histogram(figures.durations) }
        writer.single(size, Double(figures.fileBytes))
        writer.single(pending, Double(counters.unkeptBytes))
        writer.family(unjournaled) { $0.sample(count: counters.unkept) }
        writer.single(sessions, Double(counters.sessions))
    }

    /// Writes the families of the raw log.
    package static func write(_ figures: RawLog.Figures, to writer: inout ExpositionWriter) {
        writer.single(rawSize, Double(figures.bytes))
        writer.family(rawDropped) { $0.sample(count: figures.dropped) }
    }

    private static let rawSize = MetricDescriptor(
        "kedge_raw_log_size_bytes",
        .gauge,
        unit: .bytes,
        help: "The size of the files with records as they came."
    )
    private static let rawDropped = MetricDescriptor(
        "kedge_raw_log_dropped_records",
        .counter,
        help: "Records that the raw log could not take; they are counted all the same."
    )
    private static let up = MetricDescriptor(
        "kedge_journal_up",
        .gauge,
        help: "1 while the journal keeps what comes in, 0 while it fails."
    )
    private static let commits = MetricDescriptor(
        "kedge_journal_commits",
        .counter,
        help: "Commits that are durable."
    )
    private static let failures = MetricDescriptor(
        "kedge_journal_failures",
        .counter,
        help: "Commits, or attempts to open the journal, that have failed."
    )
    private static let durations = MetricDescriptor(
        "kedge_journal_commit_duration_seconds",
        .histogram,
        unit: .seconds,
        help: "How long commits took until they were durable."
    )
    private static let size = MetricDescriptor(
        "kedge_journal_size_bytes",
        .gauge,
        unit: .bytes,
        help: "The size of the journal's files."
    )
    private static let pending = MetricDescriptor(
        "kedge_journal_pending_bytes",
        .gauge,
        unit: .bytes,
        help: "What waits for the next commit."
    )
    private static let unjournaled = MetricDescriptor(
        "kedge_journal_unjournaled_records",
        .counter,
        help: "Records counted in memory alone, as the journal could not take them."
    )
    private static let sessions = MetricDescriptor(
        "kedge_ingest_sessions",
        .gauge,
        help: "Sessions of producers that are remembered."
    )
}
