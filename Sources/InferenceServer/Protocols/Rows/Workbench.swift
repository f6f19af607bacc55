// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// The memory of one request for predictions, kept from request to request: its rows come in one by
/// one, are judged, run in blocks, and leave the model's outputs.
///
/// Once a row has a fault nothing is run any more, and the other rows are judged only.
struct Workbench: Sendable {
    /// Rows that are run at once: few enough for the caches, and between blocks the time is
    /// watched.
    static let blockRows = 256

    /// Why reading on is of no use.
    enum Stop: Sendable {
        /// The request has taken more time than it may.
        case late
        /// The model cannot run these rows; a sentence.
        case run(String)
        /// The model cannot run at all; a sentence.
        case broken(String)
    }

    let plan: RowPlan
    let model: Model
    let threshold: Double?

    /// Reads rows by the features' names; beyond them `features`, `id` and `ts`.
    var reader: FieldReader
    var predictKeys = KeyReader(["features", "model", "version", "id", "ts"])
    var batchKeys = KeyReader(["instances", "model", "version"])

    private(set) var faults = ValidationFaults()
    private(set) var stop: Stop?
    /// Rows that were run.
    private(set) var rows = 0
    /// The model's outputs for them.
    var outputs: [Tensor]
    /// The lines of the rows for the log, each up to its prediction.
    var lineTexts: [UInt8] = []
    var lineEnds: [Int] = []

    private var workspace: Workspace
    /// Rows that are in the workspace and were not run.
    private var waiting = 0

    /// Makes the memory for requests to a model.
    init(for served: ServedModel) {
        plan = served.plan
        model = served.model
        threshold = served.threshold
        reader = FieldReader(names: plan.names, markers: ["features", "id", "ts"])
        workspace = Workspace(for: served.model)
        outputs = workspace.outputs
    }

    /// Whether so little was asked of it that its memory may be kept.
    var isSmall: Bool { rows <= Self.blockRows && lineTexts.count <= 1 << 20 }

    /// Rows that were taken without fault.
    var takenRows: Int { rows + waiting }

    /// Forgets the rows and keeps the memory.
    mutating func reset() {
        faults = ValidationFaults()
        stop = nil
        rows = 0
        waiting = 0
        lineTexts.removeAll(keepingCapacity: true)
        lineEnds.removeAll(keepingCapacity: true)
        for index in outputs.indices { outputs[index].removeAll() }
    }

    /// Notes a fault.
    mutating func refuse(_ fault: ValidationFault) {
        faults.add(fault)
    }

    /// Takes the row that `reader` has read.
    ///
    /// - Parameters:
    ///   - place: Where it stands in the request, for its faults and its line in the log.
    ///   - bytes: The bytes in which the values stand.
    ///   - context: The request.
    mutating func takeRow(
        _ place: RowPlace,
        in bytes: Span<UInt8>,
        _ context: borrowing RequestContext
    ) {
        guard stop == nil else { return }
        if !put(bytes) {
            judge(place, bytes)
            return
        }
        guard faults.isEmpty else { return }
        waiting &+= 1
        if context.isLogged { appendLineText(place, bytes, context) }
        if waiting == Self.blockRows { run(context) }
    }

    /// Runs what still waits.
    mutating func finish(_ context: borrowing RequestContext) {
        if waiting > 0 { run(context) }
    }

    private mutating func run(_ context: borrowing RequestContext) {
        guard faults.isEmpty, stop == nil else { return }
        if takenRows > 1, context.isLate {
            stop = .late
            return
        }
        for group in plan.groups {
            workspace.inputs[group.input].fit(rows: waiting, width: group.width)
        }
        do throws(RunError) {
            try model.run(rows: waiting, in: &workspace)
        } catch {
            // A node met values that it cannot take; anything else is no fault of the rows.
            if case .node = error {
                stop = .run(error.description)
            } else {
                stop = .broken(error.description)
            }
            return
        }
        for index in outputs.indices { takeOutput(index) }
        rows += waiting
        waiting = 0
    }

    /// Adds what the run left of an output: array by array, as a tensor by itself would be copied
    /// with all of its five.
    private mutating func takeOutput(_ index: Int) {
        switch outputs[index].element {
        case .float: outputs[index].floats.append(contentsOf: workspace.outputs[index].floats)
        case .double: outputs[index].doubles.append(contentsOf: workspace.outputs[index].doubles)
        case .int64: outputs[index].integers.append(contentsOf: workspace.outputs[index].integers)
        case .string: outputs[index].strings.append(contentsOf: workspace.outputs[index].strings)
        }
    }
}

// MARK: - Values

