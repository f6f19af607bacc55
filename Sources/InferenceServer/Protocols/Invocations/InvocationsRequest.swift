// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The JSON bodies that MLflow's scoring server takes, and the `instances` of TensorFlow Serving.
struct InvocationsRequest {
    /// How the rows are written.
    enum Form: String, CaseIterable {
        /// `{"columns": […], "data": [[…]]}`
        case split = "dataframe_split"
        /// `[{…}]`
        case records = "dataframe_records"
        /// `[…]`, a row each
        case instances
        /// `[…]`, or columns: `{"name": […]}`
        case inputs
    }

    let form: Form
    /// Where the rows begin.
    private let offset: Int
    private let isArray: Bool

    /// Finds the rows in a body, which comes next: an object with exactly one of the forms.
    ///
    /// Whatever stands beside them, as `params` and `signature_name`, means nothing to a model of
    /// ours.
    init(
        _ cursor: inout JSONCursor,
        among forms: [Form]
    ) throws(RequestFailure) {
        var found: [(form: Form, offset: Int, kind: JSONCursor.Kind)] = []
        do throws(ScanFault) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                if let form = Form(rawValue: key), forms.contains(form) {
                    let kind = try cursor.kind()
                    found.removeAll { $0.form == form }
                    found.append((form, cursor.offset, kind))
                }
                try cursor.skipValue()
            }
            try cursor.end()
        } catch {
            throw .json(error)
        }
        guard found.count == 1 else {
            let names = forms.map(\.rawValue).joined(separator: ", ")
            throw .shape("the body has \(found.count) of \(names); exactly one is expected")
        }
        let expected: [JSONCursor.Kind] =
            switch found[0].form {
            case .split: [.object]
            case .records, .instances: [.array]
            case .inputs: [.array, .object]
            }
        form = found[0].form
        guard expected.contains(found[0].kind) else {
            throw .shape(
                "\(form.rawValue) is not \(expected == [.object] ? "an object" : "an array")"
            )
        }
        offset = found[0].offset
        isArray = found[0].kind == .array
    }

    /// Reads the rows into a workbench.
    func readRows(
        into bench: inout Workbench,
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ context: RequestContext
    ) throws(RequestFailure) {
        cursor.goBack(to: offset)
        let count: Int
        switch form {
        case .split: count = try readSplit(into: &bench, &cursor, bytes, context)
        case .inputs where !isArray: count = try readColumns(into: &bench, &cursor, bytes, context)
        case .records, .instances, .inputs:
            do throws(ScanFault) {
                count = try bench.readInstances(&cursor, bytes, context)
            } catch {
                throw .json(error)
            }
        }
        guard 1...max(context.limits.rows, 1) ~= count else {
            throw .shape("the body has \(count) rows, 1 to \(context.limits.rows) are taken")
        }
    }
}

// MARK: - Rows with names apart

extension InvocationsRequest {
    private func readSplit(
        into bench: inout Workbench,
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ context: RequestContext
    ) throws(RequestFailure) -> Int {
        var columns: [String]?
        var data: Int?
        do throws(ScanFault) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                switch key {
                case "columns":
                    var names: [String] = []
                    try cursor.beginArray()
                    while try cursor.nextElement() { names.append(try cursor.string()) }
                    columns = names
                case "data":
                    _ = try cursor.kind()
                    data = cursor.offset
                    try cursor.skipValue()
                default: try cursor.skipValue()
                }
            }
        } catch {
            throw .json(error)
        }
        guard let data else { throw .shape("dataframe_split has no data") }
        cursor.goBack(to: data)
        var row = try RowText(columns: columns ?? bench.plan.names)
        do throws(ScanFault) {
            var count = 0
            try cursor.beginArray()
            while try cursor.nextElement() {
                if count < context.limits.rows, bench.stop == nil {
                    try readRow(&row, count, into: &bench, &cursor, bytes, context)
                } else {
                    try cursor.skipValue()
                }
                count += 1
            }
            return count
        } catch {
            throw .json(error)
        }
    }

    private func readRow(
        _ row: inout RowText,
        _ number: Int,
        into bench: inout Workbench,
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ context: RequestContext
    ) throws(ScanFault) {
        row.begin()
        var count = 0
        _ = try cursor.kind()
        let start = cursor.offset
        try cursor.beginArray()
        while try cursor.nextElement() {
            let value = try cursor.fieldValue()
            if count < row.columnCount { row.add(bytes, value.range) }
            count += 1
        }
        row.end()
        let fault = ValidationFault.length(
            count,
            within: row.columnCount...row.columnCount,
            of: FieldValue(.array, range: start..<cursor.offset),
            at: RowPlace(instance: number).location,
            in: bytes
        )
        if let fault {
            bench.refuse(fault)
        } else {
            bench.takeRow(row, instance: number, context)
        }
    }

    /// Reads columns of equal length, side by side.
    private func readColumns(
        into bench: inout Workbench,
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ context: RequestContext
    ) throws(RequestFailure) -> Int {
        var columns: [(name: String, values: [Range<Int>])] = []
        do throws(ScanFault) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                var values: [Range<Int>] = []
                try cursor.beginArray()
                while try cursor.nextElement() { values.append(try cursor.fieldValue().range) }
                columns.append((key, values))
            }
        } catch {
            throw .json(error)
        }
        let count = columns.first?.values.count ?? 0
        if let other = columns.first(where: { $0.values.count != count }) {
            throw .shape(
                "the columns of inputs are of unequal length: \(count) and \(other.values.count)"
            )
        }
        guard count <= context.limits.rows else { return count }
        var row = try RowText(columns: columns.map(\.name))
        for number in 0..<count where bench.stop == nil {
            row.begin()
            for column in columns { row.add(bytes, column.values[number]) }
            row.end()
            bench.takeRow(row, instance: number, context)
        }
        return count
    }
}
