// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Synchronization
import TestSupport
import Testing

/// The queue as its description has it: an array of lines.
private struct NaiveQueue {
    let capacity: Int
    var lines: [[UInt8]] = []
    var appended: UInt64 = 0
    var dropped: UInt64 = 0

    var bytes: Int { lines.reduce(0) { $0 + $1.count } }

    mutating func append(_ new: [[UInt8]]) {
        for line in new {
            appended += 1
            guard line.count <= capacity else {
                dropped += 1
                continue
            }
            while bytes + line.count > capacity {
                lines.removeFirst()
                dropped += 1
            }
            lines.append(line)
        }
    }

    mutating func take(upTo limit: Int) -> [UInt8] {
        var taken: [UInt8] = []
        while let line = lines.first, taken.isEmpty || taken.count + line.count <= limit {
            taken += line
            lines.removeFirst()
        }
        return taken
    }
}

/// A line that says its number, of `length` bytes or a few more.
private func line(_ number: Int, length: Int = 0) -> [UInt8] {
    let text = Array("\(number)".utf8)
    return text + Array(repeating: UInt8(ascii: "."), count: max(0, length - text.count - 1)) + [
        0x0A
    ]
}

private func append(_ lines: [UInt8], _ records: Int = 1, to queue: RecordQueue) {
    queue.append(lines.span, records: records)
}

private func taken(from queue: RecordQueue, upTo limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    queue.take(upTo: limit, into: &bytes)
    return bytes
}

struct RecordQueueTests {
    @Test(arguments: UInt64(1)...40)
    func `does what an array of lines would`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...200, using: &random)
        let queue = RecordQueue(capacity: capacity)
        var naive = NaiveQueue(capacity: capacity)
        var number = 0
        for _ in 0..<500 {
            if Int.random(in: 0..<3, using: &random) > 0 {
                let lines = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                    number += 1
                    return line(number, length: .random(in: 0...capacity / 2 + 2, using: &random))
                }
                append(lines.flatMap(\.self), lines.count, to: queue)
                naive.append(lines)
            } else {
                let limit = Int.random(in: 1...capacity + 8, using: &random)
                #expect(taken(from: queue, upTo: limit) == naive.take(upTo: limit))
            }
            let counts = queue.counts
            #expect(counts.appended == naive.appended)
            #expect(counts.dropped == naive.dropped)
            #expect(counts.bytes == naive.bytes)
        }
    }

    @Test
    func `drops a line that is longer than itself, and nothing else`() {
        let queue = RecordQueue(capacity: 10)
        let lines = line(1) + line(2, length: 11) + line(3)
        append(lines, 3, to: queue)
        #expect(taken(from: queue, upTo: 100) == line(1) + line(3))
        #expect(queue.counts.dropped == 1)
    }

    @Test
    func `hands out a line that is longer than a batch`() {
        let queue = RecordQueue(capacity: 100)
        append(line(1, length: 60) + line(2), 2, to: queue)
        #expect(taken(from: queue, upTo: 8) == line(1, length: 60))
        #expect(taken(from: queue, upTo: 8) == line(2))
    }

    @Test
    func `wakes a consumer that found nothing, once`() {
        let wakes = Mutex(0)
        let queue = RecordQueue(capacity: 100)
        queue.onWake { wakes.withLock { $0 += 1 } }
        append(line(1), to: queue)
        #expect(wakes.withLock(\.self) == 0)
        #expect(taken(from: queue, upTo: 100) == line(1))
        append(line(2), to: queue)
        #expect(wakes.withLock(\.self) == 0)
        #expect(taken(from: queue, upTo: 100) == line(2))
        #expect(taken(from: queue, upTo: 100) == [])
        append([], 0, to: queue)
        #expect(wakes.withLock(\.self) == 0)
        append(line(3), to: queue)
        append(line(4), to: queue)
        #expect(wakes.withLock(\.self) == 1)
    }

    @Test
    func `loses nothing unaccounted between threads`() async {
        let queue = RecordQueue(capacity: 4_096)
        async let received = drain(queue, of: 8_000)
        await withDiscardingTaskGroup { group in
            for writer in 0..<4 {
                group.addTask { fill(queue, writer * 2_000..<(writer + 1) * 2_000) }
            }
        }
        #expect(await received + Int(queue.counts.dropped) == 8_000)
        #expect(queue.counts.appended == 8_000)
        #expect(queue.counts.bytes == 0)
    }
}

private func fill(_ queue: RecordQueue, _ numbers: Range<Int>) {
    for number in numbers { append(line(number), to: queue) }
}

/// Takes lines until so many have come or were dropped.
private func drain(_ queue: RecordQueue, of count: Int) async -> Int {
    var received = 0
    while received + Int(queue.counts.dropped) < count {
        received += taken(from: queue, upTo: 512).count { $0 == 0x0A }
        await Task.yield()
    }
    return received
}
