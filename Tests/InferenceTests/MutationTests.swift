// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import TestSupport
import Testing

/// Damaged files: whatever the bytes are, they are refused or they run; nothing traps.
@Suite
struct MutationTests {
    /// Limits that a damaged file must keep to, small enough to be met in the test.
    private static var limits: ModelLimits {
        var limits = ModelLimits()
        limits.elements = 1 << 18
        limits.listElements = 1 << 18
        return limits
    }

    private static let names = Result {
        try FileManager.default.contentsOfDirectory(atPath: Fixture.url("onnx").path)
            .filter { $0.hasSuffix(".onnx") }.sorted()
    }

    @Test
    func `damaged models are refused or run, and never trap`() throws {
        var random = SeededGenerator(seed: 20_261_126)
        var outcomes = (refused: 0, failed: 0, ran: 0)
        for name in try Self.names.get() {
            let whole = try Fixture.bytes("onnx/\(name)")
            for _ in 0..<80 {
                let bytes = Self.damage(whole, &random)
                guard let model = try? Model(bytes: bytes, limits: Self.limits) else {
                    outcomes.refused += 1
                    continue
                }
                var workspace = Workspace(for: model)
                for index in workspace.inputs.indices {
                    Self.fill(&workspace.inputs[index], rows: 3, model.inputs[index], &random)
                }
                do {
                    try model.run(rows: 3, in: &workspace)
                    outcomes.ran += 1
                } catch { outcomes.failed += 1 }
            }
        }
        // Damage goes both ways: some is noticed, some only changes numbers.
        #expect(outcomes.refused > 500)
        #expect(outcomes.ran > 150)
    }

    @Test
    func `a model that is cut off anywhere is refused`() throws {
        let whole = try Fixture.bytes("onnx/pipeline-mixed-onehot-logistic.onnx")
        for length in 0..<whole.count {
            // What stands at the end of the file, the operator sets, may be missing as a whole.
            let model = try? Model(bytes: Array(whole[..<length]))
            #expect(model == nil || length > whole.count - 40, "cut at \(length)")
        }
    }

    @Test
    func `node cases with damaged bytes are refused or run, and never trap`() throws {
        var random = SeededGenerator(seed: 7)
        let cases =
            try NodeCase.file("onnx/node-cases.json")
            + NodeCase.file("onnx/differential-cases.json")
        var ran = 0
        for expected in cases {
            let whole = [UInt8](expected.model)
            for _ in 0..<6 {
                let bytes = Self.damage(whole, &random)
                guard let plan = try? Plan.compile(onnx: bytes.span, limits: Self.limits) else {
                    continue
                }
                if (try? plan.run(expected.inputs.map(\.tensor))) != nil { ran += 1 }
            }
        }
        #expect(ran > 200)
    }

    /// One to three changes: a bit turned, a byte set, a part cut out, cut off or doubled.
    private static func damage(_ whole: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...64, using: &random))
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<8: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 8..<14: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 14..<17: bytes.removeSubrange(place..<end)
            case 17..<19: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    private static func fill(
        _ tensor: inout Tensor,
        rows: Int,
        _ input: ModelInput,
        _ random: inout SeededGenerator
    ) {
        let count = rows * input.width
        let special: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, 1, -1, 1e30]
        let numbers = (0..<count).map { _ in special.randomElement(using: &random) ?? 0 }
        switch input.element {
        case .float: tensor.floats = numbers.map { Float($0) }
        case .double: tensor.doubles = numbers
        case .int64: tensor.integers = (0..<count).map { _ in Int64(random.next() >> 1) }
        case .string: tensor.strings = (0..<count).map { _ in "\(random.next() % 4)" }
        }
    }
}
