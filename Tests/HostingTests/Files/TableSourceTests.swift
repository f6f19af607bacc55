// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import PredictionLog
import TestSupport
import Testing

struct TableSourceTests {
    private static let text = "a,b\n" + (1...20_000).map { "\($0),x\($0)\n" }.joined()

    private static func read(_ path: String) throws -> [TableRow] {
        var source = try TableSource(path: path, options: .init())
        var rows: [TableRow] = []
        while let next = try source.next() { rows += next }
        #expect(source.totalBytes == source.readBytes)
        #expect(try source.next() == nil)
        return rows
    }

    @Test
    func `gzip is told by its first bytes, in one member or two`() throws {
        let directory = try TemporaryDirectory()
        let bytes = Array(Self.text.utf8)
        let plain = try Self.read(directory.write(Self.text, to: "plain"))
        #expect(plain.count == 20_000)
        #expect(plain.last?.cells == [.number(20_000, text: "20000"), .text("x20000")])
        let parts = try Gzip.compress(Array(bytes[..<999])) + Gzip.compress(Array(bytes[999...]))
        for (name, file) in [("one", try Gzip.compress(bytes)), ("two", parts)] {
            try Data(file).write(to: directory.url.appending(path: name))
            #expect(try Self.read(directory.path(name)) == plain)
        }
    }

    @Test
    func `an error names the file and says what is wrong with it`() throws {
        let directory = try TemporaryDirectory()
        let absent = directory.path("absent")
        #expect {
            try Self.read(absent)
        } throws: { error in
            "\(error)" == "\(absent): No such file or directory"
        }
        let ragged = try directory.write("a\n1,2\n", to: "ragged")
        #expect {
            try Self.read(ragged)
        } throws: { error in
            "\(error)" == "\(ragged): line 2 has 2 cells, the header has 1"
        }
        let cut = directory.path("cut.gz")
        let half = try Gzip.compress(Array(Self.text.utf8)).dropLast(9)
        try Data(half).write(to: URL(filePath: cut))
        #expect {
            try Self.read(cut)
        } throws: { error in
            "\(error)" == "\(cut): the gzip data ends before its end"
        }
        let empty = try directory.write("", to: "empty")
        #expect {
            try Self.read(empty)
        } throws: { error in
            (error as? TableSourceError)?.reason == .table(.empty)
        }
    }
}
