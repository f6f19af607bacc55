// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Sidecar
import Testing

struct ReferenceHistoryTests {
    @Test
    func `tells what was in force when, and where it came from`() throws {
        var history = ReferenceHistory()
        history.update([try held("a", rows: 1), try held("b", "n", rows: 1)], at: 100)
        history.update([try promoted(rows: 2, at: 200), try held("b", "n", rows: 1)], at: 201)
        history.update([try held("c", rows: 2)], at: 300)
        #expect(history.inForce.map(\.digest) == [try ReferenceFile.small(rows: 2).digest])
        // The same content from a file is the same reference.
        #expect(history.inForce.map(\.origin) == [.file(path: "c")])
        #expect(history.inForce.map(\.since) == [200])
        #expect(history.earlier.map(\.model) == ["n", "m"])
        #expect(history.earlier.map(\.since) == [100, 100])
        #expect(history.earlier.map(\.until) == [300, 200])
        #expect(history.earlier.map(\.rows) == [1, 1])
    }

    @Test
    func `the same again changes nothing, and a clock set back ends nothing before it began`()
        throws
    {
        var history = ReferenceHistory()
        history.update([try held("a", rows: 1)], at: 100)
        let before = history
        history.update([try held("a", rows: 1)], at: 200)
        #expect(history == before)
        history.update([], at: 50)
        #expect(history.earlier.map(\.until) == [100])
    }

    @Test
    func `the oldest of a model version are forgotten`() throws {
        var history = ReferenceHistory()
        for number in 1...ReferenceHistory.depth + 5 {
            history.update(
                [try held("a", rows: UInt64(number)), try held("b", "n", rows: 1)],
                at: Double(number)
            )
        }
        #expect(history.earlier.count == ReferenceHistory.depth)
        #expect(history.earlier.first?.since == Double(ReferenceHistory.depth + 4))
        #expect(history.inForce.count == 2)
    }

    @Test
    func `what is written is what is read, and no changed byte is believed`() throws {
        var history = ReferenceHistory()
        history.update([try held("a\"\n", rows: 1)], at: 1_700_000_000.25)
        history.update([try promoted(rows: 2, at: 1_700_000_001.5)], at: 1_700_000_001.75)
        let bytes = history.encoded()
        #expect(try ReferenceHistory(decoding: bytes) == history)
        #expect(try ReferenceHistory(decoding: ReferenceHistory().encoded()) == ReferenceHistory())
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(throws: StateContentError.self) { try ReferenceHistory(decoding: damaged) }
            #expect(throws: StateContentError.self) {
                try ReferenceHistory(decoding: Array(bytes[..<index]))
            }
        }
    }

    private func held(
        _ path: String,
        _ model: String = "m",
        rows: UInt64
    ) throws -> ReferenceInventory.Holding {
        .init(origin: .file(path: path), file: try .small(model, rows: rows))
    }

    private func promoted(rows: UInt64, at time: Double) throws -> ReferenceInventory.Holding {
        .init(origin: .promotion(time: time), file: try .small(rows: rows))
    }
}
