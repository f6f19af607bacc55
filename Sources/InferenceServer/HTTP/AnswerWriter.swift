// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOHTTP1
import PredictionLog

/// Writes whole answers as bytes of HTTP/1.1, with the fields that Hummingbird's side writes too.
struct AnswerWriter {
    /// What every answer calls the server.
    static let serverName = "kedge"

    private var date = HTTPDate()

    /// Adds an answer, at a moment in Unix seconds; the last one says that the connection ends.
    mutating func write(
        _ answer: ServerAnswer,
        isLast: Bool,
        at now: Int,
        to buffer: inout ByteBuffer
    ) {
        buffer.reserveCapacity(minimumWritableBytes: 256 + answer.body.count)
        if answer.status == 200 {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            let status = HTTPResponseStatus(statusCode: answer.status)
            buffer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        }
        if let contentType = answer.contentType {
            buffer.writeStaticString("Content-Type: ")
            buffer.writeString(contentType)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("Content-Length: ")
        buffer.writeString(String(answer.body.count))
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeBytes(date.text(at: now))
        buffer.writeStaticString("\r\nServer: kedge\r\n")
        for field in answer.fields {
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        if isLast { buffer.writeStaticString("Connection: close\r\n") }
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(answer.body)
    }
}

/// The time of a `Date` field, rendered once a second.
package struct HTTPDate: Sendable {
    private var second = Int.min
    private var rendered: [UInt8] = []

    /// Has rendered nothing.
    package init() {}

    /// The wall clock, in whole Unix seconds.
    static var now: Int { time(nil) }

    /// A moment, in Unix seconds, as in `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
    package mutating func text(at second: Int) -> [UInt8] {
        if second != self.second {
            self.second = second
            rendered = Array(Self.render(second).utf8)
        }
        return rendered
    }

    private static func render(_ second: Int) -> String {
        // `1994-11-06T08:49:37…`, of which every part stands in its place.
        let text = Array(RFC3339.format(Double(second)).utf8.prefix(19))
        guard text.count == 19 else { return "Thu, 01 Jan 1970 00:00:00 GMT" }
        let part = { (range: Range<Int>) in String(decoding: text[range], as: UTF8.self) }
        // 1 January 1970 was a Thursday.
        let day = days[((second / 86_400 + 4) % 7 + 7) % 7]
        let month = months[((Int(part(5..<7)) ?? 1) + 11) % 12]
        return "\(day), \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
