// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What is left of a file's limits while it is read.
struct ReadBudget {
    let limits: ModelLimits
    private var textBytes = 0
    private var elements = 0
    private var messages = 0

    init(_ limits: ModelLimits) {
        self.limits = limits
    }

    /// Reads a text, which ONNX wants in UTF-8.
    mutating func text(
        _ field: WireField,
        in bytes: Span<UInt8>
    ) throws(ModelError) -> String {
        let range = try field.range()
        // No sum here can overflow: the range lies in the file.
        textBytes += range.count + ModelLimits.bytesPerText
        guard textBytes <= limits.textBytes else {
            throw .limitExceeded(
                path: "",
                quantity: "bytes of texts",
                found: textBytes,
                most: limits.textBytes
            )
        }
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw .malformed(
                path: "",
                offset: range.lowerBound,
                found: "bytes that are no text",
                expected: "UTF-8"
            )
        }
    }

    /// Adds one number or several packed ones to a list of what the message's earlier fields gave.
    ///
    /// A number has `size` bytes, or is a varint where that is nil; `convert` makes an element of its
    /// bits.
    func append<Element>(
        _ field: WireField,
        of size: Int?,
        in bytes: Span<UInt8>,
        to list: inout [Element],
        _ convert: (UInt64) -> Element
    ) throws(ModelError) {
        switch field.value {
        case .varint(let bits) where size == nil: list.append(convert(bits))
        case .fixed32(let bits) where size == 4: list.append(convert(UInt64(bits)))
        case .fixed64(let bits) where size == 8: list.append(convert(bits))
        case .bytes(let range):
            var reader = WireReader(range)
            if let size { try check(list.count + range.count / size) }
            while reader.offset < range.upperBound {
                let bits =
                    if let size { try reader.fixed(size, in: bytes) } else {
                        try reader.varint(in: bytes)
                    }
                list.append(convert(bits))
                try check(list.count)
            }
        default: throw field.mistyped(size.map { "\($0) bytes" } ?? "a varint")
        }
        try check(list.count)
    }

    /// Whether an attribute's list may have this many elements.
    func check(_ count: Int) throws(ModelError) {
        guard count <= limits.listElements else {
            throw .limitExceeded(
                path: "",
                quantity: "elements",
                found: count,
                most: limits.listElements
            )
        }
    }

    /// Counts a message that becomes a value of its own: an empty one has two bytes in the file and
    /// hundreds here.
    mutating func takeMessage() throws(ModelError) {
        messages += 1
        guard messages <= limits.messages else {
            throw .limitExceeded(
                path: "",
                quantity: "messages",
                found: messages,
                most: limits.messages
            )
        }
    }

    /// Counts the elements of a constant, before they are allocated.
    mutating func takeElements(_ count: Int) throws(ModelError) {
        guard count <= limits.elements - elements else {
            throw .limitExceeded(
                path: "",
                quantity: "more elements of constants",
                found: count,
                most: limits.elements - elements
            )
        }
        elements += count
    }
}
