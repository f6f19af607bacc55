// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import TestSupport
import Testing

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
        #expect(token.authorizes(authorization) == expected)
        #expect(!token.authorizes(nil))
    }

    @Test
    func `a replaced token holds with the next request`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("old", to: "token")
        let token = TokenFile(path: path, logger: LogRecorder().logger)
        #expect(token.authorizes("Bearer old"))
        try directory.write("new", to: "token")
        #expect(token.authorizes("Bearer new"))
        #expect(!token.authorizes("Bearer old"))
        try FileManager.default.removeItem(atPath: path)
        #expect(!token.authorizes("Bearer new"))
    }

    @Test(arguments: ["", "  \n", String(repeating: "a", count: 5_000)])
    func `a file without a token lets nobody in`(content: String) throws {
        let directory = try TemporaryDirectory()
        let log = LogRecorder()
        let path = try directory.write(content, to: "token")
        let token = TokenFile(path: path, logger: log.logger)
        #expect(!token.authorizes("Bearer a\(content)"))
        #expect(!log.lines.isEmpty)
    }
}
