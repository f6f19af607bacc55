// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a connection may use, and for how long.
package struct ConnectionSettings: Sendable, Equatable {
    /// Header fields of one request, in bytes; more are answered 431.
    package var headerBytes = 16 << 10
    /// Header fields of one request; more are answered 431.
    package var headerFields = 100
    /// The body of one request, in bytes; a larger one is answered 413.
    package var bodyBytes = 8 << 20
    /// The body of a request that may be answered on the event loop.
    package var plainBodyBytes = 64 << 10
    /// From a request's first byte to its last; later ones are answered 408.
    package var requestTime = Duration.seconds(10)
    /// A connection that is silent for so long, and owes nobody an answer, is closed.
    package var idle = Duration.seconds(120)
    /// How long a connection is still read that was told to close: what the client has sent already
    /// would otherwise reset it, and the answer with it.
    package var linger = Duration.seconds(1)
    /// How long an idle connection waits at the shutdown for a request that is under way.
    package var lastCall = Duration.milliseconds(100)

    /// Makes the defaults.
    package init() {}
}
