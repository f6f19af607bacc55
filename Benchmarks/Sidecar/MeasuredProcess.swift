// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import Foundation
import Glibc

/// A process under measurement, seen from outside through `/proc`.
final class MeasuredProcess {
    let process = Process()
    let startedAt = ContinuousClock.now

    init(_ executable: String, _ arguments: [String], log: URL) throws {
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try Data().write(to: log)
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    /// User and system time of all threads so far, in seconds.
    var cpuSeconds: Double {
        let text = contents("stat")
        guard let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[end...].split(separator: " ")
        let ticks = (Double(fields[12]) ?? 0) + (Double(fields[13]) ?? 0)
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in MiB.
    var residentMebibytes: Double {
        for line in contents("status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(whereSeparator: \.isWhitespace).dropFirst().first
                .flatMap { Double($0) }.map { $0 / 1_024 } ?? 0
        }
        return 0
    }

    private func contents(_ file: String) -> String {
        (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/\(file)", encoding: .utf8))
            ?? ""
    }
}
