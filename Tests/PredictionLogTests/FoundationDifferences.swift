// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// Where the cursor and Foundation's `JSONSerialization` differ on purpose: all of it is here.
///
/// 1. **Bare `NaN`, `Infinity`, `-Infinity`**: read as numbers (Python writes them); Foundation
///    refuses them.
/// 2. **Numbers beyond a double's range**, as 1e999: read, and invalid as a value; Foundation
///    refuses the whole document.
/// 3. **A comma before `]` or `}`**: refused, as RFC 8259 says; Foundation takes it.
/// 4. **Byte-order marks, UTF-16 and UTF-32**: refused, as RFC 8259 says; Foundation guesses.
/// 5. **The nearest double**: numbers are the nearest double; Foundation's may be wrong from the
///    14th digit on (-43.037291759551664 is -43.03729175955167 there), and its -0 is 0. Numbers are
///    compared to `strtod`, to the bit, elsewhere.
/// 6. **Duplicate keys**: the last wins in a record, and Foundation's dictionary agrees; but it
///    takes canonically equivalent texts for one key, where a record compares bytes.
enum FoundationDifferences {
    /// Whether the verdict of a document may be taken as Foundation's, encodings apart (4).
    static func isComparable(_ bytes: [UInt8]) -> Bool {
        !bytes.prefix(4).contains(0) && bytes.first != 0xEF && bytes.first != 0xFE
            && bytes.first != 0xFF
    }

    /// Whether the cursor may refuse what Foundation takes (3).
    static func mayRefuse(_ bytes: [UInt8], _ fault: ScanFault) -> Bool {
        guard fault.reason == .malformed, fault.offset < bytes.count,
            bytes[fault.offset] == UInt8(ascii: "]") || bytes[fault.offset] == UInt8(ascii: "}")
        else { return false }
        let before = bytes[..<fault.offset].last { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return before == UInt8(ascii: ",")
    }

    /// Whether the cursor may take what Foundation refuses (1, 2).
    static func mayTake(_ tree: JSONTree) -> Bool { tree.hasNonFiniteNumber }
}
