// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension RepositoryState {
    /// What requests are answered from.
    ///
    /// A model of which there is neither a version nor the reason for its absence is not in it yet:
    /// its first directory may be in the making.
    var catalog: ModelCatalog {
        ModelCatalog(
            entries: models.sorted { $0.key < $1.key }.compactMap { name, model in
                entry(name, model)
            },
            defaultModel: defaultModel
        )
    }

    private func entry(_ name: String, _ model: Model) -> ModelCatalog.Entry? {
        let unavailable = unavailable(name, model)
        guard !model.versions.isEmpty || !unavailable.isEmpty || model.isUnloaded else {
            return nil
        }
        let versions = model.versions.sorted { $0.key < $1.key }.map(\.value.served)
        let served = defaultVersion(of: name).flatMap { model.versions[$0]?.served }
        return ModelCatalog.Entry(
            name: name,
            versions: versions,
            defaultVersion: served,
            unavailable: unavailable,
            isExpected: model.isExpected && !model.isUnloaded
        )
    }

    /// The versions that are not served and why, in numeric order; the default, when it is one of
    /// them, last, since it is what the model is missing.
    private func unavailable(_ name: String, _ model: Model) -> [ModelCatalog.Unavailable] {
        let wanted = history.records[name]?.current
        var list = model.refused.filter { $0.key != wanted }.sorted { $0.key < $1.key }.map {
            ModelCatalog.Unavailable(version: $0.key.text, reason: $0.value)
        }
        guard let wanted else { return list }
        var reason = model.refused[wanted]
        if model.isUnloaded {
            reason = "the model is unloaded"
        } else if model.versions[wanted] == nil {
            let standIn = defaultVersion(of: name).map { "version \($0) stands in for it" }
            let hint = standIn ?? "no version before it is there; promote another"
            reason = "\(reason ?? "its directory is gone"); it is the default, and \(hint)"
        }
        if let reason {
            list.append(ModelCatalog.Unavailable(version: wanted.text, reason: reason))
        }
        return list
    }
}
