// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

struct LatencyQuantileTests {
    private let bounds = ModelCounters.latencyBounds

    @Test
    func `there is no quantile of nothing`() {
        #expect(ModelCounters().snapshot.latencyQuantile(0.5) == nil)
    }

    @Test
    func `the latencies of a bucket lie evenly between its bounds`() throws {
        let counters = ModelCounters()
        for _ in 0..<4 { counters.count(.ok, rows: 1, latency: .microseconds(80)) }
        let snapshot = counters.snapshot
        // All are in the bucket from 50 to 100 µs.
        for (quantile, expected) in [(0, 50e-6), (0.25, 62.5e-6), (0.5, 75e-6), (1, 100e-6)] {
            let found = try #require(snapshot.latencyQuantile(quantile))
            #expect(isClose(found, expected))
        }
    }

    @Test
    func `beyond the last bound the last bound answers`() {
        let counters = ModelCounters()
        counters.count(.failed, rows: 1, latency: .seconds(60))
        #expect(counters.snapshot.latencyQuantile(0.99) == bounds.last)
    }

    @Test
    func `an estimate lies in the bucket of the true quantile`() throws {
        var random = SeededGenerator(seed: 3)
        for count in [1, 2, 10, 999] {
            let counters = ModelCounters()
            var latencies: [Double] = []
            for _ in 0..<count {
                // From 10 µs to 1 s, evenly by order of magnitude.
                let nanoseconds = Int64(10_000 * pow(10, Double.random(in: 0...5, using: &random)))
                latencies.append(Double(nanoseconds) * 1e-9)
                counters.count(.ok, rows: 1, latency: .nanoseconds(nanoseconds))
            }
            latencies.sort()
            for quantile in [0.01, 0.5, 0.9, 0.99, 1] {
                let rank = max(1, Int((quantile * Double(count)).rounded(.up)))
                let truth = latencies[rank - 1]
                let upper = try #require(bounds.first { truth <= $0 })
                let lower = bounds.last { $0 < truth } ?? 0
                let estimate = try #require(counters.snapshot.latencyQuantile(quantile))
                #expect(lower <= estimate && estimate <= upper, "\(quantile) of \(count)")
            }
        }
    }

    @Test
    func `what came between two looks is their difference`() {
        let counters = ModelCounters()
        counters.count(.ok, rows: 3, latency: .milliseconds(2))
        let earlier = counters.snapshot
        counters.count(.ok, rows: 5, latency: .microseconds(80))
        counters.count(.rejected, rows: 0, latency: .microseconds(80))
        let between = counters.snapshot.since(earlier)
        #expect(between.requests == [.ok: 1, .rejected: 1, .failed: 0])
        #expect(between.rows == 5)
        #expect(between.buckets.reduce(0, +) == 2)
        #expect(isClose(between.latencySeconds, 160e-6))
        #expect(earlier.since(counters.snapshot).buckets.allSatisfy { $0 == 0 })
    }
}
