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
        Self.copy(model, of: bytes, to: &self.model)
        Self.copy(version, of: bytes, to: &self.version)
    }

    private static func copy(
        _ range: Range<Int>,
        of bytes: borrowing ByteView,
        to: inout [UInt8]
    ) {
        to.removeAll(keepingCapacity: true)
        for offset in range { to.append(bytes[offset]) }
    }
}
