// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// An operator that can be compiled, in some versions of its domain's operator set.
struct OperatorDefinition: Sendable {
    /// What a node is compiled to.
    enum Result: Sendable {
        /// Work in each run, with the types of the results.
        case kernel(any Kernel, [DataType])
        /// Nothing: the result is the operand, perhaps under another type that the same elements
        /// carry.
        case alias(operand: Int, DataType)
        /// A tensor known now.
        case constant(TypedTensor)
    }

    let name: String
    /// Versions of the operator set; its operator may stay the same over several.
    let versions: ClosedRange<Int>
    let make: @Sendable (inout NodeRequest) throws(ModelError) -> Result

    init(
        _ name: String,
        _ versions: ClosedRange<Int>,
        _ make: @escaping @Sendable (inout NodeRequest) throws(ModelError) -> Result
    ) {
        (self.name, self.versions, self.make) = (name, versions, make)
    }
}

/// All operators that can be compiled.
enum OperatorTable {
    /// The newest operator set of the default domain whose changes were looked through.
    static let newestStandard = 28

    private static let standard = index(
        ElementwiseOperators.definitions + ComparisonOperators.definitions
            + MatrixOperators.definitions + ReductionOperators.definitions
            + ShapeOperators.definitions + SelectionOperators.definitions
            + ConstantOperators.definitions
    )
    private static let learning = index(
        FeatureOperators.definitions + EncodingOperators.definitions + ModelOperators.definitions
    )

    /// The definition for a node, or nil if there is none for its version.
    static func find(_ operation: String, domain: String, version: Int) -> OperatorDefinition? {
        let candidates =
            switch domain {
            case "": standard[operation]
            case "ai.onnx.ml": learning[operation]
            default: nil as [OperatorDefinition]?
            }
        return candidates?.first { $0.versions.contains(version) }
    }

    private static func index(
        _ definitions: [OperatorDefinition]
    ) -> [String: [OperatorDefinition]] {
        Dictionary(grouping: definitions, by: \.name)
    }
}
