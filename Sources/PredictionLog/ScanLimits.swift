// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How much a scanner takes from one line.
package struct ScanLimits: Sendable, Equatable {
    /// The longest line in bytes, without its newline.
    package var maxLineBytes: Int
    /// The deepest nesting of arrays and objects; the line's own object is the first.
    package var maxDepth: Int

    /// Sets the limits; a line has room for at least two bytes, and nesting is 1 to 512 deep.
    ///
    /// The bound on nesting is a bound on the stack: skipping a value takes a frame for each level.
    package init(maxLineBytes: Int = 65_536, maxDepth: Int = JSONCursor.maxDepth) {
        self.maxLineBytes = max(maxLineBytes, 2)
        self.maxDepth = min(max(maxDepth, 1), JSONCursor.maxDepth)
    }
}
