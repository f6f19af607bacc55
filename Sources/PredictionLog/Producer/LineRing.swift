// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Lines in a ring of bytes of fixed size: what comes in last pushes out what came first.
///
/// The one handle over the ring's memory. Every copy and search is in two pieces where it crosses
/// the end; both are clamped to the memory, whatever the caller computes.
@safe
struct LineRing: ~Copyable {
    /// Bytes that there is room for.
    let capacity: Int
    /// Bytes of lines inside.
    private(set) var count = 0
    /// Where the oldest byte stands, in 0..<capacity.
    private var head = 0
    /// `capacity` bytes from `init` to `deinit`; the kernel gives pages only for those written to.
    private let memory: UnsafeMutablePointer<UInt8>

    /// Takes memory for some bytes, at least one.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
        // Bytes are trivial: those never written are never read, `count` sees to that.
        unsafe memory = .allocate(capacity: self.capacity)
    }

    deinit {
        // Allocated in `init`, and no pointer to it has left this type.
        unsafe memory.deallocate()
    }

    /// Adds whole lines behind the others.
    ///
    /// - Returns: Whether there was room; if not, nothing was added.
    mutating func append(_ lines: Span<UInt8>) -> Bool {
        guard lines.count <= capacity - count else { return false }
        // An empty ring begins anew, so that a queue that is emptied in time stays in few pages.
        if count == 0 { head = 0 }
        let (front, back) = pieces(from: count, count: lines.count)
        unsafe lines.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            // `front` and `back` lie in the memory and are together as long as the source.
            unsafe memory.advanced(by: front.lowerBound).update(from: base, count: front.count)
            unsafe memory.update(from: base + front.count, count: back.count)
        }
        count += lines.count
        return true
    }

    /// Drops the oldest lines until so many bytes are free, or nothing is left.
    ///
    /// - Returns: How many lines were dropped.
    /// - Complexity: O(bytes dropped), dozens at a time.
    mutating func dropLines(untilFree bytes: Int) -> Int {
        var dropped = 0
        while capacity - count < bytes, count > 0 {
            removeFirst(firstLine)
            dropped += 1
        }
        return dropped
    }

    /// Moves the oldest lines out, as many as `limit` bytes hold; one at least, if there is one.
    ///
    /// - Parameters:
    ///   - limit: Bytes to move, but for a single line that is longer.
    ///   - bytes: Where the lines are added.
    mutating func takeLines(upTo limit: Int, into bytes: inout [UInt8]) {
        let length = count <= limit ? count : lastBorder(before: limit) ?? firstLine
        for piece in [pieces(from: 0, count: length).front, pieces(from: 0, count: length).back] {
            // The piece lies in the memory, and all of it was written.
            unsafe bytes.append(
                contentsOf: UnsafeBufferPointer(
                    start: memory + piece.lowerBound,
                    count: piece.count
                )
            )
        }
        removeFirst(length)
    }

    /// Bytes of the oldest line with its newline; all of them when none is ended.
    private var firstLine: Int {
        let (front, back) = pieces(from: 0, count: count)
        return newline(in: front).map { $0 - front.lowerBound + 1 }
            ?? newline(in: back).map { front.count + $0 + 1 }
            ?? count
    }

    /// Where the last line ends that lies in the first `limit` bytes whole; nil if none does.
    private func lastBorder(before limit: Int) -> Int? {
        var length = limit
        while length > 0 {
            let (front, back) = pieces(from: length - 1, count: 1)
            // One of the two pieces is the one byte, which was written.
            let byte = unsafe memory[front.isEmpty ? back.lowerBound : front.lowerBound]
            if byte == UInt8(ascii: "\n") { return length }
            length -= 1
        }
        return nil
    }

    private func newline(in piece: Range<Int>) -> Int? {
        // The piece lies in the memory, and all of it was written.
        guard let found = unsafe memchr(memory + piece.lowerBound, 0x0A, piece.count) else {
            return nil
        }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(memory)
    }

    private mutating func removeFirst(_ length: Int) {
        head = (head + length) % capacity
        count -= length
    }

    /// The places of `count` bytes from the `offset`th on: up to the memory's end, then from its
    /// start.
    ///
    /// Callers stay within the capacity; what would not is cut off.
    private func pieces(from offset: Int, count: Int) -> (front: Range<Int>, back: Range<Int>) {
        let count = max(0, min(count, capacity - offset))
        let start = (head + offset) % capacity
        let frontCount = min(count, capacity - start)
        return (start..<start + frontCount, 0..<count - frontCount)
    }
}
