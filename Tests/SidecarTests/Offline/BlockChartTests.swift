// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Sidecar
import Testing

struct BlockChartTests {
    @Test
    func `the highest column is full, nothing is blank, something is always seen`() {
        #expect(BlockChart.columns([0, 0.001, 1, 2, 4]) == " ▁▂▄█")
        #expect(BlockChart.columns([0, 0]) == "  ")
        #expect(BlockChart.columns([]) == "")
    }

    @Test
    func `a bar is exact to an eighth and keeps within its width`() {
        #expect(BlockChart.bar(0.5, width: 4) == "██")
        #expect(BlockChart.bar(1.0 / 32, width: 4) == "▏")
        #expect(BlockChart.bar(0, width: 4) == "")
        #expect(BlockChart.bar(7, width: 4) == "████")
        #expect(BlockChart.bar(-1, width: 4) == "")
    }

    @Test
    func `bins of equal counts are higher where they are narrower`() {
        let masses = BlockChart.density(counts: [10, 10], edges: [0, 1, 4], columns: 4)
        #expect(masses.count == 4)
        #expect(abs(masses[0] - 10) < 1e-9)
        for column in 1..<4 { #expect(abs(masses[column] - 10.0 / 3) < 1e-9) }
    }

    @Test
    func `no mass is lost, at points and at the ends neither`() {
        let masses = BlockChart.density(
            counts: [5, 1, 7, 3],
            edges: [-2, -2, 0.5, 3, 3],
            columns: 7
        )
        #expect(abs(masses.reduce(0, +) - 16) < 1e-9)
        #expect(masses[0] >= 5)
        #expect(masses[6] >= 3)
    }

    @Test(arguments: [[1, 1], [-Double.infinity, 2], [-1e308, 1e308]])
    func `what spans no finite width has no density`(edges: [Double]) {
        #expect(BlockChart.density(counts: [3], edges: edges, columns: 2) == [0, 0])
    }
}
