// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Alerting
package import DriftMonitor
import Exposition
import Logging
import Synchronization

/// Where the alerts of the process are: written by the evaluation, by whoever silences, and by the
/// delivery; read by everybody else.
///
/// One lock, held for a transition or a copy. Nothing here waits for a disk or a receiver.
package final class AlertDesk: Sendable {
    struct State: Sendable {
        var engine: AlertEngine
        var settings: AlertSettings
        /// Changes whenever what is due may have.
        var revision = 0
        /// The revision whose changes were last taken to be kept.
        var takenRevision = -1
        var durations: [String: HistogramTally] = [:]
    }

    private let state: Mutex<State>

    /// From a receiver next door to one that hardly answers, in seconds.
    private static let bounds = Histogram.Bounds([
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ])

    /// Begins with what was kept.
    package init(settings: AlertSettings, kept: KeptAlerts = KeptAlerts(), now: Double) {
        var engine = AlertEngine(policy: settings.policy, kept: kept) {
            // Twelve letters and digits are as good as never made twice.
            String(
                (0..<12).compactMap { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() }
            )
        }
        engine.begin(now: now)
        state = Mutex(State(engine: engine, settings: settings))
    }

    /// Goes on with other rules, receivers, routes and silences.
    package func adopt(_ settings: AlertSettings, now: Double) {
        change { state in
            state.settings = settings
            let names = Set(settings.receivers.map(\.name))
            state.durations = state.durations.filter { names.contains($0.key) }
            state.engine.adopt(settings.policy, now: now)
        }
    }

    /// Goes on from what was kept and could not be read before, as `AlertEngine.resume`.
    func resume(from kept: KeptAlerts, hasTold: Bool, now: Double) {
        change { $0.engine.resume(from: kept, hasTold: hasTold, now: now) }
    }

    /// Looks at the windows of model versions.
    ///
    /// - Parameters:
    ///   - reports: Their reports, in the order of time.
    ///   - now: The wall clock, in Unix seconds.
    ///   - describe: What a monitor is compared with.
    package func observe(
        _ reports: [MonitorReport],
        now: Double,
        describe: (MonitorReport) -> MonitorDescription?
    ) {
        change { state in
            for report in reports { state.engine.observe(report, now: now, describe: describe) }
        }
    }

    /// Looks at what came in.
    package func observe(_ sample: TrafficSample, now: Double) {
        change { $0.engine.observe(sample, now: now) }
    }

    private func change<T>(_ body: (inout State) -> T) -> T {
        state.withLock { state in
            state.revision &+= 1
            return body(&state)
        }
    }
}

// MARK: - Delivery

extension AlertDesk {
    /// The settings of the receivers, in the order configured.
    var receivers: [ReceiverSettings] { state.withLock { $0.settings.receivers } }

    /// Where links in messages lead; nil for nowhere.
    var externalURL: String? { state.withLock { $0.settings.externalURL } }

    /// The next step for a receiver, as `AlertEngine.next`; nil when nothing has changed since
    /// `seen` and it is not time yet.
    func next(for receiver: String, _ seen: inout DeliveryLook, now: Double) -> AlertEngine.Step? {
        state.withLock { state in
            if seen.revision == state.revision, now >= seen.time, now < seen.until { return nil }
            let step = state.engine.next(for: receiver, now: now)
            seen.revision = state.revision
            seen.time = now
            switch step {
            case .wait(let until): seen.until = until ?? .infinity
            case .send: state.revision &+= 1
            }
            return step
        }
    }

    /// A notification came to its end.
    ///
    /// - Returns: Whether it was given up.
    func answered(
        _ notification: Notification,
        _ outcome: DeliveryOutcome,
        after seconds: Double,
        now: Double
    ) -> Bool {
        change { state in
            state.durations[notification.receiver, default: HistogramTally(Self.bounds)]
                .observe(seconds)
            return state.engine.answered(
                notification,
                outcome,
                now: now,
                random: .random(in: 0..<1)
            )
        }
    }

    /// Whether there may be something that nobody has taken to be kept.
    var hasUnkept: Bool { state.withLock { $0.revision != $0.takenRevision } }

