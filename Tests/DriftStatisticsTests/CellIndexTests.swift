// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import TestSupport
import Testing

/// Knots that a search could trip over.
private struct Knots: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let values: [Double]

    init(_ name: String, _ values: some Sequence<Double>) {
        testDescription = name
        self.values = Set(values.filter { !$0.isNaN }.map { $0 + 0.0 }).sorted()
    }

    static let all: [Self] = {
        var generator = SeededGenerator(seed: 3)
        let anyBits = (0..<3_000).map { _ in Double(bitPattern: generator.next()) }
        let neighbours = sequence(first: 1.0, next: \.nextUp)
        let subnormals = sequence(first: -50 * Double.leastNonzeroMagnitude, next: \.nextUp)
        let octaves = sequence(first: Double.leastNonzeroMagnitude) { 2 * $0 }
        return [
            Self("none", []),
            Self("one", [3]),
            Self("zero, from its negative", [-0.0]),
            Self("one infinity", [.infinity]),
            Self("both infinities and nothing else", [-.infinity, .infinity]),
            Self("awkward values", awkwardValues),
            Self("neighbouring doubles", neighbours.prefix(1_000)),
            Self("neighbouring subnormals around zero", subnormals.prefix(101)),
            Self("huge spans", octaves.prefix(2_098).flatMap { [$0, -$0] }),
            Self("any bits", anyBits),
            Self("the most there may be", (0..<32_767).map { Double($0) / 7 }),
        ] + (1...66).map { count in Self("\(count) integers", (0..<count).map { Double($0) }) }
    }()

    /// A cell as `NumericReference` defines it.
    func cell(of value: Double) -> UInt16 {
        if value.isNaN { return UInt16(2 * values.count + 1) }
        return UInt16(2 * values.count { $0 < value } + (values.contains(value) ? 1 : 0))
    }

    /// Some knots and their neighbours, awkward values and any bits.
    func probes() -> [Double] {
        var generator = SeededGenerator(seed: 4)
        let some = values.count < 200 ? values : (0..<50).map { values[$0 * values.count / 50] }
        let near = (some + values.suffix(1)).flatMap { [$0.nextDown, $0, $0.nextUp] }
        let any = (0..<100).map { _ in Double(bitPattern: generator.next()) }
        return near + awkwardValues + any + [.signalingNaN, -.nan]
    }
}

struct CellIndexTests {
    @Test(arguments: Knots.all)
    private func `a value's cell is the one of the definition`(_ knots: Knots) {
        let index = CellIndex(knots: knots.values)
        for probe in knots.probes() {
            #expect(index.cell(of: probe) == knots.cell(of: probe), "\(probe)")
        }
    }

    @Test(arguments: Knots.all)
    private func `a column's cells are those of its values`(_ knots: Knots) {
        let index = CellIndex(knots: knots.values)
        let probes = knots.probes()
        for count in Array(0...9) + [probes.count] {
            let column = Array(probes.suffix(count))
            var cells = [UInt16](repeating: .max, count: count)
            var span = cells.mutableSpan
            index.quantise(column.span, into: &span)
            #expect(cells == column.map(index.cell(of:)))
        }
    }
}
