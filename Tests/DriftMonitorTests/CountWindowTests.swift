// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Testing

struct CountWindowTests {
    /// One feature of four cells.
    private let layout = CellLayout(cellCounts: [4])

    private func observe(_ cells: [UInt16], times: [Double]? = nil, in window: inout CountWindow) {
        let times = times ?? cells.map { Double($0) }
        window.observe(
            0..<cells.count,
            of: cells.span,
            batchCapacity: cells.count,
            times: times.span,
            layout: layout
        )
    }

    @Test
    func `the ring fills, then each row replaces the oldest, around the end and back`() {
        var window = CountWindow(capacity: 3, layout: layout)
        observe([0, 1], in: &window)
        #expect(window.counts == [1, 1, 0, 0] && window.rows == 2)
        // Fills the last slot and begins again at the first.
        observe([1, 2], in: &window)
        #expect(window.counts == [0, 2, 1, 0] && window.rows == 3)
        observe([3, 3], in: &window)
        #expect(window.counts == [0, 0, 1, 2] && window.rows == 3)
    }

    @Test
    func `of more rows than it holds the last ones stay`() {
        var window = CountWindow(capacity: 3, layout: layout)
        observe([0, 0, 0, 0, 0, 0, 1, 2, 1, 3], in: &window)
        #expect(window.counts == [0, 1, 1, 1] && window.rows == 3)
        #expect(window.timeRange == 1...3)
    }

    @Test
    func `begins with the earliest row and ends with the latest, in whatever order they came`() {
        var window = CountWindow(capacity: 3, layout: layout)
        #expect(window.timeRange == nil)
        observe([0, 0], times: [50, 20], in: &window)
        #expect(window.timeRange == 20...50)
        observe([0, 0], times: [30, 40], in: &window)
        #expect(window.timeRange == 20...40)
        observe([0], times: [35], in: &window)
        #expect(window.timeRange == 30...40)
    }
}
