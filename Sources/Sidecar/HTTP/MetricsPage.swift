// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Glibc
import Synchronization

/// `/metrics`: the published report, the live counters and the kernel's view of the process.
final class MetricsPage: Sendable {
    private let document: Mutex<MetricsDocument>
    private let board: ReportBoard
    private let ingest: Ingest

    init(build: BuildInfo, maximumFeatures: Int, board: ReportBoard, ingest: Ingest) {
        document = Mutex(MetricsDocument(build: build, maximumFeatures: maximumFeatures))
        self.board = board
        self.ingest = ingest
    }

    /// The page in the format that the scraper likes best.
    func answer(accept: String?) -> HTTPAnswer {
        let choice = ExpositionChoice.negotiate(accept: accept)
        let (report, counters) = (board.report, ingest.counters)
        let process = ProcessStatistics.ofThisProcess()
        let body = document.withLock { document in
            document.render(choice.format, report: report, counters: counters, process: process)
        }
        return HTTPAnswer(contentType: choice.contentType, body: body)
    }
}

extension ProcessStatistics {
    /// Reads `/proc`; what cannot be read stays unknown.
    static func ofThisProcess() -> ProcessStatistics {
        var statistics = ProcessStatistics()
        statistics.read(
            stat: contents("/proc/self/stat"),
            ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)),
            bootTimeSeconds: bootTimeSeconds(systemStat: contents("/proc/stat"))
        )
        statistics.read(status: contents("/proc/self/status"))
        statistics.read(limits: contents("/proc/self/limits"))
        statistics.openFileDescriptors = openFileDescriptors()
        return statistics
    }

    private static func contents(_ path: String) -> [UInt8] {
        guard let file = try? OpenFile(reading: path) else { return [] }
        var bytes: [UInt8] = []
        while let piece = try? file.read(upTo: 16_384), !piece.isEmpty { bytes += piece }
        return bytes
    }

    /// The entries of `/proc/self/fd`, without the one that reading it takes.
    private static func openFileDescriptors() -> Int? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { _ = unsafe closedir(directory) }
        var count = 0
        while let entry = unsafe readdir(directory) {
            // `.` and `..` are no descriptors.
            if unsafe entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count - 1
    }
}
