// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing

/// What a model says of its inputs and outputs, and how it runs.
@Suite
struct ModelTests {
    private static func model(_ build: (inout GraphBuilder) -> Void) throws -> Model {
        try Model(bytes: GraphBuilder.file(build))
    }

    /// A linear classifier of two features and the given labels, one row of coefficients a label.
    private static func classifier(
        _ graph: inout GraphBuilder,
        _ key: String,
        _ labels: GraphBuilder.Attribute,
        _ outputs: [String]
    ) {
        graph.node(
            "LinearClassifier",
            ["x"],
            outputs,
            domain: "ai.onnx.ml",
            [
                key: labels, "coefficients": .floats([1, 0, 0, 1, -1, -1]),
                "intercepts": .floats([0, 0, 0.5]), "post_transform": .text("SOFTMAX"),
            ]
        )
    }

    // MARK: - Inputs

    @Test
    func `takes an open width from the nodes that read the input`() throws {
        let scaler = try Self.model { graph in
            graph.input("x", [nil, nil])
            graph.node("Identity", ["x"], ["a"])
            graph.node(
                "Scaler",
                ["a"],
                ["y"],
                domain: "ai.onnx.ml",
                ["offset": .floats([1, 2, 3]), "scale": .floats([1, 1, 1])]
            )
            graph.output("y")
        }
        #expect(scaler.inputs.map(\.width) == [3])
        let product = try Self.model { graph in
            graph.input("x", nil)
            graph.initializer(GraphBuilder.tensor("w", [4, 1], floats: [1, 2, 3, 4]))
            graph.node("Neg", ["x"], ["a"])
            graph.node("MatMul", ["a", "w"], ["y"])
            graph.output("y")
        }
        #expect(product.inputs.map(\.width) == [4])
        #expect(product.purpose == .regressor(value: 0))
        let linear = try Self.model { graph in
            graph.input("x", [nil, 0])
            Self.classifier(&graph, "classlabels_ints", .integers([1, 2, 3]), ["l", "p"])
            graph.output("p")
        }
        #expect(linear.inputs.map(\.width) == [2])
    }

