// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import PredictionLog
import Testing

struct MonitorSettingsTests {
    @Test(arguments: [
        ([60], 60), ([60, 1_440], 60), ([1_440, 3_600], 720), ([61, 60], 1), ([], 60),
    ])
    func `base panes are the common divisor of all panes`(panes: [Int], seconds: Int) {
        let windows =
            panes.map { WindowDefinition(name: "\($0)", extent: .panes(count: 2, seconds: $0)) }
            + [WindowDefinition(name: "rows", extent: .rows(7))]
        #expect(MonitorSettings(windows: windows).basePaneSeconds == seconds)
    }

    @Test(
        arguments: [
            (.panes(count: 0, seconds: 60), .paneCount(0)),
            (.panes(count: 100_001, seconds: 60), .paneCount(100_001)),
            (.panes(count: 1, seconds: 0), .paneSeconds(0)),
            (.panes(count: 1, seconds: .max), .paneSeconds(.max)),
            (.rows(0), .rows(0)),
            (.rows(100_000_001), .rows(100_000_001)),
        ] as [(WindowDefinition.Extent, WindowDefinition.Fault)]
    )
    func `an extent out of its limits is a fault`(
        extent: WindowDefinition.Extent,
        fault: WindowDefinition.Fault
    ) {
        #expect(WindowDefinition(name: "w", extent: extent).fault == fault)
    }

    @Test(
        arguments: [
            .panes(count: 1, seconds: 1), .panes(count: 100_000, seconds: 31_622_400), .rows(1),
            .rows(100_000_000),
        ] as [WindowDefinition.Extent]
    )
    func `an extent at its limits is none`(extent: WindowDefinition.Extent) {
        #expect(WindowDefinition(name: "w", extent: extent).fault == nil)
    }

    @Test
    func `a monitor given faulty settings takes the nearest limits`() throws {
        var monitor = ModelMonitor(
            reference: try SmallWorld.reference(),
            digest: "digest",
            settings: MonitorSettings(
                windows: [
                    WindowDefinition(name: "panes", extent: .panes(count: -3, seconds: 0)),
                    WindowDefinition(name: "rows", extent: .rows(-1)),
                ],
                clock: .event,
                latenessSeconds: .min
            )
        )
        for time in [5.0, 6] {
            var batch = try RecordBatch([Row(time: time)])
            _ = monitor.observe(&batch, now: 1e9)
        }
        #expect(monitor.report(at: 0).windows.map(\.rows) == [1, 1])
    }
}
