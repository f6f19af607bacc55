// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What changes the state of the models: the repository's actions, each of which may take long.
package struct AdminActions: Sendable {
    /// Reads a model's versions from its directory and serves them.
    package var load: @Sendable (_ model: String) throws(AdminError) -> Void
    /// Takes a model out of service until it is loaded again.
    package var unload: @Sendable (_ model: String) throws(AdminError) -> Void
    /// Makes a version the default one; what was the default before is told.
    package var promote:
        @Sendable (_ model: String, _ version: String) throws(AdminError) -> DefaultChange
    /// Makes the version the default that was it before.
    package var rollback: @Sendable (_ model: String) throws(AdminError) -> DefaultChange

    /// Names the actions.
    package init(
        load: @escaping @Sendable (_ model: String) throws(AdminError) -> Void,
        unload: @escaping @Sendable (_ model: String) throws(AdminError) -> Void,
        promote:
            @escaping @Sendable (_ model: String, _ version: String) throws(AdminError) ->
            DefaultChange,
        rollback: @escaping @Sendable (_ model: String) throws(AdminError) -> DefaultChange
    ) {
        self.load = load
        self.unload = unload
        self.promote = promote
        self.rollback = rollback
    }
}

/// A change of a model's default version.
package struct DefaultChange: Sendable, Equatable {
    /// The version that was the default; nil without one.
    package var from: String?
    /// The version that is it now.
    package var to: String

    /// Describes a change.
    package init(from: String?, to: String) {
        self.from = from
        self.to = to
    }
}

/// Why a change of state was not made.
package enum AdminError: Error, Sendable, Equatable {
    /// No model of that name.
    case unknownModel(String)
    /// No such version, or it cannot be served; one sentence says why.
    case unknownVersion(model: String, version: String, reason: String?)
    /// Nothing can be loaded; one sentence says why.
    case notLoadable(model: String, reason: String)
    /// The model was taken out of service, and must be loaded first.
    case unloaded(model: String)
    /// There was no other default version before.
    case noEarlierDefault(model: String)
    /// The change could not be recorded; one sentence without a path.
    case notRecorded(String)
}

extension AdminError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownModel(let model): "no model '\(model.prefix(200))'"
        case .unknownVersion(let model, let version, let reason):
            "no version '\(version.prefix(200))' of model '\(model.prefix(200))'"
                + (reason.map { ": \($0)" } ?? "")
        case .notLoadable(let model, let reason):
            "model '\(model.prefix(200))' cannot be loaded: \(reason)"
        case .unloaded(let model):
            "model '\(model.prefix(200))' is unloaded and must be loaded first"
        case .noEarlierDefault(let model):
            "model '\(model.prefix(200))' had no other default version before"
        case .notRecorded(let reason): "the change was not recorded: \(reason)"
        }
    }

    /// The word of an error's `code`.
    var code: String {
        switch self {
        case .unknownModel: "unknown_model"
        case .unknownVersion: "unknown_version"
        case .notLoadable: "not_loadable"
        case .unloaded: "unloaded"
        case .noEarlierDefault: "no_earlier_default"
        case .notRecorded: "not_recorded"
        }
    }

    var status: Int {
        switch self {
        case .unknownModel, .unknownVersion: 404
        case .notLoadable: 400
        case .unloaded, .noEarlierDefault: 409
        case .notRecorded: 503
        }
    }
}
