// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Whether a number equals the oracle's to 1e-9: `|a − b| ≤ 1e-9 · max(1, |b|)`.
///
/// `a` is the number to judge, `b` the oracle's; NaN is close to nothing.
package func isClose(_ a: Double, _ b: Double) -> Bool {
    abs(a - b) <= 1e-9 * max(1, abs(b))
}

/// Whether two numbers, either of which may be undefined, agree to 1e-9.
package func isClose(_ a: Double?, _ b: Double?) -> Bool {
    switch (a, b) {
    case (nil, nil): true
    case (let a?, let b?): isClose(a, b)
    default: false
    }
}
