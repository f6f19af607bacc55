// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What one request may ask for.
package struct ServingLimits: Sendable, Equatable {
    /// Bytes of a request's body.
    package var bodyBytes = 8 << 20
    /// Rows of a request.
    package var rows = 10_000
    /// How long a request may take, from its last byte to its answer.
    package var time = Duration.seconds(10)

    package init() {}
}
