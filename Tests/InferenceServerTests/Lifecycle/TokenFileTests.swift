// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

private func head(_ authorization: String?) -> RequestHead {
    var head = RequestHead(method: "POST", path: "/")
    head.authorization = authorization
    return head
}

struct TokenFileTests {
    @Test(arguments: [
        ("Bearer s3cret", true), ("bearer s3cret", true), ("Bearer  s3cret", true),
        ("Bearer s3cre", false), ("Bearer s3crets", false), ("Bearer S3cret", false),
        ("Bearer ", false), ("Bearer", false), ("Basic s3cret", false), ("s3cret", false),
    ])
    func `lets in who has the token`(authorization: String, expected: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(" s3cret\n", to: "token")
        let token = TokenFile(path: path, logger: LogRecorder().logger)
        #expect(token.authorizes(head(authorization)) == expected)
        #expect(!token.authorizes(head(nil)))
    }

    @Test
    func `a replaced token holds with the next request`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("old", to: "token")
        let token = TokenFile(path: path, logger: LogRecorder().logger)
        #expect(token.authorizes(head("Bearer old")))
        try directory.write("new", to: "token")
        #expect(token.authorizes(head("Bearer new")))
        #expect(!token.authorizes(head("Bearer old")))
        try FileManager.default.removeItem(atPath: path)
        #expect(!token.authorizes(head("Bearer new")))
    }

    @Test(arguments: ["", "  \n", String(repeating: "a", count: 5_000)])
    func `a file without a token lets nobody in`(content: String) throws {
        let directory = try TemporaryDirectory()
        let log = LogRecorder()
        let path = try directory.write(content, to: "token")
        let token = TokenFile(path: path, logger: log.logger)
        #expect(!token.authorizes(head("Bearer a\(content)")))
        #expect(!log.lines.isEmpty)
    }
}
