// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How a producer introduces itself: the optional first line of a connection.
package struct Hello: Sendable, Equatable {
    /// Who writes, as `pod-7/serve`.
    package var producer: String?
    /// One life of the producer; random for each process.
    package var session: String?
    /// Whether the producer wants to be told what is durable.
    package var wantsAcknowledgement: Bool
    /// The model of records that name none.
    package var model: String?
    /// The model version of records that name none.
    package var version: String?

    /// Makes a hello.
    package init(
        producer: String? = nil,
        session: String? = nil,
        wantsAcknowledgement: Bool = false,
        model: String? = nil,
        version: String? = nil
    ) {
        self.producer = producer
        self.session = session
        self.wantsAcknowledgement = wantsAcknowledgement
        self.model = model
        self.version = version
    }
}

extension Hello {
    /// Reads the value of a `hello`.
    ///
    /// - Throws: `ScanFault` of reason `hello` if it is no object, or a part of it is of another
    ///   kind. Parts that mean nothing here are skipped.
    init(reading cursor: inout JSONCursor) throws(ScanFault) {
        self.init()
        guard cursor.byte == UInt8(ascii: "{") else { throw cursor.fault(.hello, .hello) }
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            let offset = cursor.offset
            if try cursor.null() { continue }
            switch (key, try cursor.kind()) {
            case ("producer", .string): producer = try cursor.string()
            case ("session", .string): session = try cursor.string()
            case ("ack", .boolean): wantsAcknowledgement = try cursor.boolean()
            case ("model", .string), ("model", .number): model = try cursor.name()
            case ("version", .string), ("version", .number): version = try cursor.name()
            case ("producer", _), ("session", _), ("ack", _), ("model", _), ("version", _):
                throw cursor.fault(.hello, .hello, at: offset)
            default: try cursor.skipValue()
            }
        }
    }
}

extension JSONCursor {
    fileprivate mutating func name() throws(ScanFault) -> String? {
        try readNameText() ? text : nil
    }
}
