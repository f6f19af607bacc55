// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Reads the head of a request from a connection's bytes, line by line as they come.
///
/// It takes less than HTTP allows, and only what can be read in one way: a request line of HTTP/1.1
/// with GET, HEAD or POST and a path, fields of visible ASCII, lines ended by CR LF. Whatever else
/// comes is odd and left to NIO's parser, which alone says what is no HTTP.
struct HeadReader {
    /// What came of the bytes there are.
    enum Progress {
        /// More are needed.
        case incomplete
        /// The head is complete, with its empty line.
        case complete
        /// NIO's parser is to read them.
        case odd
    }

    /// What was read up to now; nil before the first line.
    private(set) var request: PlainRequest?
    /// Bytes of the lines that were read.
    private(set) var count = 0

    private var fields = 0
    /// Bytes that hold no newline behind those lines.
    private var searched = 0

    /// Reads the lines that have become complete.
    ///
    /// - Parameters:
    ///   - bytes: Everything from the first byte of the request on.
    ///   - settings: How large a head may be here; a larger one is odd.
    /// - Returns: Whether the head is complete now, or what else is to be done.
    /// - Complexity: O(bytes), over all calls for a head.
    mutating func read(_ bytes: Span<UInt8>, within settings: ConnectionSettings) -> Progress {
        while let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: max(searched, count)) {
            guard newline > count, bytes[newline - 1] == UInt8(ascii: "\r") else { return .odd }
            let line = bytes.extracting(count..<newline - 1)
            count = newline + 1
            // NIO counts more than the bytes of a field: 32 more are more than enough.
            guard count + 32 * fields <= settings.headerBytes, fields < settings.headerFields
            else { return .odd }
            if line.isEmpty { return request == nil ? .odd : .complete }
            guard request == nil ? readStart(line) : readField(line) else { return .odd }
        }
        searched = bytes.count
        guard bytes.count <= settings.headerBytes else { return .odd }
        // What can be no request is told so at once.
        let begins = bytes.isEmpty || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= bytes[0]
        return begins ? .incomplete : .odd
    }

    /// Reads `POST /predict HTTP/1.1`.
    private mutating func readStart(_ line: Span<UInt8>) -> Bool {
        let isPost = line.begins(with: "POST /")
        guard isPost || line.begins(with: "GET /") || line.begins(with: "HEAD /")
        else { return false }
        // The method ends before the slash, which is the first of its kind.
        let start = isPost ? 5 : line.begins(with: "GET /") ? 4 : 5
        let end = line.count - 9
        guard end > start, line.extracting(end..<line.count).begins(with: " HTTP/1.1")
        else { return false }
        let target = line.extracting(start..<end)
        guard target.isVisible(blanks: false) else { return false }
        request = PlainRequest(isPost: isPost, target: target.text)
        return true
    }

    /// Reads `Content-Type: application/json`.
    private mutating func readField(_ line: Span<UInt8>) -> Bool {
        fields += 1
        guard let colon = line.firstIndex(of: UInt8(ascii: ":"), from: 0), colon > 0
        else { return false }
        let name = line.extracting(0..<colon)
        var start = colon + 1
        while start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
        let value = line.extracting(start..<line.count)
        guard name.isToken, value.isVisible(blanks: true) else { return false }
        switch PlainRequest.Field(count: name.count, is: { name.isField($0) }) {
        case nil: return true
        case .contentLength:
            guard let length = value.number else { return false }
            request?.read(length: length)
        case let field?:
            request?.read(field, value.text)
        }
        return true
    }
}

extension Span<UInt8> {
    fileprivate func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index &+= 1
        }
        return nil
    }

    fileprivate func begins(with text: String) -> Bool {
        let letters = text.utf8
        let span = letters.span
        guard count >= span.count else { return false }
        for index in span.indices where self[index] != span[index] { return false }
        return true
    }

    /// Whether this is a name of ASCII, whatever its case.
    fileprivate func isField(_ name: String) -> Bool {
        let letters = name.utf8
        let span = letters.span
        guard count == span.count else { return false }
        for index in span.indices where self[index] != span[index] {
            guard self[index].lowercased == span[index].lowercased else { return false }
        }
        return true
    }

    /// Whether it is visible ASCII; blanks may stand inside, not at the end.
    fileprivate func isVisible(blanks: Bool) -> Bool {
        for index in indices {
            let byte = self[index]
            guard 0x21...0x7E ~= byte || blanks && byte == UInt8(ascii: " ") else { return false }
        }
        return isEmpty || self[count - 1] != UInt8(ascii: " ")
    }

    /// Whether it is a name as HTTP has them: letters, digits and the dash here.
    fileprivate var isToken: Bool {
        for index in indices {
            let byte = self[index]
            guard
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "-")
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
            else { return false }
        }
        return true
    }

    /// The number that digits spell, up to 18 of them; nil for anything else.
    fileprivate var number: Int? {
        guard 1...18 ~= count else { return nil }
        var number = 0
        for index in indices {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= self[index] else { return nil }
            number = 10 * number + Int(self[index] - UInt8(ascii: "0"))
        }
        return number
    }

    /// The text of visible ASCII.
    ///
    /// The content type that nearly every request has is a constant: it is too long for a string
    /// without memory of its own.
    fileprivate var text: String {
        let json = "application/json"
        if count == json.utf8.count, begins(with: json) { return json }
        guard let letters = try? UTF8Span(validating: self) else { return "" }
        return String(copying: letters)
    }
}
