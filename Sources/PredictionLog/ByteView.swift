// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The bytes of a line or document, readable at any offset: the one handle over raw memory.
///
/// Every read is checked against the length by one comparison, and a read outside gives a defined
/// answer instead of a trap, so code above this type cannot touch foreign memory whatever it
/// computes. Reading through a stored pointer makes the scan of a record take about half the time
/// that passing a `Span` from call to call does (HotPathsBenchmark, scan).
///
/// - Important: A view is made inside `withView(of:)` only, and must not outlive its closure; the
///   types that hold one are not copyable.
@safe
struct ByteView: ~Copyable {
    /// Valid for `count` bytes while `withView` runs; never changed.
    private let base: UnsafePointer<UInt8>
    /// The number of bytes.
    let count: Int

    private init(base: UnsafePointer<UInt8>, count: Int) {
        // The caller's promise: `base` is valid for `count` bytes as long as the view lives.
        unsafe self.base = base
        self.count = count
    }

    /// Lends a view of the bytes to `body`.
    @inline(__always)
    static func withView<Result: ~Copyable, Failure: Error>(
        of bytes: Span<UInt8>,
        _ body: (consuming ByteView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The buffer is valid until the closure returns, and the view is used inside it only.
        try unsafe bytes.withUnsafeBufferPointer { buffer throws(Failure) in
            guard let base = buffer.baseAddress else {
                // An empty span may have no memory; no byte of this one is read either.
                var nothing: UInt8 = 0
                return try unsafe withUnsafePointer(to: &nothing) { base throws(Failure) in
                    try body(unsafe ByteView(base: base, count: 0))
                }
            }
            return try body(unsafe ByteView(base: base, count: buffer.count))
        }
    }

    /// The view of a part, which must not outlive this one; what lies outside is left out.
    @inline(__always)
    func part(_ range: Range<Int>) -> ByteView {
        let range = range.clamped(to: 0..<count)
        // The range is inside.
        return unsafe ByteView(base: base + range.lowerBound, count: range.count)
    }

    /// Where the first newline stands at or after an offset.
    ///
    /// - Complexity: O(bytes), dozens at a time.
    @inline(__always)
    func newline(from offset: Int) -> Int? {
        guard offset >= 0, offset < count else { return nil }
        // The bytes searched are inside; what is found is among them.
        guard let found = unsafe memchr(base + offset, 0x0A, count - offset) else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// The byte at an offset; 0 outside, a byte that JSON has nowhere.
    @inline(__always)
    subscript(offset: Int) -> UInt8 {
        // As unsigned numbers the comparison is false for negative offsets too.
        guard UInt(bitPattern: offset) < UInt(bitPattern: count) else { return 0 }
        return unsafe base[offset]
    }

    /// The eight bytes from an offset on, the first one lowest; `nil` unless all are inside.
    @inline(__always)
    func word(at offset: Int) -> UInt64? {
        guard offset >= 0, offset <= count &- 8 else { return nil }
        // All eight bytes are inside, and any bytes are a UInt64; alignment does not matter.
        return unsafe UInt64(
            littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self)
        )
    }

    /// The sixteen bytes from an offset on as two words; `nil` unless all are inside.
    @inline(__always)
    func twoWords(at offset: Int) -> (UInt64, UInt64)? {
        guard offset >= 0, offset <= count &- 16 else { return nil }
        // All sixteen bytes are inside; the rest as above.
        let place = unsafe UnsafeRawPointer(base + offset)
        return (
            unsafe UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)),
            unsafe UInt64(littleEndian: (place + 8).loadUnaligned(as: UInt64.self))
        )
    }

    /// Lends the bytes of a range; what lies outside is left out.
    @inline(__always)
    func withSpan<Result>(of range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
        let range = range.clamped(to: 0..<count)
        // The range is inside, and the span ends with the closure, before the view does.
        return body(unsafe Span(_unsafeStart: base + range.lowerBound, count: range.count))
    }

    /// Appends the bytes of a range to an array; what lies outside is left out.
    func append(_ range: Range<Int>, to array: inout [UInt8]) {
        let range = range.clamped(to: 0..<count)
        // The range is inside, and the bytes are copied before the view ends.
        unsafe array.append(
            contentsOf: UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
        )
    }

    /// Copies the bytes of a range into a span; up to 16 bytes of it behind the copy may change too.
    ///
    /// - Parameters:
    ///   - range: The bytes; of a range that is not inside nothing is copied.
    ///   - span: Where they go; too little room takes none of them.
    ///   - offset: Where the first one goes, not negative.
    /// - Returns: Where the next byte goes.
    @inline(__always)
    func copy(_ range: Range<Int>, into span: inout MutableSpan<UInt8>, at offset: Int) -> Int {
        guard range.lowerBound >= 0, range.upperBound <= count, offset >= 0,
            range.count <= span.count &- offset
        else { return offset }
        // The range is inside, the span has room for it from `offset` on, and they do not overlap:
        // one is only read, and the other is only this call's.
        unsafe span.withUnsafeMutableBufferPointer { target in
            let room = target.count
            guard let target = target.baseAddress else { return }
            // Two words are cheaper than a call, and what they hold beyond the range lies behind it
            // in the span, where the caller has not been yet.
            if range.count <= 16, offset <= room &- 16, let words = twoWords(at: range.lowerBound) {
                let place = unsafe UnsafeMutableRawPointer(target + offset)
                unsafe place.storeBytes(of: words.0.littleEndian, as: UInt64.self)
                unsafe place.storeBytes(of: words.1.littleEndian, toByteOffset: 8, as: UInt64.self)
                return
            }
            _ = unsafe memcpy(target + offset, base + range.lowerBound, range.count)
        }
        return offset &+ range.count
    }

    /// The bytes of a range as a text; what lies outside is left out, what is no UTF-8 replaced.
    func string(of range: Range<Int>) -> String {
        let range = range.clamped(to: 0..<count)
        // The range is inside, and the bytes are copied before the view ends.
        return unsafe String(
            decoding: UnsafeBufferPointer(start: base + range.lowerBound, count: range.count),
            as: UTF8.self
        )
    }
}
