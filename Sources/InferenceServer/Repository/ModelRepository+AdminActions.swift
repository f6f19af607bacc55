// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

extension ModelRepository {
    /// The repository's actions as requests ask for them.
    package var actions: AdminActions {
        AdminActions(
            load: { [self] model throws(AdminError) in
                try Self.translating { () throws(RepositoryActionError) in try load(model) }
            },
            unload: { [self] model throws(AdminError) in
                try Self.translating { () throws(RepositoryActionError) in try unload(model) }
            },
            promote: { [self] model, version throws(AdminError) in
                let change = try Self.translating { () throws(RepositoryActionError) in
                    try promote(model, to: version)
                }
                return DefaultChange(from: change.from, to: change.to)
            },
            rollback: { [self] model throws(AdminError) in
                let change = try Self.translating { () throws(RepositoryActionError) in
                    try rollBack(model)
                }
                return DefaultChange(from: change.from, to: change.to)
            }
        )
    }

    private static func translating<Result>(
        _ action: () throws(RepositoryActionError) -> Result
    ) throws(AdminError) -> Result {
        do throws(RepositoryActionError) { return try action() } catch { throw AdminError(error) }
    }
}

extension AdminError {
    /// The error as a client sees it: without paths of this machine.
    init(_ error: RepositoryActionError) {
        switch error {
        case .unknownModel(let name, _): self = .unknownModel(name)
        case .unknownVersion(let model, let version, let known, let reason):
            let versions = known.isEmpty ? "none" : known.joined(separator: ", ")
            self = .unknownVersion(
                model: model,
                version: version,
                reason: (reason.map { "\($0); " } ?? "") + "it has \(versions)"
            )
        case .nothingBefore(let model, _): self = .noEarlierDefault(model: model)
        case .unloaded(let model): self = .unloaded(model: model)
        case .notLoaded(let model, let reasons):
            let reason = reasons.isEmpty ? "it has no version" : reasons.joined(separator: "; ")
            self = .notLoadable(model: model, reason: reason)
        case .unreadable(let model, _, let system):
            self = .notLoadable(model: model, reason: "the models cannot be read: \(system)")
        case .notRecorded(let fault): self = .notRecorded("\(fault.reason)")
        }
    }
}
