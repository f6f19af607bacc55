// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension Model {
    /// Predicts rows: reads `workspace.inputs`, leaves `workspace.outputs`.
    ///
    /// - Parameters:
    ///   - rows: How many; each input holds rows × width elements, whatever shape it says.
    ///   - workspace: One of this model; what it holds stays allocated for the next run. After an
    ///     error its outputs mean nothing.
    /// - Throws: `RunError`.
    package func run(rows: Int, in workspace: inout Workspace) throws(RunError) {
        try check(rows, &workspace)
        guard rows > 0 else {
            for index in outputs.indices {
                workspace.outputs[index] = Tensor(
                    outputs[index].element,
                    shape: [0, outputs[index].width ?? 1]
                )
            }
            return
        }
        exchange(&workspace)
        do { try plan.execute(&workspace.frame) } catch {
            exchange(&workspace)
            throw error
        }
        exchange(&workspace)
        for index in outputs.indices {
            guard let width = outputs[index].width else { continue }
            let (expected, overflow) = rows.multipliedReportingOverflow(by: width)
            let found = workspace.outputs[index].storedCount
            guard !overflow, found == expected else {
                throw .outputCount(
                    name: outputs[index].name,
                    found: found,
                    expected: overflow ? .max : expected
                )
            }
        }
    }

    /// Gives the inputs the shape of so many rows, if they hold as many.
    private func check(_ rows: Int, _ workspace: inout Workspace) throws(RunError) {
        guard rows >= 0 else { throw .negativeRows(rows) }
        guard workspace.frame.plan === plan, workspace.inputs.count == inputs.count else {
            throw .foreignWorkspace
        }
        for index in inputs.indices {
            let (expected, overflow) = rows.multipliedReportingOverflow(by: inputs[index].width)
            let found = workspace.inputs[index].storedCount
            guard !overflow, workspace.inputs[index].element == inputs[index].element,
                found == expected
            else {
                throw .inputCount(
                    name: inputs[index].name,
                    found: found,
                    expected: overflow ? .max : expected
                )
            }
            if inputs[index].rank == 2 {
                workspace.inputs[index].setShape(rows: rows, width: inputs[index].width)
            } else {
                workspace.inputs[index].setShape(rows: rows)
            }
        }
    }

    /// Moves inputs and outputs into the plan's lists, or back, without a copy.
    private func exchange(_ workspace: inout Workspace) {
        swap(&workspace.inputs, &workspace.frame.groups[Plan.inputGroup])
        if let group = plan.outputGroup {
            swap(&workspace.outputs, &workspace.frame.groups[group])
        } else {
            for index in plan.outputs.indices {
                swap(
                    &workspace.outputs[index],
                    &workspace.frame.groups[plan.outputs[index].place]
                )
            }
        }
    }
}
