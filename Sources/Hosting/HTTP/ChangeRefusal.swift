// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Why a request may not change state; everything that does is asked for here.
package enum ChangeRefusal: Sendable, Equatable {
    /// Whoever asks has not said who they are.
    case unauthorized
    /// Whoever asks may not.
    case forbidden

    /// Judges a request: whoever is on the admin socket may, and who carries the token; for them it
    /// is nil.
    ///
    /// - Parameters:
    ///   - authorization: The value of the request's field; nil when it has none.
    ///   - isAdministrator: Whether it came over the admin socket.
    ///   - isAuthorized: Whether the value carries the token; may block on the disk.
    package init?(
        authorization: String?,
        isAdministrator: Bool,
        isAuthorized: (String) -> Bool
    ) {
        if isAdministrator { return nil }
        guard let authorization else {
            self = .unauthorized
            return
        }
        if isAuthorized(authorization) { return nil }
        self = .forbidden
    }

    /// The word of an error's `code`.
    package var code: String {
        switch self {
        case .unauthorized: "unauthorized"
        case .forbidden: "forbidden"
        }
    }

    /// One sentence.
    package var message: String {
        switch self {
        case .unauthorized: "this changes state: a token is needed (Authorization: Bearer …)"
        case .forbidden: "this changes state, and the request may not"
        }
    }

    /// 401 or 403.
    package var status: Int {
        switch self {
        case .unauthorized: 401
        case .forbidden: 403
        }
    }

    /// The value of `WWW-Authenticate`; nil where no other token would help.
    package var challenge: String? { self == .unauthorized ? "Bearer" : nil }
}
