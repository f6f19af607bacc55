// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Sidecar
import Testing

struct ReplayPaceTests {
    @Test(arguments: [
        ("max", ReplaySpeed.unlimited), ("3600x", .times(3_600)), ("1x", .times(1)),
        ("0.5", .times(0.5)),
    ])
    func `reads a speed`(text: String, speed: ReplaySpeed) {
        #expect(ReplaySpeed(text) == speed)
    }

    @Test(arguments: ["", "x", "0x", "-1x", "infx", "nan", "fast", "1xx", "1e999"])
    func `refuses what is no speed`(text: String) {
        #expect(ReplaySpeed(text) == nil)
    }

    @Test
    func `a record is due by its event time, and time never runs backwards`() {
        var pace = ReplayPace(speed: .times(60))
        #expect(pace.reached == nil)
        let times: [(time: Double, due: Double)] = [
            (.nan, 0), (1_000, 0), (1_060, 1), (1_030, 1), (.nan, 1), (1_180, 3),
        ]
        for (time, due) in times { #expect(pace.due(at: time) == due) }
        #expect(pace.reached == 1_180)
    }

    @Test
    func `at full speed everything is due at once`() {
        var pace = ReplayPace(speed: .unlimited)
        #expect(pace.due(at: 5) == 0)
        #expect(pace.due(at: 1e9) == 0)
        #expect(pace.reached == 1e9)
    }
}
