// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Testing

struct DurationTextTests {
    @Test(arguments: [
        ("500ms", 500), ("15s", 15_000), ("1m", 60_000), ("24h", 86_400_000),
        ("56d", 4_838_400_000), ("1h30m", 5_400_000), ("1m500ms", 60_500), ("0s", 0),
    ])
    func `reads and writes a duration`(text: String, milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
        #expect(DurationText.text(.milliseconds(milliseconds)) == text)
    }

    @Test(arguments: [("90m", "1h30m"), ("1d", "24h"), ("36h", "36h"), ("2d", "2d"), ("0ms", "0s")])
    func `writes a duration in its usual units`(written: String, shown: String) throws {
        let duration = try #require(DurationText.parse(written))
        #expect(DurationText.text(duration) == shown)
    }

    @Test(arguments: [
        "", "15", "s", "1.5s", "-1s", "+1s", "1 s", "15S", "1m1h", "1s1s", "1h30", "5min",
        "99999999999999999d", "9223372036854775807ms1ms", "106751991168d", "１s",
    ])
    func `refuses what is no duration`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test
    func `every duration of whole milliseconds reads back`() {
        var milliseconds = 1
        while milliseconds < 10_000_000_000 {
            let duration = Duration.milliseconds(milliseconds)
            #expect(DurationText.parse(DurationText.text(duration)) == duration)
            milliseconds = milliseconds * 13 / 11 + 1
        }
    }
}
