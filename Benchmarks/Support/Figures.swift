// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The median; the mean of the two in the middle for an even number of values.
package func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// `1.234` with the given digits.
package func fixed(_ value: Double, _ digits: Int = 2) -> String {
    String(format: "%.\(digits)f", value)
}
