// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Lines with a number each, kept from when they are taken until they are acknowledged.
///
/// The numbers are 1, 2, 3, …: no line is ever taken out of their midst. A place among them says
/// what was sent; it goes back to the first line that is left when there is a new connection.
struct InFlight: Sendable {
    private struct Batch: Sendable {
        let bytes: [UInt8]
        /// The number of the last line.
        let last: UInt64
        /// Where the first line that is left begins, and its number.
        private(set) var start = 0
        private(set) var first: UInt64

        init(bytes: [UInt8], first: UInt64, last: UInt64) {
            (self.bytes, self.first, self.last) = (bytes, first, last)
        }

        /// Leaves out the lines up to a number that is not the last.
        mutating func forget(through number: UInt64) {
            guard number >= first else { return }
            start = Outgoing.end(ofLines: Int(number - first) + 1, in: bytes[start...])
            first = number + 1
        }
    }

    /// Bytes that a batch takes beside its lines.
    private static let batchOverhead = 96
    /// Batches that were forgotten before the memory of their places is used again.
    private static let forgottenAtOnce = 64

    /// Those from `head` on are kept.
    private var batches: [Batch?] = []
    private var head = 0
    /// The batch of which something is to be sent next, and the first byte of that.
    private var current = 0
    private var offset = 0
    /// The number of the line in which that byte is.
    private var next: UInt64 = 1
    /// The highest number that was given.
    private(set) var numbered: UInt64 = 0
    /// The highest number of a line that was sent whole, on any connection.
    private(set) var sent: UInt64 = 0
    /// The highest number of a line that was forgotten.
    private var forgotten: UInt64 = 0
    /// The highest number that was acknowledged.
    private var decided: UInt64 = 0
    /// Lines that were forgotten as they were acknowledged.
    private(set) var acknowledged: UInt64 = 0
    /// Bytes that are held.
    private(set) var bytes = 0

    /// Lines that are held.
    var count: Int { Int(numbered - forgotten) }

    /// What is to be sent next; empty when all was sent that is held.
    var outgoing: ArraySlice<UInt8> {
        guard current < batches.count, let batch = batches[current] else { return [] }
        return batch.bytes[offset...]
    }

    /// Takes lines, each an object with at least one member, and gives each a number: its first.
    ///
    /// - Complexity: O(bytes), one copy of them.
    mutating func add(_ lines: [UInt8]) {
        let count = Outgoing.lines(lines[...])
        guard count > 0 else { return }
        let first = numbered + 1
        numbered += UInt64(count)
        let batch = Batch(
            bytes: Self.numbering(lines, from: first, count: count),
            first: first,
            last: numbered
        )
        // The place is behind the last batch exactly when everything was sent.
        if current == batches.count { (offset, next) = (0, first) }
        batches.append(batch)
        bytes += batch.bytes.count + Self.batchOverhead
    }

    /// The socket took bytes of `outgoing`.
    ///
    /// - Returns: How many lines it has now whole.
    mutating func advance(by count: Int) -> Int {
        guard current < batches.count, let batch = batches[current] else { return 0 }
        let end = min(offset + max(0, count), batch.bytes.count)
        let lines = Outgoing.lines(batch.bytes[offset..<end])
        next += UInt64(lines)
        sent = max(sent, next - 1)
        offset = end
        if end == batch.bytes.count {
            current += 1
            goToStartOfCurrent()
        }
        settle()
        return lines
    }

    /// A new connection gets everything that is held.
    mutating func rewind() {
        current = head
        goToStartOfCurrent()
    }

    /// Forgets the lines up to a number, which are acknowledged.
    ///
    /// A line of which a part is on its way out stays until it has gone, and so do those behind it:
    /// a sidecar may know more of a session than it could keep when it was greeted.
    ///
    /// - Returns: Whether the number is one that was sent; if not, nothing was forgotten.
    mutating func acknowledge(through number: UInt64) -> Bool {
        guard number <= sent else { return false }
        decided = max(decided, number)
        settle()
        return true
    }

    /// Forgets what this connection's socket took whole, as nobody will acknowledge it.
    mutating func release() {
        forget(through: next - 1)
    }

    /// Forgets everything.
    mutating func removeAll() {
        (batches, head, current, bytes) = ([], 0, 0, 0)
        forgotten = numbered
        goToStartOfCurrent()
    }

    private mutating func settle() {
        acknowledged += forget(through: isBetweenLines ? decided : min(decided, next - 1))
    }

    private var isBetweenLines: Bool {
        guard current < batches.count, let batch = batches[current] else { return true }
        return offset == 0 || batch.bytes[offset - 1] == UInt8(ascii: "\n")
    }

    /// - Returns: How many lines were forgotten.
    @discardableResult
    private mutating func forget(through number: UInt64) -> UInt64 {
        guard number > forgotten else { return 0 }
        let count = number - forgotten
        forgotten = number
        while head < batches.count, let batch = batches[head] {
            guard batch.last <= number else {
                batches[head]?.forget(through: number)
                break
            }
            bytes -= batch.bytes.count + Self.batchOverhead
            batches[head] = nil
            head += 1
        }
        // What was sent on another connection need not be sent on this one.
        if next <= number { rewind() }
        if head == batches.count || head >= max(Self.forgottenAtOnce, batches.count / 2) {
            batches.removeFirst(head)
            current -= head
            head = 0
        }
        return count
    }

    private mutating func goToStartOfCurrent() {
        guard current < batches.count, let batch = batches[current] else {
            (offset, next) = (0, numbered + 1)
            return
        }
        (offset, next) = (batch.start, batch.first)
    }

    /// The lines with `"seq":N,` behind the brace of each.
    private static func numbering(_ lines: [UInt8], from first: UInt64, count: Int) -> [UInt8] {
        let last = first + UInt64(count) - 1
        // What stands in place of the brace; only its digits change from line to line.
        var head = Array("{\"seq\":\(first),".utf8)
        let digits = #"{"seq":"#.utf8.count
        var numbered: [UInt8] = []
        numbered.reserveCapacity(lines.count + count * (head.count + "\(last)".utf8.count))
        ByteView.withView(of: lines.span) { view in
            var start = 0
            while let newline = view.newline(from: start) {
                numbered.append(contentsOf: head)
                view.append(start + 1..<newline + 1, to: &numbered)
                start = newline + 1
                head.increment(digits..<head.count - 1)
            }
        }
        return numbered
    }
}

extension [UInt8] {
    /// Adds one to the decimal number in a range, which grows by a digit after 99…9.
    fileprivate mutating func increment(_ digits: Range<Int>) {
        for index in digits.reversed() {
            if self[index] < UInt8(ascii: "9") {
                self[index] += 1
                return
            }
            self[index] = UInt8(ascii: "0")
        }
        insert(UInt8(ascii: "1"), at: digits.lowerBound)
    }
}
