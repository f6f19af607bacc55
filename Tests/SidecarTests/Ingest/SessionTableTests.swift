// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Journal
import PredictionLog
import Sidecar
import TestSupport
import Testing

struct SessionTableTests {
    private typealias Delivery = SessionTable.Delivery

    private func hello(_ session: String?, ack: Bool = true) -> Hello {
        Hello(producer: "pod-7/serve", session: session, wantsAcknowledgement: ack)
    }

    /// Keeps what has changed, and gives what is told to whom.
    private func commit(_ table: inout SessionTable) -> [Delivery] {
        table.areKept(table.takeChanges().progress)
    }

    @Test
    func `a hello is answered once it is durable, then what is decided`() {
        var table = SessionTable(isKept: true)
        let opening = table.open(hello("s"), on: 1, now: 0)
        #expect(opening == .init(decided: 0))
        table.advance(1, decided: 5, dropped: 0, now: 1)
        #expect(commit(&table) == [Delivery(connection: 1, message: .hello(5))])
        #expect(!table.hasChanges)
        table.advance(1, decided: 9, dropped: 2, now: 2)
        let taken = table.takeChanges()
        // What comes while the commit is under way is not acknowledged by it.
        table.advance(1, decided: 12, dropped: 2, now: 2)
        let told = table.areKept(taken.progress)
        #expect(told == [Delivery(connection: 1, message: .acknowledge(9))])
        #expect(commit(&table) == [Delivery(connection: 1, message: .acknowledge(12))])
    }

    @Test
    func `a session goes on after a restart where it was durable`() {
        let kept = SessionProgress(
            session: "s",
            producer: "p",
            decided: 70,
            dropped: 3,
            lastHeard: 0
        )
        var table = SessionTable(kept: [kept], isKept: true)
        #expect(table.open(hello("s"), on: 1, now: 9) == .init(decided: 70, dropped: 3))
        #expect(commit(&table) == [Delivery(connection: 1, message: .hello(70))])
    }

    @Test
    func `a second connection waits until the first is read out, then goes on behind it`() {
        var table = SessionTable(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = commit(&table)
        let opening = table.open(hello("s"), on: 2, now: 1)
        #expect(opening.mustWait)
        #expect(opening.deliveries == [Delivery(connection: 1, message: .superseded)])
        table.advance(1, decided: 40, dropped: 1, now: 2)
        // Numbers of the connection that waits are not heard.
        table.advance(2, decided: 99, dropped: 0, now: 2)
        #expect(
            table.close(1)
                == Delivery(connection: 2, message: .proceed(decided: 40, dropped: 1))
        )
        #expect(commit(&table) == [Delivery(connection: 2, message: .hello(40))])
    }

    @Test
    func `of two that wait the later one goes on, and the other ends`() {
        var table = SessionTable(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = table.open(hello("s"), on: 2, now: 0)
        let opening = table.open(hello("s"), on: 3, now: 0)
        #expect(opening.deliveries.contains(Delivery(connection: 2, message: .finished)))
        #expect(table.close(2) == nil)
        #expect(table.close(1)?.connection == 3)
    }

    @Test
    func `a successor that leaves first leaves nothing behind`() {
        var table = SessionTable(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = table.open(hello("s"), on: 2, now: 0)
        #expect(table.close(2) == nil)
        #expect(table.close(1) == nil)
        #expect(table.open(hello("s"), on: 3, now: 0) == .init(decided: 0))
    }

    @Test
    func `whoever has said its last is told to end when nothing is owed`() {
        var table = SessionTable(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = commit(&table)
        table.advance(1, decided: 3, dropped: 0, now: 0)
        #expect(table.end(1))
        #expect(
            commit(&table) == [
                Delivery(connection: 1, message: .acknowledge(3)),
                Delivery(connection: 1, message: .finished),
            ]
        )
        #expect(!table.end(1))
    }

    @Test
    func `while nothing can be kept a hello is answered with what was durable, and no more`() {
        var table = SessionTable(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        table.advance(1, decided: 3, dropped: 0, now: 0)
        #expect(table.answerHellos() == [Delivery(connection: 1, message: .hello(0))])
        #expect(table.answerHellos().isEmpty)
        table.keepAnew()
        #expect(commit(&table) == [Delivery(connection: 1, message: .acknowledge(3))])
    }

    @Test
    func `numbers mean nothing without a journal, a session, or the wish`() {
        var unkept = SessionTable(isKept: false)
        #expect(unkept.open(hello("s"), on: 1, now: 0).decided == nil)
        var table = SessionTable(isKept: true)
        #expect(table.open(hello(nil), on: 1, now: 0).decided == nil)
        #expect(table.open(hello(""), on: 2, now: 0).decided == nil)
        let long = String(repeating: "s", count: SessionTable.nameBytes + 1)
        #expect(table.open(hello(long), on: 3, now: 0).decided == nil)
        #expect(table.open(hello("s", ack: false), on: 4, now: 0).decided == nil)
        #expect(commit(&table).isEmpty)
    }

    @Test
    func `drops are counted once over connections of a session`() {
        var table = SessionTable(isKept: true)
        _ = table.open(hello("s", ack: false), on: 1, now: 0)
        table.advance(1, decided: nil, dropped: 30, now: 0)
        _ = table.close(1)
        #expect(table.open(hello("s", ack: false), on: 2, now: 0).dropped == 30)
    }

    @Test
    func `a silent session is forgotten after a day, and one that comes back is kept`() {
        var table = SessionTable(isKept: true)
        _ = table.open(hello("old"), on: 1, now: 0)
        _ = table.open(hello("open"), on: 2, now: 0)
        _ = table.close(1)
        _ = commit(&table)
        table.expire(now: SessionTable.lifetime)
        #expect(table.count == 2)
        table.expire(now: SessionTable.lifetime + 1)
        #expect(table.count == 1)
        // Back before that was kept.
        _ = table.open(hello("old"), on: 3, now: SessionTable.lifetime + 2)
        let changes = table.takeChanges()
        #expect(changes.ended.isEmpty)
        #expect(changes.progress.map(\.session).contains("old"))
    }

    @Test
    func `over the limit the session that was silent the longest makes room`() {
        var table = SessionTable(isKept: true)
        for number in 0..<SessionTable.limit {
            let connection = SessionTable.Connection(number)
            _ = table.open(hello("s\(number)"), on: connection, now: Double(number))
            if number != 0 { _ = table.close(connection) }
        }
        _ = table.open(hello("new"), on: 9_999, now: 1e4)
        #expect(table.count == SessionTable.limit)
        // The first is connected, so the second has gone.
        #expect(table.takeChanges().ended.isEmpty == false)
        #expect(table.open(hello("s1"), on: 10_000, now: 1e4).decided == 0)
    }
}
