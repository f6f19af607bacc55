// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// When an alert fired, in whole milliseconds and never for no time, as Alertmanager wants it.
struct AlertSpan: Equatable {
    /// When it began, in milliseconds since 1970.
    private(set) var startMilliseconds: Double
    /// When it was over; nil while it fires.
    private(set) var endMilliseconds: Double?

    /// The span of an alert that fires or is over.
    init(_ alert: Alert) {
        startMilliseconds = Self.milliseconds(alert.firedAt ?? alert.activeAt)
        guard alert.state == .resolved else { return }
        let end = Self.milliseconds(alert.resolvedAt ?? alert.observedAt)
        endMilliseconds = max(end, startMilliseconds + 1)
    }

    /// When it began, in Unix seconds.
    var start: Double { startMilliseconds / 1_000 }
    /// When it was over, in Unix seconds; nil while it fires.
    var end: Double? { endMilliseconds.map { $0 / 1_000 } }

    /// The span with an end, whatever the clocks.
    ///
    /// - Parameters:
    ///   - now: The time by the wall clock: what is over does not end later.
    ///   - seconds: For how many of them from now what fires goes on.
    /// - Returns: A span of a millisecond at least.
    func closed(now: Double, lasting seconds: Double) -> AlertSpan {
        var span = self
        if let end = endMilliseconds {
            let end = min(end, Self.milliseconds(now))
            span.endMilliseconds = end
            span.startMilliseconds = min(startMilliseconds, end - 1)
        } else {
            let end = Self.milliseconds(now + seconds)
            span.endMilliseconds = max(end, startMilliseconds + 1)
        }
        return span
    }

    private static func milliseconds(_ seconds: Double) -> Double { (seconds * 1_000).rounded() }
}
