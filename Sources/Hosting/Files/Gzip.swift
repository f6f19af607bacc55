// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Why bytes are not gzip, or cannot be made into it.
package enum GzipError: Error, Sendable, Equatable {
    /// The input ended within a member, or before the first.
    case truncated

    /// The bytes are not gzip; what zlib says about them.
    case corrupt(reason: String)

    /// zlib found no memory.
    case outOfMemory
}

extension GzipError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "the gzip data ends before its end"
        case .corrupt(let reason): "the gzip data is corrupt: \(reason)"
        case .outOfMemory: "no memory for gzip"
        }
    }
}

/// Whole buffers, and how gzip begins.
package enum Gzip {
    /// The bytes with which every gzip member begins (RFC 1952, section 2.3.1).
    package static let magic: [UInt8] = [0x1f, 0x8b]

    /// The bytes as one gzip member.
    ///
    /// - Parameters:
    ///   - bytes: What to compress; may be empty.
    ///   - level: 1, the fastest, to 9, the smallest.
    /// - Returns: The member, header and trailer included.
    /// - Throws: `GzipError.outOfMemory`.
    /// - Complexity: O(bytes); 256 KiB for zlib, and the output's bound is reserved at once.
    package static func compress(_ bytes: [UInt8], level: Int = 1) throws(GzipError) -> [UInt8] {
        let stream = try ZlibStream(.deflate(level: level))
        return try stream.deflate(bytes)
    }
}

/// Decompresses gzip as it arrives.
///
/// One member or several behind each other, as `cat a.gz b.gz` makes them; zeros after a member are
/// padding, as gzip itself takes them.
///
/// Give it bytes with `append`, take everything with `next` until that has nothing more, and say
/// `finish` at the end of the input. After an error it is of no use.
package struct GzipInflater: ~Copyable {
    private enum Position {
        case betweenMembers(first: Bool)
        case inMember
    }

    private let stream: ZlibStream
    private var position = Position.betweenMembers(first: true)
    private var input: [UInt8] = []
    private var consumed = 0

    /// - Throws: `GzipError.outOfMemory`.
    package init() throws(GzipError) {
        stream = try ZlibStream(.inflate)
    }

    /// Adds compressed bytes to those not yet taken.
    package mutating func append(_ bytes: [UInt8]) {
        input.removeFirst(consumed)
        consumed = 0
        input.append(contentsOf: bytes)
    }

    /// The next decompressed bytes, at most 256 KiB of them however well they were compressed; `nil`
    /// when more input is needed.
    ///
    /// - Throws: `GzipError.corrupt`, `outOfMemory`.
    package mutating func next() throws(GzipError) -> [UInt8]? {
        while true {
            if case .betweenMembers(let first) = position {
                while !first, consumed < input.count, input[consumed] == 0 { consumed += 1 }
                guard consumed < input.count else { return nil }
                try stream.reset()
                position = .inMember
            }
            let step = try stream.inflate(input, from: consumed)
            consumed += step.consumed
            if step.endsMember { position = .betweenMembers(first: false) }
            if !step.output.isEmpty { return step.output }
            if step.consumed == 0 && !step.endsMember { return nil }
        }
    }

    /// Ends the input.
    ///
    /// - Throws: `GzipError.truncated` unless the last member was whole.
    package func finish() throws(GzipError) {
        guard case .betweenMembers(first: false) = position else { throw .truncated }
    }
}

/// One zlib stream at an address of its own: zlib keeps a pointer back to it.
///
/// Not `private`: other modules destroy a `GzipInflater` in place, and their objects then name this
/// type's metadata.
@safe
struct ZlibStream: ~Copyable {
    enum Operation {
        case inflate
        case deflate(level: Int)
    }

    struct Step {
        let output: [UInt8]
        let consumed: Int
        let endsMember: Bool
    }

    private static let outputBytes = 256 << 10
    /// The largest window, and 16 for a gzip header and trailer instead of zlib's own.
    private static let gzipWindowBits: Int32 = 15 + 16

    private let stream: UnsafeMutablePointer<z_stream>
    private let isDeflate: Bool

    init(_ operation: Operation) throws(GzipError) {
        // Allocated here and freed in `deinit` alone; nobody else ever sees the pointer.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let code: Int32
        switch operation {
        case .inflate:
            isDeflate = false
            code = unsafe kedge_inflate_init(stream, Self.gzipWindowBits)
        case .deflate(let level):
            isDeflate = true
            let level = Int32(min(max(level, 1), 9))
            code = unsafe kedge_deflate_init(stream, level, Self.gzipWindowBits)
        }
        // After a failed initialiser `deinit` ends a stream without state, which zlib refuses
        // harmlessly.
        guard code == Z_OK else { throw .outOfMemory }
    }

    deinit {
        if isDeflate { _ = unsafe deflateEnd(stream) } else { _ = unsafe inflateEnd(stream) }
        unsafe stream.deinitialize(count: 1)
        unsafe stream.deallocate()
    }

    func reset() throws(GzipError) {
        // Of the state that `init` made; fails only for a stream that is none.
        guard unsafe inflateReset(stream) == Z_OK else { throw .outOfMemory }
    }

    /// Decompresses from `start` of the input until the output is full or the input used up.
    func inflate(_ input: [UInt8], from start: Int) throws(GzipError) -> Step {
        let (output, code, consumed) = run(input, from: start, capacity: Self.outputBytes)
        switch code {
        // Z_BUF_ERROR says that nothing could be done with the input given so far.
        case Z_OK, Z_BUF_ERROR:
            return Step(output: output, consumed: consumed, endsMember: false)
        case Z_STREAM_END:
            return Step(output: output, consumed: consumed, endsMember: true)
        case Z_MEM_ERROR:
            throw .outOfMemory
        default:
            // zlib's messages are static strings.
            let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            throw .corrupt(reason: reason ?? "zlib error \(code)")
        }
    }

    func deflate(_ input: [UInt8]) throws(GzipError) -> [UInt8] {
        // `deflateBound` is enough for one call with Z_FINISH, as zlib's manual promises.
        let capacity = Int(unsafe deflateBound(stream, UInt(input.count)))
        let (output, code, _) = run(input, from: 0, capacity: capacity)
        guard code == Z_STREAM_END else { throw .outOfMemory }
        return output
    }

    /// Points zlib at the input and at fresh output for the length of one call.
    private func run(
        _ input: [UInt8],
        from start: Int,
        capacity: Int
    ) -> (output: [UInt8], code: Int32, consumed: Int) {
        var code = Z_OK
        var consumed = 0
        // zlib counts in 32 bits; what does not fit stays for the next call.
        let available = min(input.count - start, Int(UInt32.max))
        let output = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, written in
            unsafe input.withUnsafeBufferPointer { bytes in
                // zlib reads `available` bytes from `start`, both within `input`, and writes at
                // most `avail_out` bytes to `output`; both pointers are taken back below.
                let first = unsafe bytes.baseAddress.map { unsafe $0 + start }
                unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(mutating: first)
                unsafe stream.pointee.avail_in = UInt32(available)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(min(output.count, Int(UInt32.max)))
                let room = unsafe Int(stream.pointee.avail_out)
                code =
                    if isDeflate {
                        unsafe CZlib.deflate(stream, Z_FINISH)
                    } else {
                        unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                    }
                consumed = available - (unsafe Int(stream.pointee.avail_in))
                written = room - (unsafe Int(stream.pointee.avail_out))
                unsafe stream.pointee.next_in = nil
                unsafe stream.pointee.next_out = nil
            }
        }
        return (output, code, consumed)
    }
}
