// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Goes through the keys of an object, some of which mean something.
package struct KeyReader: Sendable {
    private let keys: KeySet
    private var order: [Int32]
    private var position = 0

    /// Prepares keys.
    package init(_ names: [String]) {
        keys = KeySet(names)
        order = [Int32](repeating: -1, count: names.count + 8)
    }

    /// Goes into the object that comes next.
    package mutating func begin(_ cursor: inout JSONCursor) throws(ScanFault) {
        position = 0
        try cursor.beginObject()
    }

    /// Reads the next key, or goes out of the object.
    ///
    /// - Returns: The key's position among those prepared, -1 for another; `nil` at the end.
    package mutating func next(_ cursor: inout JSONCursor) throws(ScanFault) -> Int? {
        let key = try cursor.nextKey(
            of: keys,
            order: &order,
            at: position,
            isInOrder: position < order.count
        )
        position &+= 1
        return switch key {
        case .known(let index): index
        case .unknown: -1
        case nil: nil
        }
    }
}
