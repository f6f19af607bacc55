// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Why a table cannot be read.
///
/// Lines are lines of the file, counted from 1; a row of several lines is named by its first.
package enum TableError: Error, Sendable, Equatable {
    /// The input ended before a header or a first record.
    case empty

    /// The input is one JSON array: neither CSV nor an object a line.
    case jsonArray

    /// The header is one column whose name holds what looks like another separator.
    case separator(found: Character)

    /// A row has more or fewer cells than the header.
    case raggedRow(line: Int, expected: Int, found: Int)

    /// Something other than a comma or the end of the line follows a closing quote.
    case textAfterQuote(line: Int)

    /// The input ended within quotes that were opened on this line.
    case unterminatedQuote(line: Int)

    /// A row is longer than the limit, in bytes.
    case rowTooLong(line: Int, limit: Int)

    /// A row is not valid UTF-8.
    case invalidUTF8(line: Int)

    /// The header names a column twice.
    case duplicateColumn(name: String)

    /// A line of NDJSON is not one JSON object.
    case json(line: Int, ScanFault)

    /// The features of a record are an array, and nothing says their order.
    case unnamedFeatures(line: Int)

    /// The features of a record are an array of another length than the reference has.
    case featureCount(line: Int, expected: Int, found: Int)
}

extension TableError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty:
            "the input is empty: a CSV header or a JSON object was expected"
        case .jsonArray:
            "the input is a JSON array: CSV or one JSON object a line was expected (jq -c '.[]' "
                + "makes lines of it)"
        case .separator(let found):
            "the header has one column, with '\(found == "\t" ? "\\t" : String(found))' in its name: "
                + "cells are expected to be separated by commas"
        case .raggedRow(let line, let expected, let found):
            "line \(line) has \(found) cells, the header has \(expected)"
        case .textAfterQuote(let line):
            "line \(line) has text after a closing quote (a quote within quotes is doubled)"
        case .unterminatedQuote(let line):
            "the quote opened on line \(line) is never closed"
        case .rowTooLong(let line, let limit):
            "the row at line \(line) is longer than \(limit) bytes"
        case .invalidUTF8(let line):
            "line \(line) is not valid UTF-8"
        case .duplicateColumn(let name):
            "the header names the column '\(name)' twice"
        case .json(let line, let fault):
            "line \(line) is not a JSON object: \(fault)"
        case .unnamedFeatures(let line):
            "the features on line \(line) are an array, and without a reference nothing names them"
        case .featureCount(let line, let expected, let found):
            "the features on line \(line) are an array of \(found), the reference has \(expected)"
        }
    }
}
