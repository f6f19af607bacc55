// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Reads objects by known names, and arrays by position, into one value a name.
///
/// It learns the order of the keys, as clients repeat it. The loop over the values lives here, in
/// the cursor's module: one call reads a row.
package struct FieldReader: Sendable {
    private let keys: KeySet
    private let elementLimit: Int
    /// The name met at each position last time; -1 for an unknown one.
    private var order: [Int32]

    /// The values that the last reading found, names first, then markers.
    package private(set) var values: [FieldValue]
    /// The elements, if an array was read last.
    package private(set) var elementCount: Int?

    /// Prepares names.
    ///
    /// - Parameters:
    ///   - names: The keys of objects, and the order of arrays.
    ///   - markers: Further keys of objects; a name of the same spelling comes first.
    package init(names: [String], markers: [String] = []) {
        keys = KeySet(names + markers)
        elementLimit = names.count
        // Room for some keys that are not known.
        order = [Int32](repeating: -1, count: keys.count + 16)
        values = [FieldValue](repeating: .absent, count: keys.count)
    }

    /// Reads the object or array that comes next.
    ///
    /// Of a duplicate key the last value wins. Elements beyond the names are only counted.
    /// - Returns: Where it stands.
    /// - Throws: `ScanFault`, also for a value that is neither.
    /// - Complexity: O(bytes).
    package mutating func read(_ cursor: inout JSONCursor) throws(ScanFault) -> Range<Int> {
        elementCount = nil
        cursor.skipBlanks()
        let start = cursor.offset
        if cursor.byte == UInt8(ascii: "[") {
            elementCount = try Self.readArray(&cursor, limit: elementLimit, into: &values)
        } else {
            try Self.readObject(&cursor, keys, &order, into: &values)
        }
        return start..<cursor.offset
    }

    private static func readArray(
        _ cursor: inout JSONCursor,
        limit: Int,
        into values: inout [FieldValue]
    ) throws(ScanFault) -> Int {
        var values = values.mutableSpan
        for index in values.indices { values[index] = .absent }
        var count = 0
        try cursor.beginArray()
        while try cursor.nextElement() {
            if count < limit {
                values[count] = try cursor.readFieldValue()
            } else {
                try cursor.skipValue()
            }
            count &+= 1
        }
        return count
    }

    private static func readObject(
        _ cursor: inout JSONCursor,
        _ keys: borrowing KeySet,
        _ order: inout [Int32],
        into values: inout [FieldValue]
    ) throws(ScanFault) {
        var values = values.mutableSpan
        for index in values.indices { values[index] = .absent }
        var position = 0
        try cursor.beginObject()
        while let key = try cursor.nextKey(
            of: keys,
            order: &order,
            at: position,
            isInOrder: position < order.count
        ) {
            position &+= 1
            switch key {
            case .known(let name): values[name] = try cursor.readFieldValue()
            case .unknown: try cursor.skipValue()
            }
        }
    }

    /// Puts a value in place of one that was read, for rows that do not come as JSON.
    package mutating func set(_ value: FieldValue, at name: Int) {
        values[name] = value
    }
}
