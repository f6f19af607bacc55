// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// A shipper between a queue of lines and a sidecar, both of them scripts.
///
/// A marble is a millisecond: `-` nothing new, `^` the sidecar comes up, `v` it goes down, `f` its
/// buffer is full, `o` it has room again, `a`…`e` a record of that name is logged, `d` one is
/// dropped, `.` is ten seconds, `!` the shipper is to stop within 20 ms.
private struct World {
    var state = ShipperState()
    var random = SeededGenerator(seed: 1)
    var now = Duration.zero
    var queue: [UInt8] = []
    var dropped: UInt64 = 0
    var sidecarIsUp = false
    /// Bytes that the sidecar's buffer takes; nil is any number.
    var room: Int?
    /// What every connection received, whole or not.
    var received: [[UInt8]] = []
    var connected: [Duration] = []
    var attempts: [Duration] = []
    var fills = 0
    var isFinished = false
    private var isWoken = false

    init() {}

    init(_ marbles: String) {
        run(marbles)
    }

    mutating func run(_ marbles: String) {
        for marble in marbles {
            take(marble)
            work()
            now += marble == "." ? .seconds(10) : .milliseconds(1)
        }
        work()
    }

    private mutating func take(_ marble: Character) {
        switch marble {
        case "^": sidecarIsUp = true
        case "v":
            sidecarIsUp = false
            if state.isConnected { state.failed(at: now, using: &random) }
        case "f": room = 0
        case "o": room = nil
        case "3": room = 3
        case "a"..."e" where marble != "d":
            queue += Array("{\"id\":\"\(marble)\"}\n".utf8)
            isWoken = true
        case "d":
            dropped += 1
            isWoken = true
        case "!": state.stop(at: now, by: now + .milliseconds(20))
        default: break
        }
    }

    /// Does what the state says until it waits for something that is not there.
    private mutating func work() {
        for _ in 0..<1_000 {
            switch state.next(at: now) {
            case .connect:
                attempts.append(now)
                if sidecarIsUp {
                    state.connected(at: now, hello: Hello(producer: "p", session: "s"))
                    received.append([])
                    connected.append(now)
                } else {
                    state.failed(at: now, using: &random)
                }
            case .send: send()
            case .fill:
                fills += 1
                isWoken = false
                state.filled(queue, leftMore: false, dropped: dropped)
                queue = []
            case .wait(let forRoom, let until):
                let hasRoom = forRoom && room != 0
                guard hasRoom || isWoken || until.map({ $0 <= now }) ?? false else { return }
                let hasRecord = isWoken
                isWoken = false
                state.woke(at: now, hasRoom: hasRoom, hasRecord: hasRecord)
            case .hangUp(let reason):
                Issue.record("a connection without a greeting is of no use: \(reason)")
                return
            case .finish:
                isFinished = true
                return
            }
        }
        Issue.record("the shipper never waits")
    }

    private mutating func send() {
        let count = min(room ?? .max, state.outgoing.count)
        guard count > 0 else { return state.isFull() }
        received[received.count - 1] += state.outgoing.prefix(count)
        room = room.map { $0 - count }
        state.sent(count)
    }

    /// What the connections received, each without its hello.
    var lines: [[String]] {
        received.map { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst()
                .map(String.init)
        }
    }
}

private let hello = "{\"hello\":{\"producer\":\"p\",\"session\":\"s\"}}\n"

private func records(_ names: String) -> [String] {
    names.map { "{\"id\":\"\($0)\"}" }
}

struct ShipperStateTests {
    @Test
    func `says hello and then what is logged`() {
        let world = World("^-ab---------c---------")
        #expect(world.received.count == 1)
        #expect(world.received[0].starts(with: hello.utf8))
        #expect(world.lines == [records("abc")])
        #expect(world.state.recordsSent == 3)
    }

    @Test
    func `records that come together go together`() {
        let world = World("^-----ab---------------")
        // One when connected, one for both, and the one that finds nothing more.
        #expect(world.fills == 3)
        #expect(world.lines == [records("ab")])
    }

    @Test
    func `while records come the queue is looked at once in a linger`() {
        let world = World("^-----abcabcabcabc----------")
        // One when connected, twelve records in 12 ms, and the one that finds nothing more.
        #expect(world.fills == 2 + 6)
        #expect(world.lines == [records("abcabcabcabc")])
    }

