// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

/// Simulated hours in which everything goes wrong; a failure names the seed.
struct DeliveryWorldTests {
    private static let receivers: [AlertPolicy.Receiver] = [
        .init(name: "webhook"), .init(name: "slack", spacing: 1),
        .init(name: "alertmanager", isLevelTriggered: true),
    ]

    private func run(_ seed: UInt64, _ faults: DeliveryWorld.Faults) -> DeliveryWorld {
        var world = DeliveryWorld(seed: seed, faults: faults, receivers: Self.receivers)
        for _ in 0..<700 where world.failures.isEmpty {
            world.pass()
            world.deliver()
        }
        if world.failures.isEmpty { world.end() }
        return world
    }

    @Test(arguments: UInt64(1)...5)
    func `every alert is told once to everybody, whatever is killed, lost or away`(seed: UInt64) {
        let world = run(seed, .init(silences: false))
        #expect(world.failures == [])
        #expect(world.restarts > 5)
        #expect(world.receivers.allSatisfy { $0.received.count > 5 })
    }

    @Test(arguments: UInt64(101)...105)
    func `silences that begin and end while alerts fire lose and double nothing`(seed: UInt64) {
        #expect(run(seed, .init(rejects: seed.isMultiple(of: 2))).failures == [])
    }

    @Test(arguments: UInt64(201)...205)
    func `a clock that jumps back and forth wedges nothing`(seed: UInt64) {
        #expect(run(seed, .init(jumps: true)).failures == [])
    }

    @Test(arguments: UInt64(301)...305)
    func `other rules and routes leave nobody with an alert that never ends`(seed: UInt64) {
        #expect(run(seed, .init(reloads: true)).failures == [])
    }
}
