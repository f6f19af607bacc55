// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Journal
import PredictionLog
import Sidecar
import TestSupport
import Testing

struct SessionTableTests {
    private typealias Delivery = SessionTable.Delivery

    /// A table that can be asked within an expectation.
    private final class Table {
        private var table: SessionTable

        init(kept: [SessionProgress] = [], isKept: Bool) {
            table = SessionTable(kept: kept, isKept: isKept)
        }

        var count: Int { table.count }
        var hasChanges: Bool { table.hasChanges }

        func open(
            _ hello: Hello,
            on connection: SessionTable.Connection,
            now: Double
        ) -> SessionTable.Opening { table.open(hello, on: connection, now: now) }

        func advance(
            _ connection: SessionTable.Connection,
            decided: UInt64?,
            dropped: UInt64,
            now: Double
        ) { table.advance(connection, decided: decided, dropped: dropped, now: now) }

        func end(_ connection: SessionTable.Connection) -> Bool { table.end(connection) }
        func close(_ connection: SessionTable.Connection) -> Delivery? { table.close(connection) }
        func expire(now: Double) { table.expire(now: now) }
        func keepAnew() { table.keepAnew() }
        func answerHellos() -> [Delivery] { table.answerHellos() }
        func areKept(_ progress: [SessionProgress]) -> [Delivery] { table.areKept(progress) }

        func takeChanges() -> (progress: [SessionProgress], ended: [String]) {
            table.takeChanges()
        }

        /// Keeps what has changed, and gives what is told to whom.
        func commit() -> [Delivery] { table.areKept(table.takeChanges().progress) }
    }

    private func hello(_ session: String?, ack: Bool = true) -> Hello {
        Hello(producer: "pod-7/serve", session: session, wantsAcknowledgement: ack)
    }

    @Test
    func `a hello is answered once it is durable, then what is decided`() {
        let table = Table(isKept: true)
        let opening = table.open(hello("s"), on: 1, now: 0)
        #expect(opening == .init(decided: 0))
        table.advance(1, decided: 5, dropped: 0, now: 1)
        #expect(table.commit() == [Delivery(connection: 1, message: .hello(5))])
        #expect(!table.hasChanges)
        table.advance(1, decided: 9, dropped: 2, now: 2)
        let taken = table.takeChanges().progress
        // What comes while the commit is under way is not acknowledged by it.
        table.advance(1, decided: 12, dropped: 2, now: 2)
        let told = table.areKept(taken)
        #expect(told == [Delivery(connection: 1, message: .acknowledge(9))])
        #expect(table.commit() == [Delivery(connection: 1, message: .acknowledge(12))])
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
        let table = Table(kept: [kept], isKept: true)
        #expect(table.open(hello("s"), on: 1, now: 9) == .init(decided: 70, dropped: 3))
        #expect(table.commit() == [Delivery(connection: 1, message: .hello(70))])
    }

    @Test
    func `a second connection waits until the first is read out, then goes on behind it`() {
        let table = Table(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = table.commit()
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
        #expect(table.commit() == [Delivery(connection: 2, message: .hello(40))])
    }

    @Test
    func `of two that wait the later one goes on, and the other ends`() {
        let table = Table(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = table.open(hello("s"), on: 2, now: 0)
        let opening = table.open(hello("s"), on: 3, now: 0)
        #expect(opening.deliveries.contains(Delivery(connection: 2, message: .finished)))
        #expect(table.close(2) == nil)
        #expect(table.close(1)?.connection == 3)
    }

    @Test
    func `a successor that leaves first leaves nothing behind`() {
        let table = Table(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = table.open(hello("s"), on: 2, now: 0)
        #expect(table.close(2) == nil)
        #expect(table.close(1) == nil)
        #expect(table.open(hello("s"), on: 3, now: 0) == .init(decided: 0))
    }

    @Test
    func `whoever has said its last is told to end when nothing is owed`() {
        let table = Table(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        _ = table.commit()
        table.advance(1, decided: 3, dropped: 0, now: 0)
        #expect(table.end(1))
        #expect(
            table.commit() == [
                Delivery(connection: 1, message: .acknowledge(3)),
                Delivery(connection: 1, message: .finished),
            ]
        )
        #expect(!table.end(1))
    }

    @Test
    func `while nothing can be kept a hello is answered with what was durable, and no more`() {
        let table = Table(isKept: true)
        _ = table.open(hello("s"), on: 1, now: 0)
        table.advance(1, decided: 3, dropped: 0, now: 0)
        #expect(table.answerHellos() == [Delivery(connection: 1, message: .hello(0))])
        #expect(table.answerHellos().isEmpty)
        table.keepAnew()
        #expect(table.commit() == [Delivery(connection: 1, message: .acknowledge(3))])
    }

    @Test
    func `numbers mean nothing without a journal, a session, or the wish`() {
        let unkept = Table(isKept: false)
        #expect(unkept.open(hello("s"), on: 1, now: 0).decided == nil)
        let table = Table(isKept: true)
        #expect(table.open(hello(nil), on: 1, now: 0).decided == nil)
        #expect(table.open(hello(""), on: 2, now: 0).decided == nil)
        let long = String(repeating: "s", count: SessionTable.nameBytes + 1)
        #expect(table.open(hello(long), on: 3, now: 0).decided == nil)
        #expect(table.open(hello("s", ack: false), on: 4, now: 0).decided == nil)
        #expect(table.commit().isEmpty)
    }

    @Test
    func `drops are counted once over connections of a session`() {
        let table = Table(isKept: true)
        _ = table.open(hello("s", ack: false), on: 1, now: 0)
        table.advance(1, decided: nil, dropped: 30, now: 0)
        _ = table.close(1)
        #expect(table.open(hello("s", ack: false), on: 2, now: 0).dropped == 30)
    }

    @Test
    func `a silent session is forgotten after a day, and one that comes back is kept`() {
        let table = Table(isKept: true)
        _ = table.open(hello("old"), on: 1, now: 0)
        _ = table.open(hello("open"), on: 2, now: 0)
        _ = table.close(1)
        _ = table.commit()
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
        let table = Table(isKept: true)
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
