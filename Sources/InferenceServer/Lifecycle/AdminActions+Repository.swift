// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

extension AdminActions {
    /// The actions of a repository, their errors as clients are told them.
    package init(_ repository: ModelRepository) {
        self.init(
            load: { model throws(AdminError) in
                do throws(RepositoryActionError) { try repository.load(model) } catch {
                    throw AdminError(error)
                }
            },
            unload: { model throws(AdminError) in
                do throws(RepositoryActionError) { try repository.unload(model) } catch {
                    throw AdminError(error)
                }
            },
            promote: { model, version throws(AdminError) in
                do throws(RepositoryActionError) {
                    let change = try repository.promote(model, to: version)
                    return DefaultChange(from: change.from, to: change.to)
                } catch {
                    throw AdminError(error)
                }
            },
            rollback: { model throws(AdminError) in
                do throws(RepositoryActionError) {
                    let change = try repository.rollBack(model)
                    return DefaultChange(from: change.from, to: change.to)
                } catch {
                    throw AdminError(error)
                }
            }
        )
    }
}

extension AdminError {
    /// What a client is told; paths of this machine stay in the log.
    fileprivate init(_ error: RepositoryActionError) {
        self =
            switch error {
            case .unknownModel(let model, _): .unknownModel(model)
            case .unknownVersion(let model, let version, _, let reason):
                .unknownVersion(model: model, version: version, reason: reason)
            case .nothingBefore(let model, _): .noEarlierDefault(model: model)
            case .unloaded(let model): .unloaded(model: model)
            case .notLoaded(let model, let reasons):
                .notLoadable(
                    model: model,
                    reason: reasons.isEmpty
                        ? "it has no version" : reasons.joined(separator: "; ")
                )
            case .unreadable(_, let reason):
                .notRecorded("the directory of the models cannot be read: \(reason)")
            case .notRecorded: .notRecorded("the state directory does not take it")
            }
    }
}
