// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Two distributions as columns of text, one above the other.
package struct SharePicture: Sendable, Equatable {
    /// The reference's shares: `▁▃█▅·`; a point for nothing.
    package let reference: String
    /// The window's shares, of the same scale.
    package let window: String

    /// Draws shares.
    ///
    /// - Returns: nil when there is nothing to draw, or one side has more columns.
    package init?(_ evidence: Evidence) {
        let (reference, window) = (evidence.referenceShares, evidence.windowShares)
        let top = (reference + window).filter(\.isFinite).max() ?? 0
        guard !reference.isEmpty, reference.count == window.count, top > 0 else { return nil }
        self.reference = Self.columns(reference, top: top)
        self.window = Self.columns(window, top: top)
    }

    /// Both rows with their names in front, as wide as each other.
    package var lines: [String] { ["reference \(reference)", "window    \(window)"] }

    private static func columns(_ shares: [Double], top: Double) -> String {
        String(
            shares.prefix(ShareComparison.maximumColumns).map { share in
                guard share.isFinite, share > 0 else { return "·" }
                let step = Int((share / top * Double(steps.count)).rounded(.up))
                return steps[min(max(step, 1), steps.count) - 1]
            }
        )
    }

    private static let steps: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
}
