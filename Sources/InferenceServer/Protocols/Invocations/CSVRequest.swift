// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// A body of CSV: a header and rows, as MLflow sends, or rows alone, as SageMaker does.
struct CSVRequest {
    private let rows: ArraySlice<CSVReader.Row>
    private let columns: [String]

    /// Takes a body apart.
    ///
    /// The first line is data if it has as many fields as the model has features, and all of them
    /// are numbers or missing; then the fields are in the order of the features.
    /// - Throws: `shape` for a body without rows, and for what is no CSV.
    init(_ body: Span<UInt8>, for served: ServedModel) throws(RequestFailure) {
        var rows: [CSVReader.Row] = []
        var reader = CSVReader(limit: max(body.count, 1))
        do throws(TableError) {
            try reader.read(body, into: &rows)
            try reader.finish(into: &rows)
        } catch {
            throw .shape("the body is no CSV: \(error)")
        }
        guard let first = rows.first else { throw .shape("the body has no rows") }
        let isData =
            first.fields.count == served.features.count
            && first.fields.allSatisfy { field in
                switch Cell(csv: field, missing: .standard) {
                case .number, .missing: true
                case .text, .boolean: false
                }
            }
        columns = isData ? served.features.map(\.name) : first.fields
        self.rows = isData ? rows[...] : rows.dropFirst()
    }

    /// Reads the rows into a workbench.
    func readRows(
        into bench: inout Workbench,
        for served: ServedModel,
        _ context: RequestContext
    ) throws(RequestFailure) {
        guard 1...max(context.limits.rows, 1) ~= rows.count else {
            throw .shape("the body has \(rows.count) rows, 1 to \(context.limits.rows) are taken")
        }
        var text = try RowText(columns: columns)
        let isText = columns.map { name in
            served.features.contains { $0.name == name && $0.kind == .categorical }
        }
        for (number, row) in rows.enumerated() where bench.stop == nil {
            guard row.fields.count == columns.count else {
                throw .shape(
                    "line \(row.line) has \(row.fields.count) fields, \(columns.count) are expected"
                )
            }
            text.begin()
            for (field, isText) in zip(row.fields, isText) {
                text.add(json: Self.json(field, isText: isText))
            }
            text.end()
            bench.takeRow(text, instance: number, context)
        }
    }

    /// A field as JSON: a category stays a text even if it looks like a number, and a number keeps
    /// its spelling where JSON has it.
    private static func json(_ field: String, isText: Bool) -> [UInt8] {
        let cell = Cell(csv: field, missing: .standard)
        return JSONWriter.bytes { writer in
            switch cell {
            case .missing: writer.null()
            case _ where isText: writer.value(field)
            case .number(let value, let text):
                if parseDouble(text.utf8.span) != nil {
                    writer.value(json: Array(text.utf8))
                } else {
                    writer.valueOrInfinity(value)
                }
            case .boolean(let value, _): writer.value(value)
            case .text(let text): writer.value(text)
            }
        }
    }
}
