// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

extension Tensor {
    /// Makes it a matrix of exactly so many rows; new elements are missing.
    mutating func fit(rows: Int, width: Int) {
        let count = rows * width
        switch element {
        case .float: floats.fit(count, .nan)
        case .double: doubles.fit(count, .nan)
        case .int64: integers.fit(count, 0)
        case .string: strings.fit(count, "")
        }
        if !shape.isEmpty { shape[0] = rows }
    }

    /// Forgets the elements and keeps the memory.
    mutating func removeAll() {
        switch element {
        case .float: floats.removeAll(keepingCapacity: true)
        case .double: doubles.removeAll(keepingCapacity: true)
        case .int64: integers.removeAll(keepingCapacity: true)
        case .string: strings.removeAll(keepingCapacity: true)
        }
    }

    /// The number of elements that are there.
    var elementCount: Int {
        switch element {
        case .float: floats.count
        case .double: doubles.count
        case .int64: integers.count
        case .string: strings.count
        }
    }

    /// An element as a number; NaN for a text, and where there is none.
    func number(at index: Int) -> Double {
        guard 0..<elementCount ~= index else { return .nan }
        return switch element {
        case .float: Double(floats[index])
        case .double: doubles[index]
        case .int64: Double(integers[index])
        case .string: .nan
        }
    }

    /// Appends an element as JSON; `null` for NaN, the infinities, and where there is none.
    func appendElement(_ index: Int, to bytes: inout [UInt8]) {
        [self].appendElement(index, of: 0, to: &bytes)
    }
}

extension [Tensor] {
    /// Appends an element of a tensor as JSON, as the tensor itself does.
    ///
    /// A call on `self[tensor]` would copy it with all of its five arrays.
    func appendElement(_ index: Int, of tensor: Int, to bytes: inout [UInt8]) {
        switch self[tensor].element {
        case .float where self[tensor].floats.indices ~= index:
            bytes.append(number: self[tensor].floats[index])
        case .double where self[tensor].doubles.indices ~= index:
            bytes.append(number: self[tensor].doubles[index])
        case .int64 where self[tensor].integers.indices ~= index:
            bytes.append(contentsOf: self[tensor].integers[index].description.utf8)
        case .string where self[tensor].strings.indices ~= index:
            bytes.append(string: self[tensor].strings[index])
        case .float, .double, .int64, .string: bytes.append(literal: "null")
        }
    }
}

extension Array {
    fileprivate mutating func fit(_ count: Int, _ element: Element) {
        if self.count > count {
            removeLast(self.count - count)
        } else if self.count < count {
            append(contentsOf: repeatElement(element, count: count - self.count))
        }
    }
}
