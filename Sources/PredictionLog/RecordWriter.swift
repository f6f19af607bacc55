// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Writes records as the socket takes them: one line of JSON each.
///
/// Numbers are the shortest text that reads back to the same double. NaN is missing and written as
/// `null`; infinities, for which JSON has no word, as the bare `Infinity` and `-Infinity` that the
/// scanner takes.
package struct RecordWriter: Sendable {
    /// A value of a feature or a prediction.
    package enum Value: Sendable, Equatable {
        case missing
        case number(Double)
        case text(String)
    }

    /// The value of one feature.
    package struct Feature: Sendable, Equatable {
        /// The key in `features`.
        package var name: String
        /// What stands under it.
        package var value: Value

        /// Names a value.
        package init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// One prediction.
    package struct Record: Sendable, Equatable {
        /// The model's name; `nil` where the hello says it.
        package var model: String?
        /// The model's version; `nil` where the hello says it.
        package var version: String?
        /// Unix seconds; `nil` lets the arrival stand for it.
        package var timestamp: Double?
        /// What a later truth refers to.
        package var id: String?
        /// The features in the order in which they are written.
        package var features: [Feature]
        /// What the model said; `nil` leaves it out.
        package var prediction: Value?
        /// Seconds.
        package var latency: Double?
        /// Anything but `ok` keeps the record out of the windows; `nil` is `ok`.
        package var outcome: String?

        /// Makes a record of a model's features.
        package init(
            model: String? = nil,
            version: String? = nil,
            timestamp: Double? = nil,
            id: String? = nil,
            features: [Feature],
            prediction: Value? = nil,
            latency: Double? = nil,
            outcome: String? = nil
        ) {
            self.model = model
            self.version = version
            self.timestamp = timestamp
            self.id = id
            self.features = features
            self.prediction = prediction
            self.latency = latency
            self.outcome = outcome
        }
    }

    private var json = JSONWriter()

    /// Makes a writer of no lines.
    package init() {}

    /// The lines written so far.
    package var bytes: [UInt8] { json.bytes }

    /// Forgets the lines and keeps the memory.
    package mutating func removeAll() { json.removeAll() }

    /// Adds the line of a record.
    package mutating func append(_ record: Record) {
        json.object { json in
            json.member("model", record.model)
            json.member("version", record.version)
            json.member("ts", record.timestamp)
            json.member("id", record.id)
            json.key("features")
            json.object { json in
                for feature in record.features {
                    json.key(feature.name)
                    json.value(feature.value)
                }
            }
            if let prediction = record.prediction {
                json.key("prediction")
                json.value(prediction)
            }
            json.member("latency", record.latency)
            json.member("outcome", record.outcome)
        }
        json.newline()
    }

    /// Adds the line of a hello, which must be the first of a connection.
    package mutating func append(_ hello: Hello) {
        json.object { json in
            json.key("hello")
            json.object { json in
                json.member("producer", hello.producer)
                json.member("session", hello.session)
                if hello.wantsAcknowledgement {
                    json.key("ack")
                    json.value(true)
                }
                json.member("model", hello.model)
                json.member("version", hello.version)
            }
        }
        json.newline()
    }

    /// Adds the line that says how many records the session has dropped up to now.
    package mutating func append(dropped count: UInt64) {
        json.object { json in
            json.key("dropped")
            json.value(count)
        }
        json.newline()
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        value(text)
    }

    fileprivate mutating func member(_ name: String, _ number: Double?) {
        guard let number else { return }
        key(name)
        value(number)
    }

    fileprivate mutating func value(_ value: RecordWriter.Value) {
        switch value {
        case .missing: null()
        case .number(let number): valueOrInfinity(number)
        case .text(let text): self.value(text)
        }
    }
}
