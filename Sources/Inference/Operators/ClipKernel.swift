// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Brings every element between two bounds; NaN stays.
struct ClipKernel: Kernel {
    /// The bounds that an attribute gives; up to version 10.
    let fixed: (least: Float?, greatest: Float?)

    var width: WidthDemand { .asResult }

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        guard node.version >= 11 else {
            let type = try node.type(0, DataType.isFloating, "floating-point numbers")
            let fixed = (try node.float("min"), try node.float("max"))
            return .kernel(ClipKernel(fixed: fixed), [type])
        }
        try node.checkOperandCount(1...3)
        let type = try node.commonType(allowsAbsent: true, DataType.isNumeric, "numbers")
        return .kernel(ClipKernel(fixed: (nil, nil)), [type])
    }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        for position in 1...2 where operands.has(position) {
            guard operands.storedCount(position) == 1 else {
                throw .shape(found: operands.shape(position), expected: "one number")
            }
        }
        switch operands.element(0) {
        case .float:
            try clip(operands, fixed.least, fixed.greatest, into: &results[0])
        case .double:
            try clip(
                operands,
                fixed.least.map { Double($0) },
                fixed.greatest.map { Double($0) },
                into: &results[0]
            )
        case .int64: try clip(operands, nil as Int64?, nil, into: &results[0])
        case .string: break
        }
    }

    private func clip<Number: TensorElement & Comparable>(
        _ operands: Operands,
        _ least: Number?,
        _ greatest: Number?,
        into result: inout Tensor
    ) throws(KernelFault) {
        try copyElements(operands, into: &result, shape: operands.shape(0))
        let least = operands.has(1) ? operands.elements(1, of: Number.self).first : least
        let greatest = operands.has(2) ? operands.elements(2, of: Number.self).first : greatest
        Number.modify(&result) { elements in
            for index in elements.indices {
                if let least, elements[index] < least { elements[index] = least }
                if let greatest, elements[index] > greatest { elements[index] = greatest }
            }
        }
    }
}
