// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The faults of one request, as many as an answer tells.
struct ValidationFaults: Sendable {
    /// Faults that are told.
    static let limit = 100

    /// The first of them, in the order of the request.
    private(set) var list: [ValidationFault] = []

    /// Whether there is none.
    var isEmpty: Bool { list.isEmpty }

    /// Whether further ones are forgotten.
    var isFull: Bool { list.count >= Self.limit }

    /// Notes another one; beyond the limit it is forgotten.
    mutating func add(_ fault: ValidationFault) {
        guard !isFull else { return }
        list.append(fault)
    }

    /// One text for protocols whose errors are texts: the first faults, sentence by sentence.
    var sentences: String {
        let told = list.prefix(5).map(\.sentence).joined(separator: "; ")
        return list.count > 5 ? "\(told); and \(list.count - 5) more" : told
    }
}
