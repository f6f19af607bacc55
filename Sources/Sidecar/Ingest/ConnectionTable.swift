// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The connections that are open, and how each is reached.
struct ConnectionTable: Sendable {
    /// Tells a connection something, from any thread.
    typealias Port = @Sendable (SessionTable.Message) -> Void

    /// What is known of a connection.
    struct Entry: Sendable {
        /// How it is reached.
        let port: Port
        /// Whether its hello was taken.
        var hasGreeted = false
        /// Whether it is told what is durable.
        var isAcknowledged = false
        /// Whether it waits for room in what is to be kept.
        var isHeld = false
        /// Whether its hello waits until it is known where sessions stand.
        var isUngreeted = false
    }

    private var entries: [SessionTable.Connection: Entry] = [:]
    private var next: SessionTable.Connection = 1

    /// How many connections are open.
    var count: Int { entries.count }

    /// What is known of a connection; nil once it is closed.
    subscript(connection: SessionTable.Connection) -> Entry? {
        get { entries[connection] }
        set { entries[connection] = newValue }
    }

    /// Adds a connection, and names it.
    mutating func add(_ port: @escaping Port) -> SessionTable.Connection {
        defer { next += 1 }
        entries[next] = Entry(port: port)
        return next
    }

    /// Takes the connections that wait for room.
    mutating func takeHeld() -> [SessionTable.Delivery] {
        var deliveries: [SessionTable.Delivery] = []
        for (connection, entry) in entries where entry.isHeld {
            entries[connection]?.isHeld = false
            deliveries.append(.init(connection: connection, message: .resume))
        }
        return deliveries
    }

    /// Takes the connections whose hello waits.
    mutating func takeUngreeted() -> [SessionTable.Delivery] {
        var deliveries: [SessionTable.Delivery] = []
        for (connection, entry) in entries where entry.isUngreeted {
            entries[connection]?.isUngreeted = false
            deliveries.append(.init(connection: connection, message: .greetAgain))
        }
        return deliveries
    }
}
