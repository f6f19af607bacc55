// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import PredictionLog

/// A table in a file or on standard input, gzipped or not, as a sequence of runs of rows.
package struct TableSource: ~Copyable {
    private static let chunkBytes = 128 << 10

    private let file: OpenFile
    private var reader: TableReader
    private var inflater: GzipInflater?
    private var hasStarted = false
    private var hasEnded = false

    /// The path as given; `-` is standard input.
    package let path: String

    /// The size of the file in bytes; `nil` when it has none.
    package let totalBytes: Int?

    /// How many bytes of the file were read so far.
    package private(set) var readBytes = 0

    /// Opens the file; nothing is read before the first `next()`.
    ///
    /// - Throws: `TableSourceError` when it cannot be opened.
    package init(path: String, options: TableReader.Options) throws(TableSourceError) {
        self.path = path
        reader = TableReader(options: options)
        do {
            file = path == "-" ? OpenFile.standardInput : try OpenFile(reading: path)
        } catch {
            throw TableSourceError(path: path, reason: .system(error))
        }
        totalBytes = file.size
    }

    /// The columns met so far, as `TableReader` has them.
    package var columns: [TableColumn] { reader.columns }

    /// What the table is; `nil` until its first byte.
    package var format: TableReader.Format? { reader.format }

    /// The next rows; may be none before the end.
    ///
    /// - Returns: `nil` at the end of the table.
    /// - Throws: `TableSourceError`.
    package mutating func next() throws(TableSourceError) -> [TableRow]? {
        if hasEnded { return nil }
        do {
            return try readRows()
        } catch {
            throw TableSourceError(path: path, reason: error)
        }
    }

    private mutating func readRows() throws(TableSourceError.Reason) -> [TableRow] {
        // What a chunk decompresses to is taken piece by piece, so that memory stays bounded.
        if let piece = try inflate() { return try parse(piece) }
        let bytes = try readChunk()
        if bytes.isEmpty { return try end() }
        if !hasStarted, bytes.starts(with: Gzip.magic) { try beginInflating() }
        hasStarted = true
        if inflater == nil { return try parse(bytes) }
        inflater?.append(bytes)
        return []
    }

    /// The next bytes of the file; the first time at least the two that tell gzip, if there are two.
    private mutating func readChunk() throws(TableSourceError.Reason) -> [UInt8] {
        do {
            var bytes = try file.read(upTo: Self.chunkBytes)
            if !hasStarted, bytes.count == 1 { bytes += try file.read(upTo: Self.chunkBytes) }
            readBytes += bytes.count
            return bytes
        } catch { throw .system(error) }
    }

    private mutating func parse(_ bytes: [UInt8]) throws(TableSourceError.Reason) -> [TableRow] {
        do { return try reader.read(bytes.span) } catch { throw .table(error) }
    }

    private mutating func beginInflating() throws(TableSourceError.Reason) {
        do { inflater = try GzipInflater() } catch { throw .gzip(error) }
    }

    private mutating func inflate() throws(TableSourceError.Reason) -> [UInt8]? {
        do { return try inflater?.next() } catch { throw .gzip(error) }
    }

    private mutating func end() throws(TableSourceError.Reason) -> [TableRow] {
        hasEnded = true
        do { try inflater?.finish() } catch { throw .gzip(error) }
        do { return try reader.finish() } catch { throw .table(error) }
    }
}

/// Why the table in a file cannot be read.
package struct TableSourceError: Error, Sendable, Equatable {
    package enum Reason: Error, Sendable, Equatable {
        case system(SystemError)
        case gzip(GzipError)
        case table(TableError)
    }

    package let path: String
    package let reason: Reason
}

extension TableSourceError: CustomStringConvertible {
    package var description: String {
        let name = path == "-" ? "standard input" : path
        return switch reason {
        case .system(let error): "\(name): \(error)"
        case .gzip(let error): "\(name): \(error)"
        case .table(let error): "\(name): \(error)"
        }
    }
}
