// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Hosting
import Synchronization

/// `/metrics`: the published report, the live counters and the kernel's view of the process.
final class MetricsPage: Sendable {
    private let document: Mutex<MetricsDocument>
    private let board: ReportBoard
    private let ingest: Ingest
    private let journal: JournalKeeper?
    private let rawLog: RawLog?
    private let desk: AlertDesk

    init(
        build: BuildInfo,
        maximumFeatures: Int,
        maximumBins: Int,
        board: ReportBoard,
        ingest: Ingest,
        journal: JournalKeeper?,
        rawLog: RawLog?,
        desk: AlertDesk
    ) {
        document = Mutex(
            MetricsDocument(
                build: build,
                maximumFeatures: maximumFeatures,
                maximumBins: maximumBins
            )
        )
        self.board = board
        self.ingest = ingest
        self.journal = journal
        self.rawLog = rawLog
        self.desk = desk
    }

    /// The page in the format that the scraper likes best.
    func answer(accept: String?) -> HTTPAnswer {
        let choice = ExpositionChoice.negotiate(accept: accept)
        let (report, counters) = (board.report, ingest.counters)
        let (figures, raw) = (journal?.figures, rawLog?.figures)
        let alerts = desk.figures(at: wallClockSeconds())
        let process = ProcessStatistics.ofThisProcess()
        let body = document.withLock { document in
            document.render(
                choice.format,
                report: report,
                counters: counters,
                journal: figures,
                raw: raw,
                alerts: alerts,
                describe: { ingest.description(of: $0) },
                process: process
            )
        }
        return HTTPAnswer(contentType: choice.contentType, body: body)
    }
}
