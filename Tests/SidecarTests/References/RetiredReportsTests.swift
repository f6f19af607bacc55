// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import Hosting
import Sidecar
import Testing

struct RetiredReportsTests {
    private let hour = 3_600.0

    @Test
    func `a report is readable for a day`() throws {
        var retired = RetiredReports()
        retired.retire([try report("delay")], but: { _ in false }, at: 0)
        retired.retire([try report("fraud")], but: { _ in false }, at: 2 * hour)
        #expect(retired.readable(at: 23 * hour).map(\.key.model) == ["fraud", "delay"])
        #expect(retired.readable(at: 25 * hour).map(\.key.model) == ["fraud"])
        #expect(retired.readable(at: 26 * hour).isEmpty)
        retired.retire([], but: { _ in false }, at: 25 * hour)
        #expect(retired.entries.map(\.key.model) == ["fraud"])
    }

    @Test
    func `it has the shape of a monitor, and when it was replaced`() throws {
        var retired = RetiredReports()
        retired.retire([try report("delay")], but: { _ in false }, at: 1_700_000_000)
        let entry = try #require(retired.entries.first)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(entry.json.utf8)) as? [String: Any]
        )
        #expect(object["model"] as? String == "delay")
        #expect(object["reference"] as? String == "d")
        #expect(object["retired_at"] as? String == "2023-11-14T22:13:20Z")
        let windows = try #require(object["windows"] as? [[String: Any]])
        #expect(windows.map { $0["rows"] as? Int } == [250])
    }

    @Test
    func `what is in force again is not retired`() throws {
        var retired = RetiredReports()
        retired.retire([try report("delay"), try report("fraud")], but: { _ in false }, at: 0)
        retired.retire([], but: { $0.model == "delay" }, at: 1)
        #expect(retired.entries.map(\.key.model) == ["fraud"])
    }

    @Test
    func `the oldest make room, and one monitor has one report`() throws {
        var retired = RetiredReports()
        let count = RetiredReports.maximumCount
        for number in 0..<count + 3 {
            retired.retire([try report("m\(number)")], but: { _ in false }, at: Double(number))
        }
        #expect(retired.entries.count == count)
        #expect(retired.entries.first?.key.model == "m3")
        retired.retire([try report("m5")], but: { _ in false }, at: 100)
        #expect(retired.entries.count == count)
        #expect(retired.entries.last?.key.model == "m5")
    }

    @Test
    func `what is written is what is read, and no changed byte is believed`() throws {
        var retired = RetiredReports()
        retired.retire([try report("delay \"v\"")], but: { _ in false }, at: 1_700_000_000.5)
        let bytes = retired.encoded()
        #expect(try RetiredReports(decoding: bytes) == retired)
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(throws: StateContentError.self) { try RetiredReports(decoding: damaged) }
        }
    }

    private func report(_ model: String) throws -> MonitorReport {
        SampleReports.monitor(try SampleReports.reference(model: model))
    }
}
