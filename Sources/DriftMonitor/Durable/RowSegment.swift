// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// Rows as they are kept until their pane is written: the cells, and when they came.
///
/// Bytes, little-endian: version (1 byte, 1) · flags (1 byte: 1 with times, 2 for the ring only) ·
/// columns (2) · rows (4) · mark (8) · arrival (8) · times (8 a row, if there are any) · cells (2
/// a row, column after column). A row of 12 features and a prediction takes 26 bytes, 34 with its
/// time.
struct RowSegment {
    private static let version: UInt8 = 1
    private static let headerBytes = 24
    private static let withTimes: UInt8 = 1
    private static let ringOnly: UInt8 = 2

    /// Which open pane the rows lie in: see `StoredClock.mark`.
    let mark: Int
    /// Whether the rows are for count windows alone: panes have them counted already.
    let isRingOnly: Bool
    /// When they came, in Unix seconds of the arrival clock.
    let arrival: Double
    /// The rows: cells and times, no numbers.
    let batch: RecordBatch

    /// Adds some rows of a batch to bytes.
    ///
    /// - Parameters:
    ///   - rows: Which rows; their cells are filled in.
    ///   - batch: The batch.
    ///   - hasTimes: Whether rows have a time of their own; otherwise it is `arrival`.
    ///   - mark: Which open pane they lie in.
    ///   - isRingOnly: Whether they are for count windows alone.
    ///   - arrival: When they came, in Unix seconds.
    ///   - bytes: Where they are added.
    /// - Complexity: O(rows × columns), by copying memory.
    static func append(
        _ rows: Range<Int>,
        of batch: RecordBatch,
        hasTimes: Bool,
        mark: Int,
        isRingOnly: Bool = false,
        arrival: Double,
        to bytes: inout [UInt8]
    ) {
        bytes.append(version)
        bytes.append((hasTimes ? withTimes : 0) | (isRingOnly ? ringOnly : 0))
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: batch.columnCount))
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: rows.count))
        bytes.append(littleEndian: UInt64(bitPattern: Int64(mark)))
        bytes.append(littleEndian: arrival.bitPattern)
        if hasTimes { bytes.append(memoryOf: batch.timestamps, rows) }
        for column in 0..<batch.columnCount {
            let start = column * batch.capacity
            bytes.append(memoryOf: batch.cells, start + rows.lowerBound..<start + rows.upperBound)
        }
    }

    /// Reads the segment that begins at an offset, and moves the offset behind it.
    ///
    /// - Parameters:
    ///   - bytes: Encoded segments.
    ///   - offset: Where the segment begins.
    ///   - layout: The features; a cell must be one of its feature's.
    /// - Throws: `StoredMonitorFault` when the bytes are no segment of this layout.
    /// - Complexity: O(rows × columns).
    init(
        reading bytes: [UInt8],
        at offset: inout Int,
        layout: CellLayout
    ) throws(StoredMonitorFault) {
        guard bytes.count - offset >= Self.headerBytes, bytes[offset] == Self.version else {
            throw .segment(offset: offset)
        }
        let flags = bytes[offset + 1]
        let columns = Int(bytes.littleEndian(at: offset + 2, as: UInt16.self))
        let rows = Int(bytes.littleEndian(at: offset + 4, as: UInt32.self))
        mark = Int(Int64(bitPattern: bytes.littleEndian(at: offset + 8, as: UInt64.self)))
        arrival = Double(bitPattern: bytes.littleEndian(at: offset + 16, as: UInt64.self))
        isRingOnly = flags & Self.ringOnly != 0
        let timeBytes = flags & Self.withTimes != 0 ? 8 * rows : 0
        let start = offset + Self.headerBytes
        guard columns == layout.featureCount, arrival.isFinite,
            bytes.count - start >= timeBytes + 2 * rows * columns
        else { throw .segment(offset: offset) }
        var times = [Double](repeating: arrival, count: rows)
        if timeBytes > 0 {
            for row in 0..<rows {
                let bits = bytes.littleEndian(at: start + 8 * row, as: UInt64.self)
                times[row] = Double(bitPattern: bits)
            }
        }
        var cells = [UInt16](repeating: 0, count: rows * columns)
        let firstCell = start + timeBytes
        for index in cells.indices {
            cells[index] = bytes.littleEndian(at: firstCell + 2 * index, as: UInt16.self)
        }
        for column in 0..<columns {
            let limit = layout.cells(of: column).count
            let isSound = cells[column * rows..<(column + 1) * rows].allSatisfy { $0 < limit }
            guard isSound else { throw .cell(feature: column) }
        }
        guard times.allSatisfy(\.isFinite) else { throw .segment(offset: offset) }
        batch = RecordBatch(columnCount: columns, timestamps: times, cells: cells)
        offset = firstCell + 2 * cells.count
    }
}

/// Why what was kept of a monitor cannot be used.
package enum StoredMonitorFault: Error, Equatable, CustomStringConvertible {
    /// The bytes at an offset are no segment of rows for this reference.
    case segment(offset: Int)
    /// A row has a cell that its feature does not have.
    case cell(feature: Int)
    /// A pane has a cell that the reference does not have.
    case pane(number: Int)

    package var description: String {
        switch self {
        case .segment(let offset): "the rows kept are not readable at byte \(offset)"
        case .cell(let feature): "a row kept has a cell that feature \(feature) does not have"
        case .pane(let number): "pane \(number) kept has a cell that the reference does not have"
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Adds the memory of some elements, which is little-endian on every machine Kedge runs on.
    fileprivate mutating func append<Value: BitwiseCopyable>(
        memoryOf elements: [Value],
        _ range: Range<Int>
    ) {
        // The slice is checked to lie in the array, whose elements are plain bits.
        unsafe elements[range].withUnsafeBytes { unsafe append(contentsOf: $0) }
    }

    fileprivate func littleEndian<Number: FixedWidthInteger>(
        at offset: Int,
        as _: Number.Type
    ) -> Number {
        var number: Number = 0
        for index in 0..<MemoryLayout<Number>.size {
            number |= Number(truncatingIfNeeded: self[offset + index]) << (8 * index)
        }
        return number
    }
}
