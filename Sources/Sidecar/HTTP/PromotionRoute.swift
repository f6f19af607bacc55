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
    /// Nil lets nobody change state over the network.
    let token: TokenFile?
    /// Whether whoever is connected may change state.
    let isAdministrator: Bool

    /// Answers a request whose body is a reference file.
    ///
    /// Files are read and written on a thread for what blocks.
    func answer(_ request: Request) async throws -> HTTPAnswer {
        if let refusal = try await refusal(of: request) { return .refusal(refusal) }
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

    private func refusal(of request: Request) async throws -> ChangeRefusal? {
        let authorization = request.headers[.authorization]
        let (token, isAdministrator) = (token, isAdministrator)
        return try await NIOThreadPool.singleton.runIfActive {
            ChangeRefusal(authorization: authorization, isAdministrator: isAdministrator) {
                token?.authorizes($0) ?? false
            }
        }
    }
}
