// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Finds out what the outputs of a graph mean, by following them back to the nodes that made them.
struct PurposeFinder {
    /// What a label output tells.
    private struct Label {
        /// The labels by their columns; nil where it is the column's number.
        var classes: [ClassLabel]?
        /// The name of what the greatest was looked for in; nil after a classifier.
        var scores: String?
    }

    private let nodes: [NodeMessage]
    private let constant: (String) -> Tensor?
    /// The node that makes a value, and which of its outputs that is.
    private var producers: [String: (node: Int, position: Int)] = [:]

    /// Begins with a graph; `constant` gives the elements of a name that is known without a run.
    init(_ graph: GraphMessage, constant: @escaping (String) -> Tensor?) {
        nodes = graph.nodes
        self.constant = constant
        for (index, node) in nodes.enumerated() {
            for (position, name) in node.outputs.enumerated() where !name.isEmpty {
                producers[name] = (index, position)
            }
        }
    }

    /// What a model's outputs mean, given their widths.
    ///
    /// A classifier has an output of at least two numbers a row that comes from a classifier, a
    /// `ZipMap` or a softmax, or that stands beside a label and holds distributions; a label without
    /// one is only a label, as that of a clustering beside its distances; a single output of one
    /// number is the value of a regressor.
    ///
    /// - Parameters:
    ///   - outputs: As they are declared and came out of a trial.
    ///   - isDistribution: Whether an output's rows sum up to 1, as a trial has it.
    /// - Returns: The purpose.
    func purpose(
        of outputs: [ModelOutput],
        isDistribution: (Int) -> Bool
    ) -> ModelPurpose {
        let labels = outputs.map { $0.element == .string || $0.width == 1 ? label($0.name) : nil }
        let known = labels.firstIndex { $0 != nil }
        let wide = outputs.indices.filter { index in
            index != known && (outputs[index].width ?? 0) >= 2
                && (outputs[index].element == .float || outputs[index].element == .double)
        }
        let told = wide.first { isProbability(outputs[$0].name) }
        // Without a known operator two outputs, a label and a matrix, say it, too.
        let beside = outputs.indices.filter {
            outputs[$0].width == 1
                && (outputs[$0].element == .int64 || outputs[$0].element == .string)
                && !isPassedOn(outputs[$0].name)
        }
        let place = known ?? (outputs.count == 2 ? beside.first : nil)
        let shown = place != nil && wide.count == 1 ? wide.first(where: isDistribution) : nil
        if let probabilities = told ?? shown {
            let width = outputs[probabilities].width ?? 0
            let named =
                known.flatMap { labels[$0]?.classes } ?? classes(outputs[probabilities].name) ?? []
            return .classifier(
                label: place,
                probabilities: probabilities,
                classes: named.count == width
                    ? named : (0..<Int64(width)).map(ClassLabel.integer)
            )
        }
        if let place { return .labeller(label: place) }
        let isNumber = outputs.first.map { $0.element == .float || $0.element == .double } ?? false
        if outputs.count == 1, outputs[0].width == 1, isNumber { return .regressor(value: 0) }
        return .transformer
    }

    /// Whether a classifier's label comes from elsewhere than the classifier operator that gives its
    /// probabilities.
    ///
    /// Such an operator decides by the probabilities, but for ties that rounding makes.
    func hasOwnRule(_ purpose: ModelPurpose, _ outputs: [ModelOutput]) -> Bool {
        guard case .classifier(let label?, let probabilities, _) = purpose else { return false }
        guard let decider = classifier(outputs[label].name, through: Self.keepsLabels) else {
            return true
        }
        let scorer = classifier(outputs[probabilities].name, through: Self.keepsMeaning)
        return decider.node != scorer?.node || decider.position != 0
    }

    /// The classifier operator that a value comes from, and as which of its results.
    private func classifier(
        _ name: String,
        through operations: Set<String>
    ) -> (node: Int, position: Int)? {
        var name = name
        while let (index, position) = producers[name] {
            let node = nodes[index]
            if Self.classifiers.contains(node.operation) { return (index, position) }
            guard operations.contains(node.operation) || node.operation == "ZipMap" else {
                return nil
            }
            name = node.inputs.first ?? ""
        }
        return nil
    }

    /// Whether a value is an input as it came: an identifier of the row, not what a model says of it.
    private func isPassedOn(_ name: String) -> Bool {
        var name = name
        while let (index, _) = producers[name] {
            guard Self.keepsLabels.contains(nodes[index].operation) else { return false }
            name = nodes[index].inputs.first ?? ""
        }
        return constant(name) == nil
    }

    /// Follows a label back; nil for what is none.
    private func label(_ name: String) -> Label? {
        var name = name
        while let (index, position) = producers[name] {
            let node = nodes[index]
            switch node.operation {
            case let operation where Self.classifiers.contains(operation):
                return position == 0 ? Label(classes: attributeClasses(node)) : nil
            case "ArrayFeatureExtractor", "Gather":
                guard let table = node.inputs.first.flatMap(constant),
                    let place = node.inputs.dropFirst().first, let found = label(place),
                    found.scores != nil
                else { return nil }
                return Label(classes: table.classes, scores: found.scores)
            case "ArgMax": return Label(scores: node.inputs.first)
            case let operation where Self.keepsLabels.contains(operation):
                name = node.inputs.first ?? ""
            default: return nil
            }
        }
        return nil
    }

    /// Whether a value is made by a classifier, `ZipMap` or softmax, but for its scaling.
    private func isProbability(_ name: String) -> Bool {
        var name = name
        while let (index, position) = producers[name] {
            let node = nodes[index]
            switch node.operation {
            case "ZipMap", "Softmax": return true
            case let operation where Self.classifiers.contains(operation): return position == 1
            case let operation where Self.keepsMeaning.contains(operation):
                name = node.inputs.first ?? ""
            default: return false
            }
        }
        return false
    }

    /// The labels that a classifier or `ZipMap` on the way gives to a value's columns.
    private func classes(_ name: String) -> [ClassLabel]? {
        var name = name
        while let (index, _) = producers[name] {
            let node = nodes[index]
            if let classes = attributeClasses(node) { return classes }
            guard Self.keepsMeaning.contains(node.operation) || node.operation == "Softmax" else {
                return nil
            }
            name = node.inputs.first ?? ""
        }
        return nil
    }

    /// Operators that give a label and the probabilities that it follows.
    private static let classifiers: Set<String> = ["TreeEnsembleClassifier", "LinearClassifier"]

    /// Operators through which a label stays a label.
    private static let keepsLabels: Set<String> = [
        "Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
    ]

    /// Operators through which probabilities stay probabilities, column by column.
    private static let keepsMeaning: Set<String> = [
        "Identity", "Cast", "Normalizer", "Mul", "Div", "Clip", "Reshape",
    ]

    private func attributeClasses(_ node: NodeMessage) -> [ClassLabel]? {
        for attribute in node.attributes {
            switch attribute.name {
            case "classlabels_strings" where !attribute.texts.isEmpty:
                return attribute.texts.map(ClassLabel.text)
            case "classlabels_int64s" where !attribute.integers.isEmpty,
                "classlabels_ints" where !attribute.integers.isEmpty:
                return attribute.integers.map(ClassLabel.integer)
            default: break
            }
        }
        return nil
    }
}

extension Tensor {
    /// The elements as labels of classes; nil for numbers with fractions.
    fileprivate var classes: [ClassLabel]? {
        switch element {
        case .int64: integers.map(ClassLabel.integer)
        case .string: strings.map(ClassLabel.text)
        case .float, .double: nil
        }
    }
}
