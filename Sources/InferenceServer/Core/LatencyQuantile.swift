// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension ModelCounters.Snapshot {
    /// Estimates a quantile of the latency from the histogram.
    ///
    /// The latencies of a bucket are taken to lie evenly between its bounds, as Prometheus's
    /// `histogram_quantile` does; beyond the last bound the answer is that bound.
    ///
    /// - Parameter quantile: From 0 to 1: 0.5 is the median.
    /// - Returns: Seconds; nil before the first request.
    /// - Complexity: O(buckets).
    package func latencyQuantile(_ quantile: Double) -> Double? {
        let total = buckets.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = min(max(quantile, 0), 1) * Double(total)
        let bounds = ModelCounters.latencyBounds
        var below = 0.0
        var lower = 0.0
        for (count, upper) in zip(buckets, bounds) {
            let inside = Double(count)
            if inside > 0, below + inside >= rank {
                return lower + (upper - lower) * (rank - below) / inside
            }
            below += inside
            lower = upper
        }
        return lower
    }

    /// What was counted after an earlier look at the same counters.
    package func since(_ earlier: ModelCounters.Snapshot) -> ModelCounters.Snapshot {
        var difference = self
        // Counters only grow; a later look that saw less of one than an earlier counts as none.
        let minus = { (later: UInt64, earlier: UInt64) in later > earlier ? later - earlier : 0 }
        for (outcome, count) in earlier.requests {
            difference.requests[outcome] = minus(requests[outcome] ?? 0, count)
        }
        difference.buckets = zip(buckets, earlier.buckets).map(minus)
        difference.latencySeconds = max(0, latencySeconds - earlier.latencySeconds)
        difference.rows = minus(rows, earlier.rows)
        return difference
    }
}
