// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing

/// Small files that claim to be large: refused before anything of that size is made.
@Suite
struct ResourceTests {
    private static func error(
        _ limits: ModelLimits = ModelLimits(),
        _ build: (inout GraphBuilder) -> Void
    ) -> ModelError? {
        do {
            _ = try Model(bytes: GraphBuilder.file(build), limits: limits)
            return nil
        } catch { return error }
    }

    @Test(arguments: [[1 << 40], [1 << 31, 1 << 31, 1 << 31], [-1], [0, 1 << 62, 1 << 62]])
    func `an initializer without its elements is refused`(_ shape: [Int64]) {
        let error = Self.error { graph in
            graph.initializer(GraphBuilder.tensor("w", shape, floats: []))
            graph.output("w")
        }
        #expect(error != nil)
    }

    @Test
    func `a field longer than the file is refused`() {
        var file = MessageWriter()
        file.varint(7 << 3 | 2)
        file.varint(1 << 60)
        #expect(throws: ModelError.self) { try Model(bytes: file.bytes) }
    }

    /// A graph whose only node is computed when it is loaded.
    private static func folded(
        _ operation: String,
        _ shapes: [Int64]...
    ) -> (inout GraphBuilder) -> Void {
        { graph in
            graph.initializer(GraphBuilder.tensor("one", [1], floats: [1]))
            var names = operation == "ConstantOfShape" ? [] : ["one"]
            for (index, shape) in shapes.enumerated() {
                let count = Int64(shape.count)
                graph.initializer(GraphBuilder.tensor("s\(index)", [count], integers: shape))
                names.append("s\(index)")
            }
            graph.node(operation, names, ["y"])
            graph.output("y")
        }
    }

    @Test
    func `constants that grow without bound are refused`() {
        let huge: [Int64] = [1 << 30, 1 << 30]
        for build in [
            Self.folded("ConstantOfShape", huge), Self.folded("Expand", huge),
            Self.folded("Tile", [1 << 30]),
        ] {
            let error = Self.error(ModelLimits(), build)
            #expect(error?.description.contains("more than 16777216 elements") == true)
        }
    }

    @Test
    func `many constants of the allowed size are refused`() {
        var limits = ModelLimits()
        limits.elements = 1 << 16
        let error = Self.error(limits) { graph in
            graph.initializer(GraphBuilder.tensor("s", [1], integers: [1 << 15]))
            for index in 0..<4 { graph.node("ConstantOfShape", ["s"], ["c\(index)"]) }
            graph.output("c0")
        }
        #expect(error?.description.contains("more than 65536 elements") == true)
    }

    @Test
    func `a product that would take minutes is refused`() {
        var limits = ModelLimits()
        limits.operations = 1 << 20
        let error = Self.error(limits) { graph in
            graph.initializer(GraphBuilder.tensor("s", [2], integers: [128, 128]))
            graph.node("ConstantOfShape", ["s"], ["a"])
            graph.node("MatMul", ["a", "a"], ["y"])
            graph.output("y")
        }
        #expect(error?.description.contains("more than 1048576 operations") == true)
    }

    @Test
    func `types within types end at the limit`() {
        let error = Self.error { graph in
            var type = MessageWriter()
            for _ in 0..<200 {
                var sequence = MessageWriter()
                sequence.delimited(1, type.bytes)
                var outer = MessageWriter()
                outer.delimited(4, sequence.bytes)
                type = outer
            }
            graph.graph.message(12) {
                $0.text(1, "y")
                $0.delimited(2, type.bytes)
            }
        }
        #expect(error?.description.contains("types within types") == true)
    }

    @Test
    func `nodes, messages, lists, texts and bytes have limits`() {
        var limits = ModelLimits()
        limits.nodes = 3
        let nodes = Self.error(limits) { graph in
            for index in 0..<4 { graph.node("Relu", ["x"], ["y\(index)"]) }
        }
        #expect(nodes == .limitExceeded(path: "graph", quantity: "nodes", found: 4, most: 3))

        limits = ModelLimits()
        limits.messages = 5
        let messages = Self.error(limits) { graph in
            for _ in 0..<6 { graph.graph.delimited(11, []) }
        }
        #expect(
            messages
                == .limitExceeded(path: "graph.input[5]", quantity: "messages", found: 6, most: 5)
        )

        limits = ModelLimits()
        limits.listElements = 7
        let list = Self.error(limits) { graph in
            graph.node("Reshape", ["x"], ["y"], ["shape": .integers(Array(repeating: 1, count: 8))])
        }
        #expect(
            list
                == .limitExceeded(
                    path: "graph.node[0].attribute[0]",
                    quantity: "elements",
                    found: 8,
                    most: 7
                )
        )

        limits = ModelLimits()
        limits.textBytes = 40
        let texts = Self.error(limits) { $0.input("a name of twenty-four ch", [1]) }
        #expect(texts != nil)

        limits = ModelLimits()
        limits.bytes = 10
        let bytes = Self.error(limits) { $0.input("x", [1]) }
        #expect(bytes?.description.contains("at most 10 are allowed") == true)
    }

    @Test
    func `a run that grows without bound ends with an error`() throws {
        var limits = ModelLimits()
        limits.elements = 1_000
        let bytes = GraphBuilder.file { graph in
            graph.input("x", [nil, 4])
            graph.initializer(GraphBuilder.tensor("r", [2], integers: [1, 20]))
            graph.node("Tile", ["x", "r"], ["y"], name: "copies")
            graph.output("y")
        }
        let model = try Model(bytes: bytes, limits: limits)
        var workspace = Workspace(for: model)
        workspace.inputs[0].floats = Array(repeating: 1, count: 4 * 13)
        let error = #expect(throws: RunError.self) { try model.run(rows: 13, in: &workspace) }
        #expect(
            error?.description
                == "node 0 \"copies\" (Tile, ai.onnx 18): the run needs more than 1000 elements"
        )
    }
}
