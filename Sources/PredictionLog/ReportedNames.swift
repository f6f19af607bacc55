// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Which unknown names were reported already, so that each is told once.
struct ReportedNames: Sendable {
    /// The most names that are reported in the life of a catalog.
    private static let limit = 64

    private var hashes: [UInt64] = []

    /// Whether no further name is reported.
    var isFull: Bool { hashes.count >= Self.limit }

    /// Notes a name of a schema.
    ///
    /// - Returns: Whether it is to be reported. Of two names with one hash only the first is.
    mutating func insert(_ name: Span<UInt8>, schema: Int) -> Bool {
        let hash =
            digest(of: name).hash &+ UInt64(truncatingIfNeeded: schema) &* 0x9E37_79B9_7F4A_7C15
        guard !isFull, !hashes.contains(hash) else { return false }
        hashes.append(hash)
        return true
    }
}
