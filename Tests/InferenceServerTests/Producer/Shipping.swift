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
final class Listener {
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
final class Peer: Sendable {
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
struct Shipping: Sendable {
    let queue: RecordQueue
    let shipper: LogShipper
    let log: LogRecorder

    /// Runs a shipper for as long as `body` does, on a thread of its own, which may block.
    static func run<Result: Sendable>(
        capacity: Int = 1 << 20,
        inFlightLimit: Int? = nil,
        _ body: @escaping @Sendable (_ path: String, Shipping) throws -> Result
    ) async throws -> (Shipping, Result) {
        let directory = try TemporaryDirectory()
        let path = directory.path("kedge.sock")
        let (queue, log) = (RecordQueue(capacity: capacity), LogRecorder())
        let shipper = try LogShipper(
            path: path,
            producer: "test",
            queue: queue,
            inFlightLimit: inFlightLimit,
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
func number(_ line: String) -> Int? {
    guard line.hasPrefix("{\"id\":\"") else { return nil }
    return Int(line.dropFirst(7).prefix { $0 != "\"" })
}

extension Peer {
    /// The numbers of the next records.
    func numbers(_ count: Int) -> [Int?] {
        (0..<count).map { _ in line().flatMap(number) }
    }
}