extension Workbench {
    /// Puts the values of the row that was read into the workspace.
    ///
    /// - Returns: Whether all of them can be taken; otherwise `judge` says which cannot.
    private mutating func put(_ bytes: Span<UInt8>) -> Bool {
        let values = reader.values
        for group in plan.groups {
            let isGood =
                switch group.element {
                case .float:
                    Self.put(
                        values,
                        group,
                        plan.slots,
                        waiting,
                        &workspace.inputs[group.input].floats
                    )
                case .double:
                    Self.put(
                        values,
                        group,
                        plan.slots,
                        waiting,
                        &workspace.inputs[group.input].doubles
                    )
                case .int64:
                    Self.put(
                        values,
                        group,
                        plan.slots,
                        waiting,
                        bytes,
                        &workspace.inputs[group.input].integers
                    )
                case .string:
                    Self.put(
                        values,
                        group,
                        plan,
                        waiting,
                        bytes,
                        &workspace.inputs[group.input].strings
                    )
                }
            if !isGood { return false }
        }
        return true
    }

    private static func put<Number: BinaryFloatingPoint>(
        _ values: [FieldValue],
        _ group: RowPlan.Group,
        _ slots: [RowPlan.Slot],
        _ row: Int,
        _ cells: inout [Number]
    ) -> Bool {
        let start = row * group.width
        cells.grow(to: start + group.width, with: .nan)
        var cells = cells.mutableSpan
        for index in group.slots {
            let slot = slots[index]
            let value = values[slot.feature]
            guard value.isNumeric, slot.reading == .number || value.isWhole else { return false }
            if slot.isLimited, !slot.range.contains(value.number), !value.number.isNaN {
                return false
            }
            let number = Number(value.number)
            // A double may be beyond the range of the input's floats.
            if number.isInfinite { return false }
            cells[start + slot.column] = number
        }
        return true
    }

    private static func put(
        _ values: [FieldValue],
        _ group: RowPlan.Group,
        _ slots: [RowPlan.Slot],
        _ row: Int,
        _ bytes: Span<UInt8>,
        _ cells: inout [Int64]
    ) -> Bool {
        let start = row * group.width
        cells.grow(to: start + group.width, with: 0)
        for index in group.slots {
            let slot = slots[index]
            guard let number = values[slot.feature].integer(in: bytes),
                slot.range.contains(Double(number))
            else { return false }
            cells[start + slot.column] = number
        }
        return true
    }

    private static func put(
        _ values: [FieldValue],
        _ group: RowPlan.Group,
        _ plan: RowPlan,
        _ row: Int,
        _ bytes: Span<UInt8>,
        _ cells: inout [String]
    ) -> Bool {
        let start = row * group.width
        cells.grow(to: start + group.width, with: "")
        for index in group.slots {
            let slot = plan.slots[index]
            let value = values[slot.feature]
            if value.form == .null {
                cells[start + slot.column] = ""
                continue
            }
            guard let text = value.text(in: bytes) else { return false }
            if let categories = plan.categories[slot.feature], !categories.contains(text) {
                return false
            }
            cells[start + slot.column] = text
        }
        return true
    }

    /// Notes every fault of the row that was read, in the order of the features.
    private mutating func judge(_ place: RowPlace, _ bytes: Span<UInt8>) {
        for (feature, name) in plan.names.enumerated() where !faults.isFull {
            let slot = plan.slots[plan.slotOfFeature[feature]]
            let part: ValidationFault.Place = place.isArray ? .index(feature) : .name(name)
            let fault = ValidationFault(
                of: reader.values[feature],
                for: slot,
                among: plan.categories[feature],
                at: place.location + [part],
                row: place.source,
                in: bytes
            )
            if let fault { faults.add(fault) }
        }
    }
}

extension FieldValue {
    /// Whether a numeric feature takes it; null is NaN there.
    fileprivate var isNumeric: Bool {
        switch form {
        case .number, .null, .boolean, .integer: true
        // A binary tensor may hold any bit pattern: NaN is missing, infinities are refused.
        case .single, .double: !number.isInfinite
        case .absent, .notANumber, .infinite, .text, .escapedText, .object, .array, .bytes: false
        }
    }

    /// Whether it is a whole number of 64 bits, and not missing.
    fileprivate var isWhole: Bool {
        number == number.rounded(.towardZero) && abs(number) < 9_223_372_036_854_775_808
    }
}

extension Array {
    fileprivate mutating func grow(to count: Int, with element: Element) {
        guard self.count < count else { return }
        append(contentsOf: repeatElement(element, count: count - self.count))
    }
}
