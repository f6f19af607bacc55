// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Foundation
import Sidecar
import TestSupport
import Testing

struct PromotionDirectoryTests {
    private let state: TemporaryDirectory
    private let directory: PromotionDirectory

    init() throws {
        state = try TemporaryDirectory()
        directory = PromotionDirectory(stateDirectory: state.url.path)
    }

    @Test
    func `what is kept is read, whatever the names of models`() throws {
        #expect(directory.load(now: 0).promotions.isEmpty)
        let over = try ReferenceFile.small(rows: 9).digest
        let promotions = [
            Promotion(file: try .small("../a\0/", "1"), time: 1_700_000_000.123, over: over),
            Promotion(file: try .small("b", rows: 2), time: 5, over: nil),
        ]
        for promotion in promotions { try directory.save(promotion) }
        let content = directory.load(now: 0)
        #expect(content.faults == [])
        #expect(content.promotions.sorted { $0.time > $1.time } == promotions)
        // Each is a reference file like any other.
        for name in try names() {
            #expect(try ReferenceFile.load(directory.path + "/" + name).reference.rows > 0)
        }
        directory.remove(promotions[0])
        #expect(directory.load(now: 0).promotions == [promotions[1]])
    }

    @Test
    func `of two of one model version the later counts, and what was not finished is removed`()
        throws
    {
        for (rows, time) in [(1, 20.5), (2, 100), (3, 99)] {
            try directory.save(
                Promotion(file: try .small(rows: UInt64(rows)), time: time, over: nil)
            )
        }
        try state.write("{", to: "references/1-2-3.json.77.tmp")
        #expect(directory.load(now: 0).promotions.map(\.time) == [100])
        #expect(try names().count == 1)
    }

    @Test
    func `damaged files are set aside, others left alone`() throws {
        let promotion = Promotion(file: try .small(), time: 1, over: nil)
        try directory.save(promotion)
        let name = try #require(try names().first)
        let text = promotion.file.text
        try state.write(text.replacing("\"rows\":1", with: "\"rows\":2"), to: "references/" + name)
        try state.write(text, to: "references/mine.json")
        let content = directory.load(now: 0)
        #expect(content.promotions.isEmpty)
        #expect(content.faults.count == 1)
        #expect(content.faults.allSatisfy { $0.contains("digest") && $0.contains("set aside") })
        #expect(try names() == [name + ".set-aside-1970-01-01T00:00:00Z", "mine.json"])
        // A name that says another digest than the content has.
        try state.write(try ReferenceFile.small(rows: 2).text, to: "references/" + name)
        #expect(directory.load(now: 1).faults.map { $0.contains("another digest") } == [true])
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }
}
