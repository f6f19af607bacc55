// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Eight rows as a forest looks at them: column after column, a number of each row.
struct RowBlock<Number: BinaryFloatingPoint & Sendable>: Sendable {
    private(set) var numbers: [Number] = []

    /// Makes room for columns; the column of the leaves is filled.
    mutating func prepare(for columns: ForestColumns) {
        let count = (columns.count + 1) * Lanes.count
        if numbers.count != count { numbers = [Number](repeating: -.infinity, count: count) }
    }

    /// Takes over one row, which begins at `start`, as the first.
    @inline(__always)
    mutating func fill<Value: BinaryFloatingPoint>(
        _ columns: ForestColumns,
        withRowOf input: Span<Value>,
        at start: Int
    ) {
        var numbers = numbers.mutableSpan
        for run in columns.runs {
            for column in run.columns {
                let value = input[start &+ columns.features[column]]
                numbers[column &* Lanes.count] = run.number(of: value)
            }
        }
    }

    /// Takes over eight rows.
    @inline(__always)
    mutating func fill<Value: BinaryFloatingPoint>(
        _ columns: ForestColumns,
        withRowsOf input: Span<Value>,
        at start: Int,
        stride: Int
    ) {
        var numbers = numbers.mutableSpan
        for run in columns.runs {
            for column in run.columns {
                let first = start &+ columns.features[column]
                for row in 0..<Lanes.count {
                    let value = input[first &+ row &* stride]
                    numbers[column &* Lanes.count &+ row] = run.number(of: value)
                }
            }
        }
    }
}

extension ForestColumns.Run {
    /// What stands in a column for a value of its feature.
    @inline(__always)
    fileprivate func number<Number: BinaryFloatingPoint, Value: BinaryFloatingPoint>(
        of value: Value
    ) -> Number {
        let value = isNegated ? -value : value
        let number = Number(value)
        // Only a double among floats can be rounded.
        guard Value.significandBitCount > Number.significandBitCount else { return number }
        if roundsUp { return Value(number) < value ? number.nextUp : number }
        return Value(number) > value ? number.nextDown : number
    }
}
