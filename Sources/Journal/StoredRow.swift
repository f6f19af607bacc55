// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// A row of the file, of which nothing is believed: a value of another kind than was stored is
/// `Damage`, where the library's own conversions would trap.
struct StoredRow {
    private let values: [DatabaseValue]
    private let table: String

    /// Takes the values of a row of `table`.
    init(_ row: Row, of table: String) {
        values = Array(row.databaseValues)
        self.table = table
    }

    /// A text, kept as its UTF-8 bytes.
    func text(_ column: Int) throws(Damage) -> String {
        let bytes = try bytes(column)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw damage(column) }
        return text
    }

    /// What SQLite's `quote` made.
    func quoted(_ column: Int) throws(Damage) -> String {
        guard case .string(let text) = values[column].storage else { throw damage(column) }
        return text
    }

    func optionalText(_ column: Int) throws(Damage) -> String? {
        if case .null = values[column].storage { return nil }
        return try text(column)
    }

    func integer(_ column: Int) throws(Damage) -> Int {
        guard case .int64(let number) = values[column].storage else { throw damage(column) }
        return Int(number)
    }

    /// A number of 64 bits, kept as the signed one of the same bits.
    func unsigned(_ column: Int) throws(Damage) -> UInt64 {
        UInt64(bitPattern: Int64(try integer(column)))
    }

    func real(_ column: Int) throws(Damage) -> Double {
        guard case .double(let number) = values[column].storage else { throw damage(column) }
        return number
    }

    func bytes(_ column: Int) throws(Damage) -> [UInt8] {
        switch values[column].storage {
        case .blob(let data): return [UInt8](data)
        default: throw damage(column)
        }
    }

    /// Compares the stored checksum with that of the values read.
    func check(_ column: Int, is checksum: Checksum) throws(Damage) {
        guard Int64(try integer(column)) == checksum.value else {
            throw Damage(reason: "a row of \(table) does not match its checksum")
        }
    }

    private func damage(_ column: Int) -> Damage {
        Damage(reason: "column \(column) of a row of \(table) is of the wrong kind")
    }
}

extension String {
    /// The text as SQLite keeps it: its UTF-8 bytes.
    var stored: Data { Data(utf8) }
}

extension UInt64 {
    /// The signed number of the same bits, which is how SQLite keeps it.
    var stored: Int64 { Int64(bitPattern: self) }
}
