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

/// A sidecar's end of the socket, as far as a producer sees it: it listens, accepts and reads.
private final class Listener {
    private let descriptor: Int32

    init(_ path: String) throws {
        _ = unsafe unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { storage in
            unsafe storage.copyBytes(from: path.utf8.prefix(storage.count - 1))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(descriptor, 8) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
    }

    deinit {
        close(descriptor)
    }

    func accept() -> Peer {
        Peer(descriptor: Foundation.accept(descriptor, nil, nil))
    }
}

/// A connection that was accepted.
private final class Peer: Sendable {
    private let descriptor: Int32
    private let rest = Mutex<[UInt8]>([])

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// The next line without its newline; nil at the end.
    func line() -> String? {
        rest.withLock { rest in
            while true {
                if let end = rest.firstIndex(of: 0x0A) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    rest.removeFirst(end + 1)
                    return line
                }
                var piece = [UInt8](repeating: 0, count: 65_536)
                let count = unsafe read(descriptor, &piece, piece.count)
                guard count > 0 else { return nil }
                rest += piece.prefix(count)
            }
        }
    }

    func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}

/// A shipper at work.
private struct Shipping: Sendable {
    let queue: RecordQueue
    let shipper: LogShipper
    let log: LogRecorder

    /// Runs a shipper for as long as `body` does, on a thread of its own, which may block.
    static func run<Result: Sendable>(
        capacity: Int = 1 << 20,
        _ body: @escaping @Sendable (_ path: String, Shipping) throws -> Result
    ) async throws -> (Shipping, Result) {
        let directory = try TemporaryDirectory()
        let path = directory.path("kedge.sock")
        let (queue, log) = (RecordQueue(capacity: capacity), LogRecorder())
        let shipper = try LogShipper(
            path: path,
            producer: "test",
            queue: queue,
            logger: log.logger
        )
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [shipper], logger: log.logger)
        )
        let shipping = Shipping(queue: queue, shipper: shipper, log: log)
        let running = Task { try await services.run() }
        let result = try await withCheckedThrowingContinuation { done in
            Thread { done.resume(with: Swift.Result { try body(path, shipping) }) }.start()
        }
        await services.triggerGracefulShutdown()
        try await running.value
        return (shipping, result)
    }

    func log(_ numbers: Range<Int>, padding: Int = 0) {
        for number in numbers {
            let pad = String(repeating: "x", count: padding)
            let line = Array("{\"id\":\"\(number)\",\"pad\":\"\(pad)\"}\n".utf8)
            queue.append(line.span, records: 1)
        }
    }
}

/// The number of a record; nil for any other line.
private func number(_ line: String) -> Int? {
    guard line.hasPrefix("{\"id\":\"") else { return nil }
    return Int(line.dropFirst(7).prefix { $0 != "\"" })
}

extension Peer {
    /// The numbers of the next records.
    fileprivate func numbers(_ count: Int) -> [Int?] {
        (0..<count).map { _ in line().flatMap(number) }
    }
}

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
    func `without a sidecar the shutdown does not wait, and counts what is lost`() async throws {
        let start = ContinuousClock.now
        let (shipping, _) = try await Shipping.run { _, shipping in
            shipping.log(0..<7)
            try eventually("the absence is told") {
                !shipping.log.lines(with: "cannot be connected").isEmpty
            }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(shipping.queue.counts.dropped == 7)
        #expect(shipping.log.lines(with: "cannot be connected").count == 1)
    }
}
