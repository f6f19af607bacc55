// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import InferenceServer
import Logging
import PredictionLog
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

struct LogShipperTests {
    @Test
    func `ships in order what is logged, after a hello`() async throws {
        let (shipping, (hello, numbers)) = try await Shipping.run { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            let hello = peer.line() ?? ""
            shipping.log(0..<1_000)
            return (hello, peer.numbers(1_000))
        }
        #expect(hello.hasPrefix("{\"hello\":{\"producer\":\"test\",\"session\":\""))
        #expect(numbers == Array(0..<1_000))
        #expect(shipping.shipper.figures.sent == 1_000)
        #expect(shipping.shipper.figures.dropped == 0)
        #expect(!shipping.shipper.figures.isConnected)
    }

    @Test
    func `what is left is sent at the shutdown`() async throws {
        let (_, peer) = try await Shipping.run { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            shipping.log(0..<1_000)
            return peer
        }
        #expect(peer.line()?.hasPrefix("{\"hello\"") == true)
        #expect(peer.numbers(1_000) == Array(0..<1_000))
        #expect(peer.line() == nil)
    }

    @Test
    func `a sidecar that does not read costs the oldest records, and nobody's time`() async throws {
        let (shipping, (time, lines)) = try await Shipping.run(capacity: 1 << 16) {
            path,
            shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            let start = ContinuousClock.now
            shipping.log(0..<20_000, padding: 100)
            let time = ContinuousClock.now - start
            var lines: [String] = []
            while lines.last.flatMap(number) != 19_999, let line = peer.line() {
                lines.append(line)
            }
            return (time, lines)
        }
        #expect(time < .seconds(10))
        let dropped = Int(shipping.shipper.figures.dropped)
        let numbers = lines.compactMap(number)
        #expect(dropped > 10_000)
        #expect(numbers == numbers.sorted())
        #expect(numbers.count + dropped == 20_000)
        #expect(lines.last { $0.hasPrefix("{\"dropped\"") } == "{\"dropped\":\(dropped)}")
        #expect(Int(shipping.shipper.figures.sent) + dropped == 20_000)
    }

    @Test
    func `a sidecar that comes back is found again`() async throws {
        let (shipping, (before, after)) = try await Shipping.run { path, shipping in
            let before: [Int?]
            do {
                let listener = try Listener(path)
                let peer = listener.accept()
                shipping.log(0..<10)
                _ = peer.line()
                before = peer.numbers(10)
            }
            try eventually("the loss is noticed") { !shipping.shipper.figures.isConnected }
            shipping.log(10..<20)
            let listener = try Listener(path)
            let peer = listener.accept()
            return (before, [peer.line().flatMap(number)] + peer.numbers(10))
        }
        #expect(before == Array(0..<10))
        #expect(after == [nil] + Array(10..<20))
        #expect(shipping.shipper.figures.sent == 20)
        #expect(!shipping.log.lines(with: "is gone").isEmpty)
    }

    @Test
    func `tells the first thing that the sidecar says`() async throws {
        let (shipping, numbers) = try await Shipping.run { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            peer.say("{\"error\":\"no\"}\n")
            try eventually("the answer is told") {
                !shipping.log.lines(with: "answered").isEmpty
            }
            peer.say("{\"error\":\"again\"}\n")
            shipping.log(0..<1)
            return peer.numbers(2)
        }
        #expect(numbers == [nil, 0])
        #expect(shipping.log.lines(with: "answered").count == 1)
    }

    @Test
    func `without a sidecar the shutdown counts what is lost, and the absence is told once`()
        async throws
    {
        let (shipping, _) = try await Shipping.run { _, shipping in shipping.log(0..<7) }
        #expect(shipping.queue.counts.dropped == 7)
        #expect(shipping.log.lines(with: "cannot be connected").count == 1)
    }
}
