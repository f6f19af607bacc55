// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Hosting
import Logging
import ServiceLifecycle
import Synchronization

/// Tells receivers what is due, each in a task of its own, so that a slow one delays nobody.
///
/// Everything follows from what the desk holds: a task asks what is due, has it kept, sends it,
/// and tells the desk what came of it.
struct NotificationService: Service {
    /// How often a task asks; nearly always a comparison of two numbers.
    static let tick = Duration.milliseconds(100)
    /// How long requests under way may take at the end.
    static let farewell = Duration.seconds(3)

    let desk: AlertDesk
    /// Nil keeps nothing.
    let keeper: AlertKeeper?
    let post: NotificationPost
    let logger: Logger

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: Self.farewell)
            }
            group.addTask { await tellAll() }
            // Either everybody has ended, or the time for it has.
            await group.next()
            group.cancelAll()
        }
        // What is left to keep, unless the disk takes for ever.
        try? await Timeout.run(within: Self.farewell) { await keep() }
    }

    /// Has a task for every receiver, also for those that come with a reload.
    private func tellAll() async {
        let served = Served()
        await withDiscardingTaskGroup { group in
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                for receiver in desk.receivers {
                    let name = receiver.name
                    guard served.begin(name) else { continue }
                    group.addTask {
                        await tell(name)
                        served.end(name)
                    }
                }
                if desk.hasUnkept { await keep() }
                try? await Task.sleep(for: Self.tick)
            }
        }
    }

    /// Tells one receiver, until there is none of its name any more.
    private func tell(_ name: String) async {
        var look = DeliveryLook()
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            guard let receiver = desk.receivers.first(where: { $0.name == name }) else { return }
            let now = wallClockSeconds()
            if keeper?.isReady ?? true,
                case .send(let notification) = desk.next(for: name, &look, now: now)
            {
                await keep()
                await send(notification, to: receiver)
                await keep()
            } else {
                try? await Task.sleep(for: Self.tick)
            }
        }
    }

    private func send(_ notification: Notification, to receiver: ReceiverSettings) async {
        let start = ContinuousClock.now
        let result = await post.send(notification, to: receiver, externalURL: desk.externalURL)
        // Nobody knows what became of a request that the process's end has cut off, unless it was
        // answered before.
        if Task.isCancelled, result.outcome != .delivered { return }
        let isGivenUp = desk.answered(
            notification,
            result.outcome,
            after: start.duration(to: .now).inSeconds,
            now: wallClockSeconds()
        )
        tell(result.outcome, of: notification, isGivenUp: isGivenUp)
    }

    private func tell(_ outcome: DeliveryOutcome, of notification: Notification, isGivenUp: Bool) {
        var metadata: Logger.Metadata = [
            "receiver": "\(notification.receiver)", "notification": "\(notification.id)",
            "firing": "\(notification.firing.count)", "resolved": "\(notification.resolved.count)",
        ]
        if let model = notification.group.model { metadata["model"] = "\(model)" }
        if let version = notification.group.version { metadata["model_version"] = "\(version)" }
        switch outcome {
        case .delivered:
            logger.info("notification delivered", metadata: metadata)
        case .failed(let reason, _):
            metadata["reason"] = "\(reason)"
            logger.warning(
                isGivenUp ? "notification given up" : "notification failed; it is tried again",
                metadata: metadata
            )
        case .rejected(let reason):
            metadata["reason"] = "\(reason)"
            logger.error(
                "notification rejected; it is tried again after a change, repeat_every or a reload",
                metadata: metadata
            )
        case .gone(let reason):
            metadata["reason"] = "\(reason)"
            logger.error("receiver gone; it is told nothing until a reload", metadata: metadata)
        }
    }

    /// Has changes kept, on a thread that may wait for the disk; also those that somebody else is
    /// keeping at the moment are when it returns.
    private func keep() async {
        guard let keeper else {
            _ = desk.takeChanges()
            return
        }
        await keeper.keep(desk)
    }
}

/// The receivers that have a task.
private final class Served: Sendable {
    private let names = Mutex<Set<String>>([])

    /// Whether a task for a receiver may begin.
    func begin(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }

    /// A task has ended.
    func end(_ name: String) { _ = names.withLock { $0.remove(name) } }
}
