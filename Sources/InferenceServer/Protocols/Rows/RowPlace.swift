// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Where a row stands in a request.
struct RowPlace {
    /// The instance's number; nil for the only one.
    var instance: Int?
    /// The instance is an object with the row under `features`.
    var isWrapped = false
    /// The row is an array, in the features' order.
    var isArray = false
    /// The bytes of the row as JSON; nil where the values came otherwise.
    var source: Range<Int>?
    /// What the request says of the row besides.
    var identity = RowIdentity()

    /// The way to the row.
    var location: [ValidationFault.Place] {
        guard let instance else { return [.name("body"), .name("features")] }
        let instances: [ValidationFault.Place] = [
            .name("body"), .name("instances"), .index(instance),
        ]
        return isWrapped ? instances + [.name("features")] : instances
    }
}