    /// What has to be kept.
    func takeChanges() -> AlertChanges {
        state.withLock { state in
            state.takenRevision = state.revision
            return state.engine.takeChanges()
        }
    }

    /// These could not be kept.
    func keepAgain(_ changes: AlertChanges) { change { $0.engine.keepAgain(changes) } }

    /// Everything has to be kept anew.
    func keepAnew() { change { $0.engine.keepAnew() } }
}

/// When somebody last asked what is due, and until when the answer holds.
struct DeliveryLook: Sendable {
    var revision = -1
    var time = -Double.infinity
    var until = -Double.infinity
}

// MARK: - What others see

extension AlertDesk {
    /// The alerts that are pending or firing, with the silences that hold for each.
    package func alerts(at now: Double) -> [(alert: Alert, silencedBy: [String])] {
        let (alerts, silences) = state.withLock { state in
            (Array(state.engine.book.active.values), state.engine.activeSilences(at: now))
        }
        return alerts.sorted { $0.key < $1.key }.map { alert in
            (alert, silences.filter { $0.matches(alert) }.map(\.id))
        }
    }

    /// The names of configured rules that look at nothing of what is monitored.
    package func idleRules(_ monitors: [MonitorDescription]) -> [String] {
        let rules = state.withLock { $0.settings.rules ?? [] }
        return rules.filter { !$0.meansAny(of: monitors) }.map(\.name)
    }

    /// The silences, those that ended lately included.
    package var silences: [Silence] { state.withLock { $0.engine.silences } }

    /// Adds a silence; false when there are too many.
    package func add(_ silence: Silence, now: Double) -> Bool {
        change { $0.engine.add(silence, now: now) }
    }

    /// Ends a silence now; nil when there is none of the id that can be ended.
    package func endSilence(_ id: String, now: Double) -> Silence? {
        change { $0.engine.endSilence(id, now: now) }
    }

    /// What there is to count.
    package func figures(at now: Double) -> AlertFigures {
        state.withLock { state in
            let engine = state.engine
            let counts = engine.counts(at: now)
            return AlertFigures(
                pending: counts.pending,
                firing: counts.firing,
                silenced: counts.silenced,
                held: counts.held,
                refused: engine.book.refused,
                receivers: state.settings.receivers.map { receiver in
                    AlertFigures.Receiver(
                        name: receiver.name,
                        state: engine.receivers[receiver.name] ?? ReceiverState(),
                        pending: engine.pending(for: receiver.name, now: now),
                        durations: (state.durations[receiver.name] ?? HistogramTally(Self.bounds))
                            .histogram
                    )
                }
            )
        }
    }
}

extension AlertDesk {
    /// Says which rules look at nothing, or want more rows than there can be: a misspelt name raises
    /// no alert, and no question.
    func logIdleRules(_ monitors: [MonitorDescription], _ logger: Logger) {
        for rule in idleRules(monitors) {
            logger.warning(
                "a rule looks at nothing: no reference has such a model and feature",
                metadata: ["rule": "\(rule)"]
            )
        }
        let rules = state.withLock { $0.settings.policy.rules }
        for rule in rules where !rule.canHaveRows(in: monitors) {
            logger.warning(
                "a rule never fires: it wants more rows than its window holds",
                metadata: ["rule": "\(rule.name)", "min_rows": "\(rule.minimumRows ?? 0)"]
            )
        }
    }
}

/// What there is to count of alerts and their delivery.
package struct AlertFigures: Sendable {
    /// How it goes with one receiver.
    package struct Receiver: Sendable {
        /// Its name.
        package var name: String
        /// What became of its requests.
        package var state: ReceiverState
        /// Groups of which it should know something else.
        package var pending: Int
        /// How long its requests took, in seconds.
        var durations: Histogram
    }

    /// Conditions that hold, not yet for long enough.
    package var pending: Int
    /// Alerts that fire.
    package var firing: Int
    /// Alerts that fire and are silenced.
    package var silenced: Int
    /// Alerts of which nothing can be said at the moment.
    package var held: Int
    /// Conditions for which there was no room.
    package var refused: UInt64
    /// The receivers, in the order configured.
    package var receivers: [Receiver]
}
