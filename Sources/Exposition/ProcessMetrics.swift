// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The families about the process itself, under the names that every exporter gives them.
package enum ProcessMetrics {
    /// Writes what is known; a family without a figure is left out.
    package static func write(
        _ statistics: ProcessStatistics,
        to writer: inout ExpositionWriter
    ) {
        writer.single(cpu, statistics.cpuSeconds)
        writer.single(openDescriptors, statistics.openFileDescriptors.map { Double($0) })
        writer.single(maximumDescriptors, statistics.maximumFileDescriptors)
        writer.single(virtualMemory, statistics.virtualMemoryBytes.map { Double($0) })
        writer.single(residentMemory, statistics.residentMemoryBytes.map { Double($0) })
        writer.single(startTime, statistics.startTimeSeconds)
    }

    private static let cpu = MetricDescriptor(
        "process_cpu_seconds",
        .counter,
        unit: .seconds,
        help: "User and system processor time used, in seconds."
    )
    private static let openDescriptors = MetricDescriptor(
        "process_open_fds",
        .gauge,
        help: "Open file descriptors."
    )
    private static let maximumDescriptors = MetricDescriptor(
        "process_max_fds",
        .gauge,
        help: "The limit on open file descriptors."
    )
    private static let virtualMemory = MetricDescriptor(
        "process_virtual_memory_bytes",
        .gauge,
        unit: .bytes,
        help: "The size of the address space in bytes."
    )
    private static let residentMemory = MetricDescriptor(
        "process_resident_memory_bytes",
        .gauge,
        unit: .bytes,
        help: "Resident memory in bytes."
    )
    private static let startTime = MetricDescriptor(
        "process_start_time_seconds",
        .gauge,
        unit: .seconds,
        help: "When the process started, in seconds since the epoch."
    )
}