    @Test
    func `what was logged before the sidecar came is not lost`() {
        let world = World("ab" + String(repeating: "-", count: 60) + "^.")
        #expect(world.lines == [records("ab")])
    }

    @Test
    func `attempts grow apart up to five seconds, and never quite regularly`() {
        let world = World(String(repeating: ".-", count: 20))
        var state = ShipperState()
        var random = SeededGenerator(seed: 7)
        var now = Duration.zero
        var delays: [Duration] = []
        for _ in 0..<12 {
            #expect(state.next(at: now) == .connect)
            state.failed(at: now, using: &random)
            guard case .wait(false, let until?) = state.next(at: now) else {
                Issue.record("no wait after a failure")
                return
            }
            delays.append(until - now)
            now = until
        }
        for (index, delay) in delays.enumerated() {
            let ceiling = min(Duration.milliseconds(50) * (1 << index), .seconds(5))
            #expect(ceiling / 2 <= delay && delay <= ceiling)
        }
        #expect(Set(delays).count == delays.count)
        #expect(world.attempts.count == 21)
    }

    @Test
    func `a connection that does not last is not retried at once`() {
        let world = World(String(repeating: "^-v-", count: 500))
        // 2 s of a sidecar that is up half of the time, and closes every connection.
        #expect(world.attempts.count < 10)
    }

    @Test
    func `a sidecar that restarts after long is found within 50 ms`() {
        var world = World(String(repeating: ".", count: 10) + "^...v-^")
        let before = world.connected.count
        world.run(String(repeating: "-", count: 50))
        #expect(world.connected.count == before + 1)
    }

    @Test
    func `a line sent in part is sent whole on the next connection`() {
        // 3 bytes of `{"id":"a"}` get through before the sidecar dies.
        let world = World("^-----3a-------v---o^" + String(repeating: "-", count: 60) + ".")
        let bytes = world.received.map { String(decoding: $0, as: UTF8.self) }
        #expect(bytes == [hello + "{\"i", hello + "{\"id\":\"a\"}\n"])
        #expect(world.state.recordsSent == 1)
    }

    @Test
    func `a full socket only waits for room, without looking at the queue`() {
        var world = World("^-----f")
        let fills = world.fills
        world.run("abcabcabc------.")
        #expect(world.fills == fills + 1)
        #expect(world.lines == [[]])
        world.run("o------------------")
        #expect(world.lines == [records("abcabcabc")])
    }

    @Test
    func `tells each connection what was dropped since it began, once`() {
        let world = World("^-a--------dd--------d-------------v^" + "...da----------")
        #expect(
            world.lines == [
                records("a") + ["{\"dropped\":2}", "{\"dropped\":3}"],
                ["{\"dropped\":1}"] + records("a"),
            ]
        )
    }

    @Test
    func `a drop report that did not get through is told again`() {
        let world = World("^-----fd----------vo^" + String(repeating: "-", count: 60) + ".")
        #expect(world.lines.last == ["{\"dropped\":1}"])
    }

    @Test
    func `stopping sends what is there and ends`() {
        let world = World("^-----ab!-")
        #expect(world.isFinished)
        #expect(world.lines == [records("ab")])
        #expect(world.state.recordsInHand == 0)
    }

    @Test
    func `stopping without a sidecar ends after one attempt`() {
        var world = World("a---")
        let attempts = world.attempts.count
        world.run("!")
        #expect(world.isFinished)
        #expect(world.attempts.count == attempts + 1)
    }

    @Test
    func `stopping while the sidecar does not read ends at the deadline`() {
        var world = World("^-----fab------!------------------")
        #expect(!world.isFinished)
        world.run("----")
        #expect(world.isFinished)
        #expect(world.state.recordsInHand == 2)
    }

    @Test(arguments: UInt64(1)...60)
    func `whatever happens, what arrives is whole lines in order`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var marbles = ""
        for _ in 0..<400 { marbles.append("^vfo3abce---.".randomElement(using: &random) ?? "-") }
        marbles += "o^.-------.-------"
        let world = World(marbles)
        let logged = records(marbles.filter { "abce".contains($0) })
        // Only the last line of a connection may be torn, and then it comes again.
        let arrived = zip(world.received, world.lines).flatMap { bytes, lines in
            bytes.last == UInt8(ascii: "\n") ? lines : lines.dropLast()
        }
        #expect(arrived == logged)
        #expect(world.state.recordsSent == UInt64(logged.count))
    }
}
