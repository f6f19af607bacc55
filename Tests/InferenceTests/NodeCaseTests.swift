// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Testing

/// The node cases that the `onnx` package carries, for the operators that are supported.
@Suite
struct NodeCaseTests {
    /// Half precision is rounded after each operator here as there, but not in the same places.
    private static func tolerance(_ name: String) -> Double {
        name.contains("16") ? 2e-3 : 1e-6
    }

    @Test
    func `every operator does what the standard's own cases say`() throws {
        let cases = try NodeCase.file("onnx/node-cases.json")
        #expect(cases.count == 656)
        let faults = cases.compactMap { $0.fault(tolerance: Self.tolerance($0.name)) }
        #expect(faults == [])
    }
}
