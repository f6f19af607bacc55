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
        unlink(path)
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

/// A shipper at work, and what starts its shutdown.
private struct Shipping: Sendable {
    let queue: RecordQueue
    let shipper: LogShipper
    let log: LogRecorder
    let services: ServiceGroup

    /// Runs a shipper for as long as `body` does, which may block.
    static func run(
        capacity: Int = 1 << 20,
        _ body: @escaping @Sendable (_ path: String, Shipping) throws -> Void
    ) async throws -> Shipping {
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
        let shipping = Shipping(queue: queue, shipper: shipper, log: log, services: services)
        let running = Task { try await services.run() }
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            Thread {
                done.resume(with: Swift.Result { try body(path, shipping) })
            }.start()
        }
        await services.triggerGracefulShutdown()
        try await running.value
        return shipping
    }

    func log(_ numbers: Range<Int>, padding: Int = 0) {
        for number in numbers {
            let pad = String(repeating: "x", count: padding)
            let line = Array("{\"id\":\"\(number)\",\"pad\":\"\(pad)\"}\n".utf8)
            queue.append(line.span, records: 1)
        }
    }
}

private func number(_ line: String?) -> Int? {
    line.flatMap { $0.split(separator: "\"").dropFirst(2).first }.flatMap { Int($0) }
}

struct LogShipperTests {
    @Test
    func `ships in order what is logged, after a hello`() async throws {
        let shipping = try await Shipping.run { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            let hello = peer.line() ?? ""
            #expect(hello.hasPrefix("{\"hello\":{\"producer\":\"test\",\"session\":\""))
            shipping.log(0..<1_000)
            for expected in 0..<1_000 { #expect(number(peer.line()) == expected) }
        }
        #expect(shipping.shipper.figures.sent == 1_000)
        #expect(shipping.shipper.figures.dropped == 0)
        #expect(!shipping.shipper.figures.isConnected)
    }

    @Test
    func `what is left is sent at the shutdown`() async throws {
        let received = Mutex<[Int]>([])
        _ = try await Shipping.run { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            _ = peer.line()
            shipping.log(0..<5_000)
            Thread {
                while let line = peer.line() {
                    received.withLock { $0.append(number(line) ?? -1) }
                }
            }.start()
        }
        try eventually("all records arrive") { received.withLock { $0 == Array(0..<5_000) } }
    }

    @Test
    func `a sidecar that does not read costs the oldest records, and nobody's time`() async throws {
        let shipping = try await Shipping.run(capacity: 1 << 16) { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            _ = peer.line()
            let start = ContinuousClock.now
            shipping.log(0..<20_000, padding: 100)
            #expect(ContinuousClock.now - start < .seconds(5))
            try eventually("records are dropped") { shipping.shipper.figures.dropped > 0 }
            var told = 0
            var seen: [Int] = []
            while seen.last != 19_999, let line = peer.line() {
                if let id = number(line), line.hasPrefix("{\"id\"") { seen.append(id) }
                if line.hasPrefix("{\"dropped\":") {
                    told = Int(line.dropFirst(11).dropLast()) ?? -1
                }
            }
            #expect(seen == seen.sorted())
            #expect(seen.count + Int(shipping.queue.counts.dropped) == 20_000)
            #expect(told == Int(shipping.queue.counts.dropped))
        }
        #expect(shipping.shipper.figures.sent + shipping.shipper.figures.dropped == 20_000)
    }

    @Test
    func `a sidecar that comes back is found again`() async throws {
        let shipping = try await Shipping.run { path, shipping in
            do {
                let listener = try Listener(path)
                let peer = listener.accept()
                shipping.log(0..<10)
                _ = peer.line()
                for expected in 0..<10 { #expect(number(peer.line()) == expected) }
            }
            try eventually("the loss is noticed") { !shipping.shipper.figures.isConnected }
            shipping.log(10..<20)
            let listener = try Listener(path)
            let peer = listener.accept()
            #expect(peer.line()?.hasPrefix("{\"hello\"") == true)
            for expected in 10..<20 { #expect(number(peer.line()) == expected) }
        }
        #expect(shipping.shipper.figures.sent == 20)
        #expect(shipping.log.lines(with: "is gone").count == 1)
    }

    @Test
    func `tells the first thing that the sidecar says`() async throws {
        let shipping = try await Shipping.run { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            peer.say("{\"error\":\"no\"}\n")
            try eventually("the answer is told") {
                !shipping.log.lines(with: "answered").isEmpty
            }
            peer.say("{\"error\":\"again\"}\n")
            shipping.log(0..<1)
            _ = peer.line()
            #expect(number(peer.line()) == 0)
        }
        #expect(shipping.log.lines(with: "answered").count == 1)
    }

    @Test
    func `without a sidecar the shutdown does not wait, and counts what is lost`() async throws {
        let start = ContinuousClock.now
        let shipping = try await Shipping.run { _, shipping in
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
