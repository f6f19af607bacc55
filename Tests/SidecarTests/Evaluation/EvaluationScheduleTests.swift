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
        #expect(isDue(&schedule, at: 114.9) == false)
        #expect(isDue(&schedule, at: 115) == true)
        schedule.reported(at: 115)
        #expect(isDue(&schedule, at: 129) == false)
        #expect(isDue(&schedule, at: 130) == true)
    }

    @Test
    func `on the event clock a report is due after a second without records`() {
        var schedule = EvaluationSchedule(clock: .event, intervalSeconds: 15, now: 100)
        #expect(isDue(&schedule, at: 102) == false)
        schedule.recordsArrived(at: 102)
        #expect(isDue(&schedule, at: 102.9) == false)
        #expect(isDue(&schedule, at: 103) == true)
        schedule.reported(at: 103)
        #expect(isDue(&schedule, at: 110) == false, "nothing arrived since")
    }

    @Test
    func `a clock that stepped back does not postpone the next report by the step`() {
        var schedule = EvaluationSchedule(clock: .arrival, intervalSeconds: 15, now: 10_000)
        #expect(isDue(&schedule, at: 5_000) == false)
        #expect(isDue(&schedule, at: 5_015) == true)
    }

    /// A call of its own, since `#expect` takes no mutating ones.
    private func isDue(_ schedule: inout EvaluationSchedule, at now: Double) -> Bool {
        schedule.isDue(at: now)
    }
}
