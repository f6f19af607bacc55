// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Exposition
import Glibc

extension ProcessStatistics {
    /// Reads `/proc`; what cannot be read stays unknown.
    package static func ofThisProcess() -> ProcessStatistics {
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
