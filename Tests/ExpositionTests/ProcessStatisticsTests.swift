// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import TestSupport
import Testing

private let stat =
    "4242 (kedge (a) b) S 1 4242 4242 0 -1 4194560 1821 0 3 0 157 43 0 0 20 0 9 0 "
    + "360500 734003200 8960 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n"
private let status = """
    Name:\tkedge
    VmPeak:\t  820000 kB
    VmSize:\t  716800 kB
    VmRSS:\t   35840 kB
    Threads:\t9

    """
private let limits = """
    Limit                     Soft Limit           Hard Limit           Units
    Max cpu time              unlimited            unlimited            seconds
    Max open files            1024                 1048576              files

    """

/// The statistics that these texts of `/proc` give.
private func statistics(
    stat: String = stat,
    status: String = status,
    limits: String = limits,
    ticksPerSecond: Int = 100
) -> ProcessStatistics {
    var statistics = ProcessStatistics()
    statistics.read(
        stat: Array(stat.utf8),
        ticksPerSecond: ticksPerSecond,
        bootTimeSeconds: 1_700_000_000
    )
    statistics.read(status: Array(status.utf8))
    statistics.read(limits: Array(limits.utf8))
    return statistics
}

struct ProcessStatisticsTests {
    @Test
    func `reads what the kernel writes, even behind a name with parentheses`() {
        let figures = statistics()
        #expect(figures.cpuSeconds == 2)
        #expect(figures.startTimeSeconds == 1_700_003_605)
        #expect(figures.virtualMemoryBytes == 734_003_200)
        #expect(figures.residentMemoryBytes == 36_700_160)
        #expect(figures.maximumFileDescriptors == 1_024)
        #expect(figures.openFileDescriptors == nil)
    }

    @Test
    func `reads when the machine started`() {
        let text = "cpu  1 2 3\nintr 5 btime 7\nctxt 9\nbtime 1700000000\nprocesses 4\n"
        #expect(ProcessStatistics.bootTimeSeconds(systemStat: Array(text.utf8)) == 1_700_000_000)
        #expect(ProcessStatistics.bootTimeSeconds(systemStat: Array("cpu 1\n".utf8)) == nil)
    }

    @Test
    func `no limit on open files is infinite`() {
        let text = "Max open files            unlimited            unlimited            files\n"
        #expect(statistics(limits: text).maximumFileDescriptors == .infinity)
    }

    @Test(arguments: [
        "", ")", "4242 (kedge", "4242 (kedge) S 1 2 3",
        "4242 (kedge) S 1 2 3 4 5 6 7 8 9 10 -1 x 13 14 15 16 17 18 y 20\n",
    ])
    func `leaves out what it cannot read of stat`(text: String) {
        let figures = statistics(stat: text)
        #expect(figures.cpuSeconds == nil)
        #expect(figures.startTimeSeconds == nil)
    }

    @Test(arguments: [
        "", "VmSize:\nVmRSS:\t12\n", "VmSize:\t1 MB\nVmRSS:\t-1 kB\n",
        "VmSize:\t18446744073709551615 kB\nVmRSS:\t99999999999999999999 kB\n", "xVmRSS:\t1 kB\n",
    ])
    func `leaves out what it cannot read of status`(text: String) {
        let figures = statistics(status: text)
        #expect(figures.virtualMemoryBytes == nil)
        #expect(figures.residentMemoryBytes == nil)
    }

    @Test
    func `a machine without clock ticks has no times`() {
        #expect(statistics(ticksPerSecond: 0).cpuSeconds == nil)
    }

    @Test
    func `no prefix of the kernel's texts traps`() {
        for length in 0...stat.utf8.count {
            var figures = ProcessStatistics()
            let bytes = Array(stat.utf8.prefix(length))
            figures.read(stat: bytes, ticksPerSecond: 100, bootTimeSeconds: 0)
            figures.read(status: Array(status.utf8.prefix(length)))
            figures.read(limits: Array(limits.utf8.prefix(length)))
            #expect(figures.cpuSeconds ?? 0 <= 2)
        }
    }

    @Test(arguments: ExpositionFormat.allCases)
    func `exports the names of every exporter`(format: ExpositionFormat) {
        var figures = statistics()
        figures.openFileDescriptors = 12
        var writer = ExpositionWriter(format)
        ProcessMetrics.write(figures, to: &writer)
        let check = ExpositionCheck(
            String(decoding: writer.finish(), as: UTF8.self),
            dialect: format.dialect
        )
        #expect(check.faults == [])
        #expect(check.value("process_cpu_seconds_total") == 2)
        #expect(check.value("process_open_fds") == 12)
        #expect(check.value("process_max_fds") == 1_024)
        #expect(check.value("process_virtual_memory_bytes") == 734_003_200)
        #expect(check.value("process_resident_memory_bytes") == 36_700_160)
        #expect(check.value("process_start_time_seconds") == 1_700_003_605)
    }

    @Test
    func `exports nothing that is not known`() {
        var writer = ExpositionWriter(.text004)
        ProcessMetrics.write(ProcessStatistics(), to: &writer)
        #expect(writer.finish() == [])
    }
}
