// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing

/// Files that are refused, and what is said of them.
@Suite
struct ModelErrorTests {
    private static func error(_ build: (inout GraphBuilder) -> Void) -> ModelError? {
        do {
            _ = try Model(bytes: GraphBuilder.file(build))
            return nil
        } catch { return error }
    }

    @Test
    func `names every unsupported operator with domain, version and node at once`() {
        let error = Self.error { graph in
            graph.input("x", nil)
            graph.node("LSTM", ["x"], ["a"], name: "memory")
            graph.node("Relu", ["a"], ["b"])
            graph.node("SVMClassifier", ["b"], ["c"], domain: "ai.onnx.ml")
            graph.node("Relu", ["c"], ["y"], domain: "com.example")
            graph.output("y")
        }
        guard case .unsupportedOperators(let nodes) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(nodes.map(\.operation) == ["LSTM", "SVMClassifier", "Relu"])
        #expect(nodes.map(\.domain) == ["ai.onnx", "ai.onnx.ml", "com.example"])
        #expect(nodes.map(\.version) == [18, 3, 0])
        #expect(
            error?.description == """
                unsupported operators: node 0 "memory" (LSTM, ai.onnx 18), \
                node 2 (SVMClassifier, ai.onnx.ml 3), node 3 (Relu, com.example 0)
                """
        )
    }

    @Test
    func `refuses operators in versions that mean something else`() {
        let error = Self.error { graph in
            graph.operatorSets = [("", 6)]
            graph.input("x", [nil, 2])
            graph.node("Add", ["x", "x"], ["y"])
            graph.output("y")
        }
        #expect(error?.description == "unsupported operators: node 0 (Add, ai.onnx 6)")
    }

    @Test
    func `refuses operator sets from the future`() {
        let error = Self.error { graph in
            graph.operatorSets = [("", 1_000)]
            graph.input("x", [nil, 2])
            graph.node("Relu", ["x"], ["y"])
            graph.output("y")
        }
        #expect(error?.description == "unsupported operators: node 0 (Relu, ai.onnx 1000)")
    }

    @Test
    func `takes an operator set twice but not in two versions`() throws {
        func graph(_ sets: [(String, Int64)]) -> (inout GraphBuilder) -> Void {
            { graph in
                graph.operatorSets = sets
                graph.input("x", [nil, 2])
                graph.node("Relu", ["x"], ["y"])
                graph.output("y")
            }
        }
        #expect(Self.error(graph([("", 18), ("ai.onnx", 18)])) == nil)
        #expect(
            Self.error(graph([("", 18), ("", 17)]))
                == .invalidGraph(
                    path: "opset_import",
                    found: "version 17 of ai.onnx",
                    expected: "one version, at least 1"
                )
        )
    }

    @Test
    func `wants nodes in order, and every name once`() {
        let unordered = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.node("Relu", ["a"], ["y"])
            graph.node("Relu", ["x"], ["a"])
            graph.output("y")
        }
        #expect(
            unordered?.description == """
                graph.node[0]: found input "a", \
                expected the name of an input, initializer or result of an earlier node
                """
        )
        let twice = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.node("Relu", ["x"], ["y"])
            graph.node("Abs", ["x"], ["y"])
            graph.output("y")
        }
        #expect(twice?.description == "graph.node[1]: found \"y\" again, expected a new name")
        let missing = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.node("Relu", ["x"], ["y"])
            graph.output("z")
        }
        #expect(
            missing?.description == "graph.output[0]: found \"z\", expected the name of a result"
        )
    }

    @Test
    func `refuses attributes that it does not know, and those of another kind`() {
        let unknown = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.node("Relu", ["x"], ["y"], ["slope": .float(2)])
            graph.output("y")
        }
        #expect(
            unknown?.description == """
                node 0 (Relu, ai.onnx 18): found attribute slope, expected one that the operator has
                """
        )
        let kind = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.node("LeakyRelu", ["x"], ["y"], ["alpha": .integer(2)])
            graph.output("y")
        }
        #expect(
            kind?.description == """
                node 0 (LeakyRelu, ai.onnx 18): found attribute alpha of kind integer, expected float
                """
        )
    }

    @Test
    func `refuses operands of the wrong type`() {
        let error = Self.error { graph in
            graph.input("x", [nil, 1], of: GraphBuilder.string)
            graph.node("Scaler", ["x"], ["y"], domain: "ai.onnx.ml")
            graph.output("y")
        }
        #expect(
            error?.description
                == "node 0 (Scaler, ai.onnx.ml 3): found string in input 0, expected numbers"
        )
    }

    /// An input that an operator cannot do without is the empty name.
    @Test(arguments: [
        ("Add", ["x", ""]), ("Add", ["x"]), ("Sum", ["x", "", "x"]), ("Where", ["c", "x", ""]),
        ("Slice", ["x", "", "s"]), ("Slice", ["x", "s", ""]), ("Gather", ["", "s"]),
        ("Concat", ["x", ""]), ("MatMul", ["x", ""]), ("Gemm", ["x", "", "x"]), ("Clip", [""]),
        ("Reshape", ["x", ""]), ("Relu", [""]), ("Relu", []), ("Equal", ["", "x"]),
        ("Expand", ["x"]), ("Pow", ["x", ""]), ("Unsqueeze", ["x"]), ("Split", []),
    ])
    func `refuses inputs left out`(_ operation: String, _ inputs: [String]) {
        let error = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.input("c", [nil, 2], of: 9)
            graph.initializer(GraphBuilder.tensor("s", [1], integers: [1]))
            graph.node(
                operation,
                inputs,
                ["y"],
                operation == "Concat" ? ["axis": .integer(0)] : [:]
            )
            graph.output("y")
        }
        guard case .invalidNode = error else {
            Issue.record("\(operation)\(inputs): \(String(describing: error))")
            return
        }
    }

    @Test
    func `says once what a trial found`() {
        let error = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.initializer(GraphBuilder.tensor("w", [3, 1], floats: [1, 2, 3]))
            graph.node("MatMul", ["x", "w"], ["y"])
            graph.output("y")
        }
        #expect(
            error?.description.hasPrefix("node 0 (MatMul, ai.onnx 18): found shape [2, 2]") == true
        )
        #expect(error?.description.contains("found found") == false)
    }

    @Test
    func `takes rows that lie one after the other in any shape`() throws {
        let error = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.initializer(GraphBuilder.tensor("column", [2], integers: [-1, 1]))
            graph.initializer(GraphBuilder.tensor("row", [2], integers: [1, -1]))
            graph.node("Reshape", ["x", "column"], ["flat"])
            graph.node("ArgMax", ["x"], ["best"], ["axis": .integer(1)])
            graph.node("Reshape", ["best", "row"], ["label"])
            graph.output("flat")
            graph.output("label", GraphBuilder.int64)
        }
        #expect(error == nil)
    }

    /// Each of these looks like rows for one number of rows.
    @Test(arguments: [
        ("a list of classes", "classes", "[2], [2], [2]"),
        ("a mean over the rows", "mean", "[1, 2], [1, 2], [1, 2]"),
        ("a matrix on its side", "side", "[2, 1], [2, 2], [2, 3]"),
    ])
    func `refuses outputs that do not go by rows`(what: String, output: String, shapes: String) {
        let error = Self.error { graph in
            graph.input("x", [nil, 2])
            graph.initializer(GraphBuilder.tensor("classes", texts: ["a", "b"]))
            graph.node("ReduceMean", ["x"], ["mean"], ["axes": .integers([0])])
            graph.node("Transpose", ["x"], ["side"])
            graph.node("Relu", ["x"], ["y"])
            graph.operatorSets = [("", 17), ("ai.onnx.ml", 3)]
            graph.output("y")
            graph.output(output, output == "classes" ? GraphBuilder.string : GraphBuilder.float)
        }
        #expect(
            error?.description == """
                graph.output[1]: found "\(output)" of the shapes \(shapes) for one, two and three \
                rows, expected as many rows as come in
                """,
            "\(what)"
        )
    }

    @Test
    func `refuses data in other files, functions and sparse tensors`() {
        let external = Self.error { graph in
            var tensor = MessageWriter()
            tensor.integer(1, 2)
            tensor.integer(2, GraphBuilder.float)
            tensor.text(8, "w")
            tensor.integer(14, 1)
            graph.initializer(tensor)
        }
        #expect(
            external?.description
                == "graph.initializer[0].tensor \"w\": data in another file is not supported"
        )
        let function = Self.error {
            $0.model.message(25) {
                $0.text(1, "f")
                $0.text(10, "own")
            }
        }
        #expect(
            function?.description == #"functions: the model's function "own.f" is not supported"#
        )
        let sparse = Self.error { $0.graph.message(15) { $0.text(1, "s") } }
        #expect(
            sparse?.description == "graph.sparse_initializer: a sparse initializer is not supported"
        )
    }

    @Test
    func `refuses trees that do not hang together, with the reason`() {
        let error = Self.error { graph in
            graph.input("x", [nil, 1])
            graph.node(
                "TreeEnsembleRegressor",
                ["x"],
                ["y"],
                domain: "ai.onnx.ml",
                [
                    "nodes_treeids": .integers([0]), "nodes_nodeids": .integers([0]),
                    "nodes_featureids": .integers([0]), "nodes_modes": .texts(["BRANCH_LEQ"]),
                    "nodes_values": .floats([0.5]), "nodes_truenodeids": .integers([1]),
                    "nodes_falsenodeids": .integers([2]), "target_treeids": .integers([0]),
                    "target_nodeids": .integers([0]), "target_ids": .integers([0]),
                    "target_weights": .floats([1]),
                ]
            )
            graph.output("y")
        }
        #expect(error?.description.contains("branches to node 1") == true)
    }

    @Test
    func `says what is no model at all`() throws {
        #expect(
            throws: ModelError.invalidGraph(path: "", found: "no graph", expected: "an ONNX model")
        ) {
            try Model(bytes: [])
        }
        let text = #expect(throws: ModelError.self) { try Model(bytes: Array("hello, world".utf8)) }
        #expect(text?.description.hasPrefix("model, byte") == true)
    }
}
