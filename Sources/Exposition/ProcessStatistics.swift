// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the kernel knows about a process, read from the text of `/proc`.
///
/// A figure that cannot be read is nil and appears nowhere: missing beats wrong.
package struct ProcessStatistics: Sendable, Equatable {
    /// Processor time used, user and system, in seconds.
    package var cpuSeconds: Double?
    /// When the process started, in Unix seconds.
    package var startTimeSeconds: Double?
    /// The size of the address space, in bytes.
    package var virtualMemoryBytes: UInt64?
    /// What of it is in memory, in bytes.
    package var residentMemoryBytes: UInt64?
    /// How many file descriptors are open; the caller counts `/proc/self/fd`.
    package var openFileDescriptors: Int?
    /// The soft limit on them; +∞ for none.
    package var maximumFileDescriptors: Double?

    /// Nothing known.
    package init() {}

    /// Reads `/proc/self/stat`: processor time and start.
    ///
    /// Fields are counted from behind the last `)`, since the name before it may hold anything
    /// (proc_pid_stat(5): 14 utime, 15 stime, 22 starttime, in clock ticks).
    ///
    /// - Parameters:
    ///   - stat: The content of the file.
    ///   - ticksPerSecond: `sysconf(_SC_CLK_TCK)`, above zero.
    ///   - bootTimeSeconds: When the machine started, in Unix seconds; nil leaves the start out.
    package mutating func read(stat: [UInt8], ticksPerSecond: Int, bootTimeSeconds: Double?) {
        guard ticksPerSecond > 0, let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return }
        let fields = stat[(end + 1)...].split {
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n")
        }
        // The first field behind the name is number 3.
        let ticks = { (number: Int) -> Double? in
            fields.indices.contains(number - 3)
                ? decimal(fields[number - 3]).map { Double($0) } : nil
        }
        if let user = ticks(14), let system = ticks(15) {
            cpuSeconds = (user + system) / Double(ticksPerSecond)
        }
        if let start = ticks(22), let bootTimeSeconds {
            startTimeSeconds = bootTimeSeconds + start / Double(ticksPerSecond)
        }
    }

    /// Reads `/proc/self/status`: memory (`VmSize`, `VmRSS`, in units of 1,024 bytes).
    package mutating func read(status: [UInt8]) {
        virtualMemoryBytes = Self.kibibytes("VmSize:", in: status)
        residentMemoryBytes = Self.kibibytes("VmRSS:", in: status)
    }

    /// Reads `/proc/self/limits`: the soft limit on open files.
    package mutating func read(limits: [UInt8]) {
        maximumFileDescriptors = Self.words(behind: "Max open files", in: limits).first.flatMap {
            $0.elementsEqual("unlimited".utf8) ? .infinity : decimal($0).map { Double($0) }
        }
    }

    /// Reads `/proc/stat`: when the machine started (`btime`), in Unix seconds.
    package static func bootTimeSeconds(systemStat: [UInt8]) -> Double? {
        words(behind: "btime ", in: systemStat).first.flatMap(decimal).map { Double($0) }
    }

    private static func kibibytes(_ key: String, in status: [UInt8]) -> UInt64? {
        let words = words(behind: key, in: status)
        guard words.count == 2, words[1].elementsEqual("kB".utf8) else { return nil }
        guard let (bytes, overflow) = decimal(words[0])?.multipliedReportingOverflow(by: 1_024)
        else { return nil }
        return overflow ? nil : bytes
    }

    /// The words behind a key at the start of a line; none when no line starts with it.
    private static func words(behind key: String, in text: [UInt8]) -> [ArraySlice<UInt8>] {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: key.utf8) {
            return line.dropFirst(key.utf8.count).split {
                $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t")
            }
        }
        return []
    }
}

/// A number of decimal digits and nothing else; nil where it does not fit.
private func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else { return nil }
    return UInt64(String(decoding: digits, as: UTF8.self))
}
