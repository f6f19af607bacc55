// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// Seeded lives of a producer and a sidecar that is killed at any byte.
struct AcknowledgedDeliveryTests {
    /// Lets many things happen, and looks after each of them.
    private func live(_ world: inout AcknowledgedWorld, limit: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<600 {
            switch Int.random(in: 0..<16, using: &random) {
            case 0...3: world.log(.random(in: 1...8, using: &random))
            case 4: world.log(.random(in: 1...60, using: &random), padding: 40)
            case 5, 6: world.sidecar.commit()
            case 7:
                world.sidecar.answerHello()
                world.room = .random(in: 0...100, using: &random)
            case 8: world.kill()
            case 9, 10: world.isUp = true
            case 11: world.breakConnection(kill: false)
            case 12: world.room = .random(in: 0...300, using: &random)
            case 13: world.room = nil
            case 14: world.answerBytes = .random(in: 1...40, using: &random)
            default: world.commitsAtOnce = Int.random(in: 0..<3, using: &random) == 0
            }
            let time = [1, 1, 1, 1, 5, 60, 5_100].randomElement(using: &random) ?? 1
            world.pass(.milliseconds(time))
            check(world, limit: limit)
        }
    }

    private func check(_ world: AcknowledgedWorld, limit: Int) {
        let (state, sidecar) = (world.state, world.sidecar)
        #expect(sidecar.faults == [])
        #expect(state.recordsAcknowledged <= sidecar.durable.decided)
        #expect(sidecar.live.counted.values.allSatisfy { $0 == 1 })
        #expect(sidecar.live.counted.count == Int(sidecar.live.decided))
        // Nothing is forgotten: what is not here is acknowledged, dropped, or in the queue.
        let known = Int(state.recordsAcknowledged + world.queue.counts.dropped)
        #expect(known + state.recordsInHand <= world.logged)
        if world.queue.counts.bytes == 0 { #expect(known + state.recordsInHand == world.logged) }
        // A batch has a quarter of the limit, and numbers come on top of it.
        #expect(state.bytesInFlight <= limit + limit / 4)
        #expect(world.hangUps.allSatisfy { $0 == .silent })
    }

    @Test(arguments: UInt64(1)...60)
    func `whatever happens, each record is counted once or counted as dropped`(seed: UInt64) {
        let limit = Int(1_024 << (seed % 4))
        var world = AcknowledgedWorld(queueBytes: 2_048, inFlightLimit: limit)
        live(&world, limit: limit, seed: seed)

        (world.isUp, world.commitsAtOnce, world.room, world.answerBytes) = (true, true, nil, .max)
        world.pass(.milliseconds(10), times: 2_000)
        check(world, limit: limit)
        let dropped = world.queue.counts.dropped
        #expect(world.sidecar.durable.counted.count + Int(dropped) == world.logged)
        #expect(world.state.recordsAcknowledged == world.sidecar.durable.decided)
        #expect(world.state.recordsInHand == 0)
        #expect(world.state.bytesInFlight == 0)
        #expect(world.sidecar.durable.dropped == dropped)
    }

    @Test(arguments: UInt64(101)...130)
    func `at the end, what is not acknowledged is counted as dropped`(seed: UInt64) {
        var world = AcknowledgedWorld(queueBytes: 2_048, inFlightLimit: 4_096)
        live(&world, limit: 4_096, seed: seed)
        world.stop(within: .milliseconds(200))
        world.pass(times: 201)
        #expect(world.isFinished)
        let (acknowledged, dropped) = (world.state.recordsAcknowledged, world.queue.counts.dropped)
        #expect(Int(acknowledged + dropped) == world.logged)
        #expect(world.sidecar.durable.decided >= acknowledged)
    }
}
