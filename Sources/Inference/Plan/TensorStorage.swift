// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
    /// A tensor that holds nothing and has no storage.
    static var empty: Tensor { Tensor(.float, shape: []) }

    init(_ floats: [Float], shape: [Int]) {
        self.init(.float, shape: shape)
        self.floats = floats
    }

    init(_ integers: [Int64], shape: [Int]) {
        self.init(.int64, shape: shape)
        self.integers = integers
    }

    init(_ strings: [String], shape: [Int]) {
        self.init(.string, shape: shape)
        self.strings = strings
    }

    /// The number of elements that are there.
    var storedCount: Int {
        switch element {
        case .float: floats.count
        case .double: doubles.count
        case .int64: integers.count
        case .string: strings.count
        }
    }

    /// Takes on a type and shape; elements that were there before may remain.
    ///
    /// Nothing is allocated when the tensor had the same type and size before.
    /// - Throws: `KernelFault.tooLarge` for more than `most` elements.
    mutating func prepare(
        _ element: ElementType,
        _ shape: [Int],
        most: Int
    ) throws(KernelFault) {
        let count = try Shape.count(shape, most: most)
        if self.shape != shape { self.shape = shape }
        resize(element, count)
    }

    /// Takes on a type and the shape rows × width, without an array for the shape.
    mutating func prepare(
        _ element: ElementType,
        rows: Int,
        width: Int,
        most: Int
    ) throws(KernelFault) {
        let (count, overflow) = rows.multipliedReportingOverflow(by: width)
        guard !overflow, count <= most else { throw .tooLarge(most: most) }
        setShape(rows: rows, width: width)
        resize(element, count)
    }

    /// Takes on a type and the shape of one axis.
    mutating func prepare(_ element: ElementType, rows: Int, most: Int) throws(KernelFault) {
        guard rows <= most else { throw .tooLarge(most: most) }
        setShape(rows: rows)
        resize(element, rows)
    }

    mutating func setShape(rows: Int) {
        guard shape.count == 1 else {
            shape = [rows]
            return
        }
        if shape[0] != rows { shape[0] = rows }
    }

    mutating func setShape(rows: Int, width: Int) {
        guard shape.count == 2 else {
            shape = [rows, width]
            return
        }
        if shape[0] != rows { shape[0] = rows }
        if shape[1] != width { shape[1] = width }
    }

    private mutating func resize(_ element: ElementType, _ count: Int) {
        self.element = element
        switch element {
        case .float: floats.resize(count)
        case .double: doubles.resize(count)
        case .int64: integers.resize(count)
        case .string: strings.resize(count)
        }
    }
}

extension Array where Element: TensorElement {
    /// Cuts the end off, or adds blanks to it.
    fileprivate mutating func resize(_ count: Int) {
        if self.count > count {
            removeLast(self.count - count)
        } else if self.count < count {
            append(contentsOf: repeatElement(Element.blank, count: count - self.count))
        }
    }
}
