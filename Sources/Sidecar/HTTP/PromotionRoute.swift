// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hosting
import Hummingbird
import NIOCore
import NIOPosix

/// `POST /api/v1/references`: puts a reference in force, for somebody who may.
struct PromotionRoute: Sendable {
    let references: ReferenceWatch
    let gate: ChangeGate

    /// Answers a request whose body is a reference file.
    ///
    /// Files are read and written on a thread for what blocks.
    func answer(_ request: Request) async throws -> HTTPAnswer {
        if let refusal = try await gate.refusal(of: request) { return .refusal(refusal) }
        let bytes: [UInt8]
        do {
            let body = try await request.body.collect(upTo: references.limits.bytes)
            bytes = Array(buffer: body)
        } catch is NIOTooManyBytesError {
            return .error(
                .contentTooLarge,
                code: "body_too_large",
                message: "the body is larger than \(references.limits.bytes) bytes"
            )
        }
        let references = references
        let result = try await NIOThreadPool.singleton.runIfActive {
            Result { () throws(PromotionError) in try references.promote(bytes) }
        }
        switch result {
        case .success(let promoted):
            return .json { ReferencesJSON.write(promoted, to: &$0) }
        case .failure(let error):
            return .error(
                HTTPResponse.Status(code: error.status),
                code: error.code,
                message: "\(error)"
            )
        }
    }
}
