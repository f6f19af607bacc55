// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How the record before spelt its model and version, and the schema that they named.
struct LearnedNames: ~Copyable {
    /// The bytes of the value; empty if there was none.
    private(set) var model: [UInt8] = []
    private(set) var version: [UInt8] = []
    /// -1 before the first record.
    private(set) var schema = -1

    @inline(__always)
    func matches(_ fields: RecordFields) -> Bool {
        schema >= 0 && fields.model == (model.isEmpty ? .absent : .asLearned)
            && fields.version == (version.isEmpty ? .absent : .asLearned)
    }

    mutating func learn(
        model: Range<Int>,
        version: Range<Int>,
        in bytes: borrowing ByteView,
        schema: Int
    ) {
        self.schema = schema
        self.model.removeAll(keepingCapacity: true)
        bytes.append(model, to: &self.model)
        self.version.removeAll(keepingCapacity: true)
        bytes.append(version, to: &self.version)
    }
}
