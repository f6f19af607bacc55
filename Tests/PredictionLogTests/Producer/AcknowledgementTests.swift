// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

private let hello = #"{"hello":{"producer":"p","session":"s","ack":true}}"#

/// Lines of the records of some identifiers, which are numbered from one more on.
private func records(_ ids: Range<Int>) -> [String] {
    ids.map { #"{"seq":\#($0 + 1),"id":\#($0)}"# }
}

struct AcknowledgementTests {
    /// A world in which the sidecar is up and has answered the hello.
    private func greetedWorld(inFlightLimit: Int = 1 << 20) -> AcknowledgedWorld {
        var world = AcknowledgedWorld(inFlightLimit: inFlightLimit)
        world.isUp = true
        world.pass()
        return world
    }

    @Test
    func `numbers what is logged, and forgets what is acknowledged`() {
        var world = greetedWorld()
        world.log(12)
        world.pass(times: 5)
        #expect(world.sidecar.lines == [[hello] + records(0..<12)])
        #expect(world.sidecar.faults == [])
        #expect(world.state.recordsSent == 12)
        #expect(world.state.recordsAcknowledged == 12)
        #expect(world.state.recordsInHand == 0)
        #expect(world.state.bytesInFlight == 0)
    }

    @Test
    func `sends nothing before the hello is answered`() {
        var world = AcknowledgedWorld()
        (world.isUp, world.commitsAtOnce) = (true, false)
        world.log(3)
        world.pass(times: 100)
        #expect(world.sidecar.lines == [[hello]])
        world.sidecar.answerHello()
        world.pass()
        #expect(world.sidecar.lines == [[hello] + records(0..<3)])
        #expect(world.state.recordsAcknowledged == 0)
        #expect(world.state.recordsInHand == 3)
    }

    @Test
    func `sends again, with the same numbers, what was not acknowledged`() {
        var world = greetedWorld()
        world.log(2)
        world.pass(times: 5)
        world.commitsAtOnce = false
        world.log(3)
        world.pass(times: 5)
        world.sidecar.kill()
        world.breakConnection(kill: true)
        world.commitsAtOnce = true
        world.log(1)
        world.pass(times: 200)
        #expect(
            world.sidecar.lines == [[hello] + records(0..<5), [hello] + records(2..<6)]
        )
        #expect(world.state.recordsSent == 9)
        #expect(world.state.recordsAcknowledged == 6)
    }

    @Test
    func `forgets what the hello's answer says is durable`() {
        var world = greetedWorld()
        world.commitsAtOnce = false
        world.log(5)
        world.pass(times: 5)
        #expect(world.state.recordsAcknowledged == 0)
        world.breakConnection(kill: false)
        world.commitsAtOnce = true
        world.pass(times: 200)
        #expect(world.sidecar.lines == [[hello] + records(0..<5), [hello]])
        #expect(world.state.recordsAcknowledged == 5)
    }

    @Test
    func `an acknowledgement beyond what this connection has sent spares the rest`() {
        var world = greetedWorld()
        world.commitsAtOnce = false
        world.log(20)
        world.pass(times: 5)
        world.breakConnection(kill: false)
        world.pass(times: 200)
        // Decided by the sidecar, and durable only when a part of the fourth line is under way.
        world.room = records(0..<3).joined().utf8.count + 3 + 5
        world.sidecar.answerHello()
        world.pass(times: 5)
        world.sidecar.commit()
        world.pass()
        #expect(world.state.recordsAcknowledged == 3)
        world.room = nil
        world.pass(times: 5)
        #expect(world.state.recordsAcknowledged == 20)
        #expect(world.state.bytesInFlight == 0)
        #expect(world.sidecar.duplicates >= 4)
        #expect(Set(world.sidecar.live.counted.values) == [1])
    }

    @Test
    func `a silent peer is left after five seconds, and tried again later and later`() {
        var world = AcknowledgedWorld()
        (world.isUp, world.commitsAtOnce) = (true, false)
        world.pass(.milliseconds(1), times: 4_999)
        #expect(world.hangUps == [])
        world.pass(.milliseconds(10), times: 5_000)
        // 50 s of 5 s each, and with waits of up to 5 s between them in the end.
        #expect(6...10 ~= world.hangUps.count)
        #expect(Set(world.hangUps.map { "\($0)" }) == ["silent"])
        #expect(world.sidecar.lines.allSatisfy { $0 == [hello] })
    }

    @Test(arguments: [
        "no\n",
        "{\"ack\":1}{}\n",
        "{\"ack\":1000}\n",
        "{\"ack\":-1}\n",
        "{\"ack\":\"1\"}\n",
        "{\"hello\":{\"seq\":0}}\n",
        "{\"hello\":{}}\n",
        "{\"error\":{\"code\":\"ack_unsupported\"}}\n",
        String(repeating: "x", count: AnswerReader.lineLimit + 1),
    ])
    func `an answer that makes no sense ends the connection, and loses nothing`(answer: String) {
        var world = greetedWorld()
        world.commitsAtOnce = false
        world.log(3)
        world.pass(times: 5)
        world.sidecar.say(answer)
        world.pass()
        #expect(world.hangUps == [.senseless])
        #expect(!world.state.isConnected)
        world.commitsAtOnce = true
        world.pass(times: 200)
        #expect(world.state.recordsAcknowledged == 3)
        #expect(world.sidecar.live.counted == [0: 1, 1: 1, 2: 1])
    }

    @Test(arguments: [
        "{\"ack\":1}\n", "{\"hello\":{\"seq\":1}}\n", "{\"hello\":{\"seq\":0}}\n{\"ack\":1}\n",
    ])
    func `what was never sent is not acknowledged`(answer: String) {
        var world = AcknowledgedWorld()
        (world.isUp, world.commitsAtOnce) = (true, false)
        world.log(3)
        world.pass()
        world.sidecar.say(answer)
        world.pass()
        #expect(world.hangUps == [.senseless])
        #expect(world.state.recordsAcknowledged == 0)
    }

    @Test
    func `a remark changes nothing`() {
        var world = greetedWorld()
        world.sidecar.say("{\"error\":{\"code\":\"odd\"}}\n{\"later\":[1]}\n")
        world.log(2)
        world.pass(times: 5)
        #expect(world.hangUps == [])
        #expect(world.state.recordsAcknowledged == 2)
    }

    @Test
    func `a sidecar without acknowledgements is sent to without, and the next asked again`() {
        var world = AcknowledgedWorld()
        (world.isUp, world.commitsAtOnce) = (true, false)
        world.log(2)
        world.pass()
        world.sidecar.say("{\"error\":{\"code\":\"ack_unsupported\",\"message\":\"no\"}}\n")
        world.pass(times: 5)
        #expect(world.state.isShipping)
        #expect(world.sidecar.live.counted.count == 2)
        #expect(world.state.recordsSent == 2)
        #expect(world.state.recordsInHand == 0)
        #expect(world.state.recordsAcknowledged == 0)
        // What was on its way to it is lost with it, as everywhere without acknowledgements.
        world.kill()
        (world.isUp, world.commitsAtOnce) = (true, true)
        world.log(3)
        world.pass(times: 200)
        #expect(world.sidecar.lines.last == [hello] + records(2..<5))
        #expect(world.state.recordsAcknowledged == 3)
    }

    @Test
    func `keeps no more than its limit, and the queue drops its oldest`() {
        let limit = 8_192
        var world = AcknowledgedWorld(queueBytes: limit, inFlightLimit: limit)
        (world.isUp, world.commitsAtOnce) = (true, false)
        world.pass()
        world.sidecar.answerHello()
        world.pass()
        for _ in 0..<100 {
            world.log(10, padding: 100)
            world.pass(times: 5)
            #expect(world.state.bytesInFlight <= limit)
        }
        let dropped = world.queue.counts.dropped
        #expect(dropped > 500)
        #expect(world.sidecar.live.counted.count == world.state.recordsInHand)
        world.commitsAtOnce = true
        world.pass(times: 50)
        #expect(world.state.recordsAcknowledged == 1_000 - dropped)
        #expect(world.sidecar.live.dropped == dropped)
        #expect(world.sidecar.duplicates == 0)
    }

    @Test
    func `tells each connection what the session has dropped, in all`() {
        var world = greetedWorld()
        world.queue.countDropped(2)
        world.log(1)
        world.pass(times: 5)
        world.breakConnection(kill: true)
        world.pass(times: 200)
        world.queue.countDropped(3)
        world.log(1)
        world.pass(times: 5)
        let told = world.sidecar.lines.map { $0.filter { $0.hasPrefix("{\"dropped\"") } }
        #expect(told == [["{\"dropped\":2}"], ["{\"dropped\":2}", "{\"dropped\":5}"]])
    }

    @Test
    func `stopping waits for the last acknowledgement`() {
        var world = greetedWorld()
        world.commitsAtOnce = false
        world.log(3)
        world.stop(within: .milliseconds(50))
        world.pass(times: 40)
        #expect(!world.isFinished)
        world.sidecar.commit()
        world.pass()
        #expect(world.isFinished)
        #expect(world.state.recordsAcknowledged == 3)
        #expect(world.queue.counts.dropped == 0)
    }

    @Test
    func `stopping without the last acknowledgement counts what is left as dropped`() {
        var world = greetedWorld()
        world.commitsAtOnce = false
        world.log(3)
        world.stop(within: .milliseconds(50))
        world.pass(times: 60)
        #expect(world.isFinished)
        #expect(world.givenUp == 3)
        #expect(world.queue.counts.dropped == 3)
    }

    @Test
    func `stopping with nothing outstanding ends at once`() {
        var world = greetedWorld()
        world.log(3)
        world.pass(times: 10)
        world.stop(within: .seconds(2))
        world.pass()
        #expect(world.isFinished)
        #expect(world.queue.counts.dropped == 0)
    }
}
