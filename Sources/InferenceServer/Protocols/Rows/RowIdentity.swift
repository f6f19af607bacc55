// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What a request may say of a row for the log: not read by the model.
struct RowIdentity {
    /// The `id`, a string.
    var id = FieldValue.absent
    /// The `ts`, Unix seconds or an RFC 3339 time.
    var ts = FieldValue.absent

    /// Times are taken up to, not including, the year 10000, as the sidecar does.
    private static let timeLimit = 253_402_300_800.0

    /// Whether there is nothing that could be wrong with them.
    var isPlain: Bool {
        (id.isAbsent || id.form == .text)
            && (ts.isAbsent || ts.form == .number && 0..<Self.timeLimit ~= ts.number)
    }

    /// What is wrong with them.
    ///
    /// - Parameters:
    ///   - location: The way to the object that has them.
    ///   - bytes: The bytes in which they stand.
    /// - Returns: None, one or two faults.
    func faults(at location: [ValidationFault.Place], in bytes: Span<UInt8>) -> [ValidationFault] {
        var faults: [ValidationFault] = []
        if let fault = ValidationFault(ofText: id, at: location + [.name("id")], in: bytes) {
            faults.append(fault)
        }
        if !hasTime(in: bytes) {
            faults.append(
                ValidationFault(
                    type: "datetime_type",
                    at: location + [.name("ts")],
                    "Input should be a valid datetime",
                    input: ts,
                    in: bytes
                )
            )
        }
        return faults
    }

    private func hasTime(in bytes: Span<UInt8>) -> Bool {
        switch ts.form {
        case .absent, .null: true
        case .number: 0..<Self.timeLimit ~= ts.number
        case .text:
            ts.text(in: bytes).flatMap(RFC3339.parse).map { 0..<Self.timeLimit ~= $0 } ?? false
        default: false
        }
    }
}
