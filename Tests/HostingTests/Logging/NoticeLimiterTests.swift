// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Testing

struct NoticeLimiterTests {
    @Test
    func `passes a notice once a minute with what it held back`() {
        var limiter = NoticeLimiter()
        #expect(limiter.pass("malformed", count: 3, at: 0) == 3)
        #expect(limiter.pass("malformed", count: 5, at: 30) == nil)
        #expect(limiter.pass("malformed", count: 1, at: 59.9) == nil)
        #expect(limiter.pass("malformed", count: 1, at: 60) == 7)
    }

    @Test
    func `tells notices apart`() {
        var limiter = NoticeLimiter()
        #expect(limiter.pass("malformed", count: 1, at: 0) == 1)
        #expect(limiter.pass("too_long", count: 1, at: 1) == 1)
    }

    @Test
    func `keeps a bounded number of notices`() {
        var limiter = NoticeLimiter()
        let passed = (0..<1_000).count { limiter.pass("notice \($0)", count: 1, at: 0) != nil }
        #expect(passed == NoticeLimiter.capacity)
    }

    @Test
    func `is not silenced by a clock that stepped back`() {
        var limiter = NoticeLimiter()
        #expect(limiter.pass("malformed", count: 1, at: 1_000_000) == 1)
        #expect(limiter.pass("malformed", count: 1, at: 10) == 1)
    }
}
