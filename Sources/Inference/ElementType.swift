// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The type of a tensor's elements, as far as a plan keeps them apart.
///
/// The narrower types of a graph are carried in the next wider one that holds all their values:
/// `float16` in `float`, `int8` to `uint32` and `bool` in `int64`.
package enum ElementType: String, Sendable, Equatable, CaseIterable {
    case float, double, int64, string
}
