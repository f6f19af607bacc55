// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A sidecar that gives acknowledgements, in memory: what its description says and nothing more.
///
/// What it has decided is live at once and durable with a commit; a kill leaves what is durable.
struct ModelSidecar {
    /// Where a session stands.
    struct Standing: Equatable {
        /// The highest number decided.
        var decided: UInt64 = 0
        /// How often each record was counted.
        var counted: [Int: Int] = [:]
        var dropped: UInt64 = 0
    }

    private(set) var durable = Standing()
    private(set) var live = Standing()
    private(set) var duplicates = 0
    /// What the producer did that it must not do.
    private(set) var faults: [String] = []
    /// The lines of each connection, the hello's included.
    private(set) var lines: [[String]] = []
    /// What was answered, and has not arrived yet.
    private var wire: [UInt8] = []
    private var input: [UInt8] = []
    private var session: String?
    private var isConnected = false
    private var isGreeted = false
    private var owesHello = false
    private var told: UInt64 = 0

    /// A producer connects.
    mutating func connect() {
        isConnected = true
        (isGreeted, owesHello, told) = (false, false, 0)
        lines.append([])
    }

    /// The connection ends; what had arrived was read.
    mutating func disconnect() {
        isConnected = false
        (wire, input) = ([], [])
    }

    /// The process ends without a word.
    mutating func kill() {
        disconnect()
        live = durable
    }

    /// Bytes arrive, and are decided as far as they are whole lines.
    mutating func receive(_ bytes: some Sequence<UInt8>) {
        input += bytes
        if owesHello, !input.isEmpty { faults.append("bytes before the hello was answered") }
        while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
            read(String(decoding: input[..<end], as: UTF8.self))
            input.removeFirst(end + 1)
        }
    }

    /// Makes everything durable, and says so to whoever is connected.
    mutating func commit() {
        durable = live
        guard isConnected, isGreeted else { return }
        if owesHello {
            answerHello()
        } else if durable.decided > told {
            told = durable.decided
            say("{\"ack\":\(told)}\n")
        }
    }

    /// Answers a hello although nothing can be made durable now.
    mutating func answerHello() {
        guard isConnected, owesHello else { return }
        owesHello = false
        told = durable.decided
        say("{\"hello\":{\"seq\":\(told)}}\n")
    }

    /// Says anything.
    mutating func say(_ line: String) {
        if isConnected { wire += line.utf8 }
    }

    /// The next bytes of what was answered, so many at most.
    mutating func answers(upTo limit: Int) -> [UInt8] {
        let bytes = Array(wire.prefix(limit))
        wire.removeFirst(bytes.count)
        return bytes
    }

    private mutating func read(_ line: String) {
        lines[lines.count - 1].append(line)
        if line.hasPrefix("{\"hello\":") {
            if isGreeted { faults.append("a second hello") }
            if let session, session != line { faults.append("another session: \(line)") }
            session = line
            (isGreeted, owesHello) = (true, true)
        } else if let dropped = number(of: "{\"dropped\":", in: line) {
            live.dropped = max(live.dropped, dropped)
        } else if let sequence = number(of: "{\"seq\":", in: line),
            let id = number(of: ",\"id\":", in: line), isGreeted
        {
            if sequence > live.decided {
                live.decided = sequence
                live.counted[Int(id), default: 0] += 1
            } else {
                duplicates += 1
            }
        } else {
            faults.append("no line of a producer: \(line)")
        }
    }

    private func number(of prefix: String, in line: String) -> UInt64? {
        guard let start = line.range(of: prefix)?.upperBound else { return nil }
        return UInt64(line[start...].prefix { $0.isNumber })
    }
}

extension String {
    /// Where a text stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.lazy.first { self[$0...].hasPrefix(text) }
            .map { $0..<index($0, offsetBy: text.count) }
    }
}
