// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import Synchronization

/// Where the last report hangs: written by the evaluation, read by everybody else.
///
/// A report is an immutable value, so a reader holds the lock only to take a reference to it, and
/// ingest never waits for a scrape.
package final class ReportBoard: Sendable {
    private let published = Mutex(Report(time: 0, monitors: []))

    /// Makes a board without a report; the sidecar publishes one before it serves anything.
    package init() {}

    /// The last report.
    package var report: Report {
        published.withLock { $0 }
    }

    /// Replaces the report.
    package func publish(_ report: Report) {
        published.withLock { $0 = report }
    }

    /// Replaces the monitors that have reported at a pane border; of one that has reported more
    /// than once the last.
    package func publish(_ reports: [MonitorReport], at time: Double) {
        published.withLock { published in
            var monitors = published.monitors
            for report in reports {
                if let index = monitors.firstIndex(where: report.isOfSameVersion) {
                    monitors[index] = report
                } else {
                    monitors.append(report)
                }
            }
            published = Report(time: time, monitors: monitors)
        }
    }
}

extension MonitorReport {
    fileprivate func isOfSameVersion(as other: MonitorReport) -> Bool {
        model == other.model && version == other.version
    }
}
