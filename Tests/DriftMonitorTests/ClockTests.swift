// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import TestSupport
import Testing

struct EventClockTests {
    @Test
    func `a pane closes when its end lies the lateness behind the watermark`() {
        var clock = EventClock(paneSeconds: 60, latenessSeconds: 30)
        #expect(clock.admit(60, arrival: 1e9) == .paneAfterClosing(1, closing: 0))
        #expect(clock.admit(89.999, arrival: 1e9) == .pane(1))
        #expect(clock.admit(90, arrival: 1e9) == .paneAfterClosing(1, closing: 1))
        #expect(clock.admit(149.999, arrival: 1e9) == .pane(2))
        #expect(clock.admit(60, arrival: 1e9) == .pane(1))
        #expect(clock.admit(150, arrival: 1e9) == .paneAfterClosing(2, closing: 2))
        #expect(clock.admit(119.999, arrival: 1e9) == .late)
        #expect(clock.admit(120, arrival: 1e9) == .pane(2))
        #expect(clock.watermark == 150)
    }

    @Test
    func `a row more than a minute ahead is future and moves nothing`() {
        var clock = EventClock(paneSeconds: 60, latenessSeconds: 0)
        #expect(clock.admit(1_060.001, arrival: 1_000) == .future)
        #expect(clock.watermark == nil)
        #expect(clock.admit(1_060, arrival: 1_000) == .paneAfterClosing(17, closing: 17))
        #expect(clock.admit(.nan, arrival: 1_000) == .future)
        #expect(clock.admit(-.infinity, arrival: 1_000) == .late)
    }

    @Test
    func `the end of a stream closes what the watermark has passed, and no more`() {
        var clock = EventClock(paneSeconds: 60, latenessSeconds: 600)
        _ = clock.admit(130, arrival: 1e9)
        #expect(clock.finish() == 2)
        #expect(clock.admit(119, arrival: 1e9) == .late)
        #expect(clock.admit(121, arrival: 1e9) == .pane(2))
    }

    @Test(arguments: [1, 7, 60, 86_400], [0, 1, 59, 60, 61, 200])
    func `decides as a list of closed panes would`(paneSeconds: Int, lateness: Int) {
        var random = SeededGenerator(seed: UInt64(paneSeconds * 1_000 + lateness))
        var clock = EventClock(paneSeconds: paneSeconds, latenessSeconds: lateness)
        var watermark = -Double.infinity
        var time = Double(Int.random(in: 0...2_000_000_000, using: &random))
        for _ in 0..<2_000 {
            time += Double.random(in: -100...110, using: &random)
            if Int.random(in: 0..<50, using: &random) == 0 { time.round(.down) }
            let row = max(time, 0)
            let pane = (row / Double(paneSeconds)).rounded(.down)
            let isLate = (pane + 1) * Double(paneSeconds) <= watermark - Double(lateness)
            switch clock.admit(row, arrival: 1e12) {
            case .late: #expect(isLate)
            case .future: Issue.record("nothing lies in the future")
            case .pane(let number):
                #expect(!isLate && number == Int(pane))
            case .paneAfterClosing(let number, let closing):
                #expect(!isLate && number == Int(pane) && closing <= number)
            }
            if !isLate { watermark = max(watermark, row) }
        }
    }
}

struct ArrivalClockTests {
    @Test
    func `moves from pane to pane and over any gap`() {
        var clock = ArrivalClock(paneSeconds: 60)
        #expect(clock.advance(to: 59.999) == .moves(to: 0))
        #expect(clock.advance(to: 60) == .moves(to: 1))
        #expect(clock.advance(to: 119) == .stays)
        #expect(clock.advance(to: 3e9) == .moves(to: 50_000_000))
    }

    @Test
    func `waits for a clock set back into the pane before`() {
        var clock = ArrivalClock(paneSeconds: 60)
        _ = clock.advance(to: 121)
        #expect(clock.advance(to: 119) == .stays)
        #expect(clock.advance(to: 60) == .stays)
        #expect(clock.time == 121)
        #expect(clock.advance(to: 180) == .moves(to: 3))
    }

    @Test
    func `renames the panes when it is set back further`() {
        var clock = ArrivalClock(paneSeconds: 60)
        _ = clock.advance(to: 6_000)
        #expect(clock.advance(to: 100) == .renames(to: 1))
        #expect(clock.time == 100)
        #expect(clock.advance(to: 120) == .moves(to: 2))
        #expect(clock.advance(to: 59.999) == .renames(to: 0))
    }
}
