// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import PredictionLog
import ServiceLifecycle
import TestSupport
import Testing

private func request(_ path: String) -> RequestHead {
    var head = RequestHead(method: "POST", path: path)
    head.client = "10.0.0.9"
    head.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    return head
}

private func pipe() -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    _ = unsafe Foundation.pipe(&ends)
    return (ends[0], ends[1])
}

/// Runs the service of a log while `body` does, and then its shutdown.
private func writing(
    _ log: AccessLog,
    to descriptor: Int32,
    _ body: @escaping @Sendable () throws -> Void
) async throws {
    let services = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: [try AccessLogService(log, descriptor: descriptor)],
            logger: LogRecorder().logger
        )
    )
    let running = Task { try await services.run() }
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        Thread { done.resume(with: Swift.Result { try body() }) }.start()
    }
    await services.triggerGracefulShutdown()
    try await running.value
}

struct AccessLogTests {
    @Test
    func `tells a request in one line of JSON`() async throws {
        let log = AccessLog(now: { 0 })
        let (reading, writingEnd) = pipe()
        try await writing(log, to: writingEnd) {
            var summary = RequestSummary()
            summary.outcome = .rejected
            summary.reason = "json_invalid"
            let answer = ServerAnswer(status: 422, body: [1, 2, 3])
            log.tell(request("/predict\"\n"), answer, summary, latency: .microseconds(1_500))
        }
        close(writingEnd)
        let text = String(
            decoding: FileHandle(fileDescriptor: reading).readDataToEndOfFile(),
            as: UTF8.self
        )
        close(reading)
        #expect(
            text == """
                {"time":"1970-01-01T00:00:00Z","method":"POST","path":"/predict\\"\\n",\
                "status":422,"bytes":3,"latency":0.0015,"outcome":"rejected",\
                "reason":"json_invalid","trace_id":"0af7651916cd43dd8448eb211c80319c",\
                "client":"10.0.0.9"}

                """
        )
    }

    @Test
    func `nobody who reads makes nobody wait, neither a request nor the shutdown`() async throws {
        let log = AccessLog(now: { 0 })
        let (reading, writingEnd) = pipe()
        let start = ContinuousClock.now
        try await writing(log, to: writingEnd) {
            for _ in 0..<20_000 {
                let head = request("/predict")
                log.tell(head, ServerAnswer(), RequestSummary(), latency: .zero)
            }
        }
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(log.dropped > 10_000)
        close(writingEnd)
        let text = FileHandle(fileDescriptor: reading).readDataToEndOfFile()
        close(reading)
        let lines = text.count { $0 == 0x0A }
        #expect(lines + Int(log.dropped) == 20_000)
    }
}
