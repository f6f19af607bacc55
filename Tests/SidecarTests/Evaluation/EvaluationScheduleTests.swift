// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Sidecar
import Testing

struct EvaluationScheduleTests {
    @Test
    func `on the arrival clock a report is due every interval, records or not`() {
        var schedule = EvaluationSchedule(clock: .arrival, intervalSeconds: 15, now: 100)
        schedule.recordsArrived(at: 101)
        #expect(!schedule.isDue(at: 114.9))
        #expect(schedule.isDue(at: 115))
        schedule.reported(at: 115)
        #expect(!schedule.isDue(at: 129))
        #expect(schedule.isDue(at: 130))
    }

    @Test
    func `on the event clock a report is due after a second without records`() {
        var schedule = EvaluationSchedule(clock: .event, intervalSeconds: 15, now: 100)
        #expect(!schedule.isDue(at: 102))
        schedule.recordsArrived(at: 102)
        #expect(!schedule.isDue(at: 102.9))
        #expect(schedule.isDue(at: 103))
        schedule.reported(at: 103)
        #expect(!schedule.isDue(at: 110), "nothing arrived since")
    }

    @Test
    func `a clock that stepped back does not postpone the next report by the step`() {
        var schedule = EvaluationSchedule(clock: .arrival, intervalSeconds: 15, now: 10_000)
        #expect(!schedule.isDue(at: 5_000))
        #expect(schedule.isDue(at: 5_015))
    }
}
