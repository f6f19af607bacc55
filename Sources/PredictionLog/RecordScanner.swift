// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Takes one connection's bytes apart into lines and reads each as a record.
///
/// It does no input or output: bytes in at any split, rows and counts out. A line that is split
/// between reads is kept until its end comes; one that is too long is counted and skipped. Nothing
/// that a producer sends ends the scanner.
package struct RecordScanner: ~Copyable {
    private let limits: ScanLimits
    private var reader: RecordReader
    /// The bytes of a line whose end has not come yet.
    private var carry: [UInt8] = []
    /// Whether the line is too long, and skipped to its end.
    private var isSkipping = false

    /// Makes the scanner of a new connection.
    package init(limits: ScanLimits = ScanLimits()) {
        self.limits = limits
        reader = RecordReader(maxDepth: limits.maxDepth)
    }

    /// What the connection's first line said, if it was a hello.
    package var hello: Hello? { reader.hello }

    /// The highest sequence number that is decided, by counting or rejecting the record.
    ///
    /// Nil unless `resume` has said where the session stands.
    package var decided: UInt64? { reader.decided }

    /// The records that the producer has dropped up to now, as it says.
    package var dropped: UInt64 { reader.dropped }

    /// Goes on where the producer's session stands.
    ///
    /// - Parameters:
    ///   - decided: The highest sequence number that is decided; a record with no higher one is a
    ///     duplicate. Nil when sequence numbers mean nothing.
    ///   - dropped: The records that it has said to have dropped.
    package mutating func resume(decided: UInt64?, dropped: UInt64) {
        reader.resume(decided: decided, dropped: dropped)
    }

    /// Scans lines until the bytes end, a batch is full or the line was a hello.
    ///
    /// - Parameters:
    ///   - bytes: What was read; an incomplete last line is kept.
    ///   - intake: Takes rows and counts.
    /// - Returns: How many bytes were consumed. If fewer than there are, a batch is full: empty
    ///   it and call again with the rest. Or a hello was read, after which `resume` may be called.
    /// - Complexity: O(bytes). No allocation for a record, once texts with escapes and split lines
    ///   have found their memory.
    package mutating func scan(_ bytes: Span<UInt8>, into intake: inout Intake) -> Int {
        ByteView.withView(of: bytes) { view in
            var start = 0
            while start < view.count, !intake.hasFullBatch {
                guard let newline = view.newline(from: start) else {
                    keep(view.part(start..<view.count), into: &intake)
                    return view.count
                }
                let line = view.part(start..<newline)
                if isSkipping {
                    isSkipping = false
                } else if carry.isEmpty {
                    read(line, into: &intake)
                } else if keep(line, into: &intake) {
                    readCarry(into: &intake)
                } else {
                    isSkipping = false
                }
                start = newline + 1
                if reader.greets { break }
            }
            return start
        }
    }

    /// Ends the stream: what has no newline by now is a truncated line, blanks apart.
    package mutating func finish(into intake: inout Intake) {
        let isBlank = carry.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if !isBlank {
            intake.tally.reject(
                ScanFault(.truncated, at: carry.count, found: .end, expected: .closingNewline)
            )
        }
        carry.removeAll(keepingCapacity: false)
        isSkipping = false
    }

    private mutating func read(_ line: consuming ByteView, into intake: inout Intake) {
        if line.count > limits.maxLineBytes {
            rejectLong(line.part(0..<limits.maxLineBytes), into: &intake)
        } else {
            reader.read(line, into: &intake)
        }
    }

    private mutating func readCarry(into intake: inout Intake) {
        // The line is lent from a local, as the reader is a part of this value too.
        var line: [UInt8] = []
        swap(&line, &carry)
        ByteView.withView(of: line.span) { view in reader.read(view, into: &intake) }
        line.removeAll(keepingCapacity: true)
        swap(&line, &carry)
    }

    /// Adds a part of a line to what is kept of it, unless it becomes too long.
    ///
    /// - Returns: Whether the line is still of interest.
    @discardableResult
    private mutating func keep(_ part: consuming ByteView, into intake: inout Intake) -> Bool {
        if isSkipping { return false }
        guard carry.count + part.count <= limits.maxLineBytes else {
            part.append(0..<limits.maxLineBytes - carry.count, to: &carry)
            var line: [UInt8] = []
            swap(&line, &carry)
            isSkipping = true
            ByteView.withView(of: line.span) { view in rejectLong(view, into: &intake) }
            return false
        }
        part.append(0..<part.count, to: &carry)
        return true
    }

    /// Rejects a line that is too long, given its beginning.
    private mutating func rejectLong(_ beginning: consuming ByteView, into intake: inout Intake) {
        if reader.isDuplicate(beginning, into: &intake) { return }
        let limit = limits.maxLineBytes
        intake.tally.reject(ScanFault(.tooLong, at: limit, found: .nothing, expected: .newline))
    }
}