    @Test
    func `refuses an open width that no node tells`() throws {
        #expect(
            throws: ModelError.invalidGraph(
                path: "graph.input[0]",
                found: "\"x\" without a width, which no node tells either",
                expected: "a number of columns"
            )
        ) {
            try Self.model { graph in
                graph.input("x", [nil, nil])
                graph.node("Relu", ["x"], ["y"])
                graph.output("y")
            }
        }
    }

    @Test
    func `describes inputs by element, declared type, width and rank`() throws {
        let model = try Self.model { graph in
            graph.input("a", [nil, 2], of: GraphBuilder.int32)
            graph.input("b", [nil], of: GraphBuilder.string)
            graph.input("c", [1, 3], of: GraphBuilder.double)
            // Old files list initializers among the inputs.
            graph.input("w", [1])
            graph.initializer(GraphBuilder.tensor("w", [1], floats: [1]))
            for name in ["a", "b", "c"] { graph.node("Identity", [name], ["\(name)2"]) }
            for name in ["a", "b", "c"] { graph.output("\(name)2") }
        }
        #expect(model.inputs.map(\.name) == ["a", "b", "c"])
        #expect(model.inputs.map(\.element) == [.int64, .string, .double])
        #expect(model.inputs.map(\.declaredType) == ["int32", "string", "double"])
        #expect(model.inputs.map(\.width) == [2, 1, 3])
        #expect(model.inputs.map(\.rank) == [2, 1, 2])
        #expect(model.purpose == .transformer)
    }

    // MARK: - Purpose

    @Test
    func `finds labels and probabilities behind casts, scalings and ZipMap`() throws {
        let model = try Self.model { graph in
            graph.input("x", [nil, 2])
            Self.classifier(&graph, "classlabels_ints", .integers([7, 8, 9]), ["l", "p"])
            graph.node("Cast", ["l"], ["label"], ["to": .integer(GraphBuilder.int64)])
            graph.node("Normalizer", ["p"], ["n"], domain: "ai.onnx.ml", ["norm": .text("L1")])
            graph.node(
                "ZipMap",
                ["n"],
                ["z"],
                domain: "ai.onnx.ml",
                ["classlabels_int64s": .integers([7, 8, 9])]
            )
            graph.output("z")
            graph.output("label", GraphBuilder.int64)
        }
        #expect(
            model.purpose
                == .classifier(
                    label: 1,
                    probabilities: 0,
                    classes: [.integer(7), .integer(8), .integer(9)]
                )
        )
        #expect(model.outputs.map(\.width) == [3, 1])
    }

    @Test
    func `takes the labels from the table that the greatest place is looked up in`() throws {
        let model = try Self.model { graph in
            graph.input("x", [nil, 2])
            graph.initializer(GraphBuilder.tensor("table", texts: ["cold", "warm"]))
            graph.node("Softmax", ["x"], ["p"])
            graph.node("ArgMax", ["p"], ["i"], ["axis": .integer(1)])
            graph.node("ArrayFeatureExtractor", ["table", "i"], ["t"], domain: "ai.onnx.ml")
            graph.initializer(GraphBuilder.tensor("flat", [1], integers: [-1]))
            graph.node("Reshape", ["t", "flat"], ["label"])
            graph.output("label", GraphBuilder.string)
            graph.output("p")
        }
        #expect(
            model.purpose
                == .classifier(label: 0, probabilities: 1, classes: [.text("cold"), .text("warm")])
        )
        var workspace = Workspace(for: model)
        workspace.inputs[0].floats = [1, 2, 2, 1, 3, 3]
        try model.run(rows: 3, in: &workspace)
        #expect(workspace.outputs[0].strings == ["warm", "cold", "cold"])
    }

    @Test
    func `numbers the classes of probabilities without labels`() throws {
        let model = try Self.model { graph in
            graph.input("x", [nil, 3])
            graph.node("Softmax", ["x"], ["p"])
            graph.output("p")
        }
        #expect(
            model.purpose
                == .classifier(
                    label: nil,
                    probabilities: 0,
                    classes: [.integer(0), .integer(1), .integer(2)]
                )
        )
    }

    /// A matrix beside a whole number a row; what makes it decides what the two are.
    private static func beside(_ build: (inout GraphBuilder) -> Void) throws -> Model {
        try model { graph in
            graph.input("x", [nil, 2])
            build(&graph)
            graph.output("label", GraphBuilder.int64)
            graph.output("scores")
        }
    }

    @Test
    func `distances beside a label are no probabilities`() throws {
        let model = try Self.beside { graph in
            graph.node("Abs", ["x"], ["scores"])
            graph.node("ArgMin", ["scores"], ["label"], ["axis": .integer(1)])
        }
        #expect(model.purpose == .labeller(label: 0))
        let greatest = try Self.beside { graph in
            graph.node("Abs", ["x"], ["scores"])
            graph.node("ArgMax", ["scores"], ["label"], ["axis": .integer(1)])
        }
        #expect(greatest.purpose == .labeller(label: 0))
    }

    @Test
    func `rows that sum up to 1 beside a label are probabilities, whatever made them`() throws {
        let model = try Self.beside { graph in
            graph.node("Exp", ["x"], ["e"])
            graph.node(
                "ReduceSum",
                ["e", "axis"],
                ["sum"]
            )
            graph.initializer(GraphBuilder.tensor("axis", [1], integers: [1]))
            graph.node("Div", ["e", "sum"], ["scores"])
            graph.node("ArgMax", ["scores"], ["label"], ["axis": .integer(1)])
        }
        #expect(
            model.purpose
                == .classifier(label: 0, probabilities: 1, classes: [.integer(0), .integer(1)])
        )
        #expect(model.hasOwnRule)
    }

    @Test
    func `an input that is passed on is no label`() throws {
        let model = try Self.model { graph in
            graph.input("id", [nil, 1], of: GraphBuilder.int64)
            graph.input("x", [nil, 2])
            graph.node("Identity", ["id"], ["same"])
            graph.node("Softmax", ["x"], ["p"])
            graph.output("same", GraphBuilder.int64)
            graph.output("p")
        }
        #expect(
            model.purpose
                == .classifier(label: nil, probabilities: 1, classes: [.integer(0), .integer(1)])
        )
        #expect(!model.hasOwnRule)
    }

    @Test
    func `a classifier operator's label follows its probabilities, a graph's own does not`() throws
    {
        func model(_ label: String) throws -> Model {
            try Self.model { graph in
                graph.input("x", [nil, 2])
                Self.classifier(&graph, "classlabels_ints", .integers([0, 1, 2]), ["made", "p"])
                graph.initializer(GraphBuilder.tensor("second", [1], integers: [1]))
                graph.initializer(GraphBuilder.tensor("least", [1], floats: [0.2]))
                graph.node(
                    "ArrayFeatureExtractor",
                    ["p", "second"],
                    ["one"],
                    domain: "ai.onnx.ml"
                )
                graph.node("Greater", ["one", "least"], ["above"])
                graph.node("Cast", ["above"], ["own"], ["to": .integer(GraphBuilder.int64)])
                graph.output(label, GraphBuilder.int64)
                graph.output("p")
            }
        }
        #expect(try !model("made").hasOwnRule)
        #expect(try model("own").hasOwnRule)
        guard case .classifier(label: 0, probabilities: 1, _) = try model("own").purpose else {
            Issue.record("no classifier")
            return
        }
    }

    // MARK: - Runs

    private static func doubled(_ graph: inout GraphBuilder) {
        graph.input("x", [nil, 2])
        graph.initializer(GraphBuilder.tensor("two", [], floats: [2]))
        graph.node("Mul", ["x", "two"], ["y"])
        graph.output("y")
    }

    @Test
    func `wants rows × width elements in every input`() throws {
        let model = try Self.model(Self.doubled)
        var workspace = Workspace(for: model)
        workspace.inputs[0].floats = [1, 2, 3]
        #expect(throws: RunError.inputCount(name: "x", found: 3, expected: 4)) {
            try model.run(rows: 2, in: &workspace)
        }
        #expect(throws: RunError.negativeRows(-1)) { try model.run(rows: -1, in: &workspace) }
        #expect(throws: RunError.inputCount(name: "x", found: 3, expected: .max)) {
            try model.run(rows: .max, in: &workspace)
        }
        workspace.inputs[0] = Tensor(.double, shape: [1, 2])
        #expect(throws: RunError.self) { try model.run(rows: 1, in: &workspace) }
    }

    @Test
    func `refuses the workspace of another model`() throws {
        let model = try Self.model(Self.doubled)
        var workspace = Workspace(for: try Self.model(Self.doubled))
        workspace.inputs[0].floats = [1, 2]
        #expect(throws: RunError.foreignWorkspace) { try model.run(rows: 1, in: &workspace) }
    }

    @Test
    func `runs batches of any size after each other, and none`() throws {
        let model = try Self.model(Self.doubled)
        var workspace = Workspace(for: model)
        for rows in [1, 5, 2, 0, 3] {
            workspace.inputs[0].floats = (0..<2 * rows).map { Float($0) }
            try model.run(rows: rows, in: &workspace)
            #expect(workspace.outputs[0].floats == (0..<2 * rows).map { Float(2 * $0) })
            #expect(workspace.outputs[0].shape == [rows, 2])
        }
    }

    @Test
    func `runs on after an error`() throws {
        let model = try Self.model { graph in
            graph.input("x", [nil, 1], of: GraphBuilder.string)
            graph.node(
                "OneHotEncoder",
                ["x"],
                ["y"],
                domain: "ai.onnx.ml",
                ["cats_strings": .texts(["a", "b"]), "zeros": .integer(0)]
            )
            graph.output("y")
        }
        var workspace = Workspace(for: model)
        workspace.inputs[0].strings = ["c"]
        let error = #expect(throws: RunError.self) { try model.run(rows: 1, in: &workspace) }
        #expect(
            error?.description == """
                node 0 (OneHotEncoder, ai.onnx.ml 3): found category "c", expected one that is listed
                """
        )
        workspace.inputs[0].strings = ["b"]
        try model.run(rows: 1, in: &workspace)
        #expect(workspace.outputs[0].floats == [0, 1])
    }

    @Test
    func `gives each output a tensor of its own`() throws {
        let model = try Self.model { graph in
            graph.input("x", [nil, 1])
            graph.node("Neg", ["x"], ["a"])
            graph.node("Identity", ["a"], ["b"])
            graph.node("Identity", ["x"], ["z"])
            for name in ["b", "a", "z"] { graph.output(name) }
        }
        var workspace = Workspace(for: model)
        for value: Float in [1, 2] {
            workspace.inputs[0].floats = [value]
            try model.run(rows: 1, in: &workspace)
            #expect(workspace.outputs.map(\.floats) == [[-value], [-value], [value]])
            #expect(workspace.inputs[0].floats == [value])
        }
    }

    @Test
    func `keeps the storage of its tensors from run to run`() throws {
        let model = try Model.fixture("onnx/pipeline-scaled-logistic.onnx")
        var workspace = Workspace(for: model)
        func addresses() -> [Int] {
            workspace.outputs.map { tensor in
                // The addresses are compared, never read.
                unsafe tensor.floats.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
                    + tensor.integers.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
            }
        }
        workspace.inputs[0].floats = Array(repeating: 0.5, count: 6)
        try model.run(rows: 1, in: &workspace)
        let first = addresses()
        for value: Float in [1, 2, 3] {
            workspace.inputs[0].floats = Array(repeating: value, count: 6)
            try model.run(rows: 1, in: &workspace)
            #expect(addresses() == first)
        }
    }

    @Test
    func `sums up what the file says of itself`() throws {
        let model = try Model.fixture("onnx/xgboost-binary-missing.onnx")
        let summary = model.summary
        #expect(summary.irVersion == 8)
        #expect(summary.operatorSets == ["ai.onnx.ml": 1])
        #expect(summary.nodeCount == 1)
        #expect(summary.treeCount == 30)
        #expect(summary.treeNodeCount > 300)
    }
}
