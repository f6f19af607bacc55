// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What is served of a repository, and what the defaults are: the rules, without files and locks.
///
/// - A version that was loaded is served until its directory is gone or other files in it can be
///   loaded; files that cannot be loaded leave it in force.
/// - The version that answers as the default stays when its directory goes.
/// - The default is the one that the history has. While that cannot be served, the nearest version
///   before it in the history stands in, and the history stays as it is; a version that was never
///   the default never becomes it by itself.
/// - A model that has no default yet takes its greatest version that can be served.
struct RepositoryState: Sendable {
    /// One model.
    struct Model: Sendable {
        /// What is loaded.
        var versions: [VersionNumber: LoadedVersion] = [:]
        /// Why other versions, or other files of these, are not.
        var refused: [VersionNumber: String] = [:]
        /// Loaded versions without a directory.
        var withoutFiles: Set<VersionNumber> = []
        /// Whether somebody unloaded it.
        var isUnloaded = false
        /// See `ModelCatalog.Entry.isExpected`.
        var isExpected = false
        /// What answered as the default after the last change.
        var served: VersionNumber?
        /// Whether that was known not to be the default.
        var isStandIn = false
    }

    /// The models, by name.
    private(set) var models: [String: Model] = [:]
    /// The defaults.
    private(set) var history: DefaultHistory
    /// The model that answers when a request names none.
    let defaultModel: String?

    /// Serves nothing yet.
    init(history: DefaultHistory, defaultModel: String?) {
        self.history = history
        self.defaultModel = defaultModel
    }

    /// The models that are not to be loaded.
    var unloaded: Set<String> { Set(models.filter(\.value.isUnloaded).keys) }

    /// What is counted of a version in force.
    func counters(_ model: String, _ version: VersionNumber) -> ModelCounters? {
        models[model]?.versions[version]?.served.counters
    }

    /// The version of a model that answers as its default.
    func defaultVersion(of name: String) -> VersionNumber? {
        guard let model = models[name], let record = history.records[name] else { return nil }
        return ([record.current] + record.before.reversed()).first { model.versions[$0] != nil }
    }

    /// Takes over what a look found.
    ///
    /// - Parameters:
    ///   - look: Skipped the models that are unloaded now.
    ///   - time: RFC 3339, for the history.
    ///   - isStart: Whether it is the first look; models that are there then are expected to serve.
    /// - Returns: What is different.
    mutating func apply(
        _ look: RepositoryScanner.Look,
        at time: String,
        isStart: Bool
    ) -> [RepositoryEvent] {
        var events: [RepositoryEvent] = []
        for name in Set(look.models.keys).union(models.keys).sorted() {
            guard let model = models[name] else {
                models[name] = Model(isExpected: isStart)
                events += update(name, with: look.models[name] ?? [:])
                continue
            }
            if !model.isUnloaded { events += update(name, with: look.models[name] ?? [:]) }
        }
        for name in models.keys.sorted() { events += settle(name, at: time) }
        // A model of which nothing is left, on the disk or in use, is forgotten.
        models = models.filter { name, model in
            model.isUnloaded || !model.versions.isEmpty || !model.refused.isEmpty
                || look.models[name] != nil
        }
        return events
    }

    private mutating func update(
        _ name: String,
        with findings: [VersionNumber: RepositoryScanner.Finding]?
    ) -> [RepositoryEvent] {
        guard let findings, var model = models[name] else { return [] }
        var events: [RepositoryEvent] = []
        for (version, finding) in findings.sorted(by: { $0.key < $1.key }) {
            model.withoutFiles.remove(version)
            switch finding {
            case .unchanged: continue
            case .loaded(let loaded):
                let old = model.versions.updateValue(loaded, forKey: version)
                model.refused[version] = nil
                events.append(old == nil ? .loaded(loaded) : .replaced(loaded))
            case .refused(let fault):
                let keeps = model.versions[version] != nil
                let reason = keeps ? "\(fault); what was loaded before is served" : "\(fault)"
                let isKnown = model.refused.updateValue(reason, forKey: version) == reason
                if !isKnown {
                    let event = RepositoryEvent.refused(
                        model: name,
                        version: version,
                        fault,
                        keeps: keeps
                    )
                    events.append(event)
                }
            }
        }
        model.refused = model.refused.filter { findings[$0.key] != nil }
        for version in model.versions.keys.sorted() where findings[version] == nil {
            if version == model.served {
                if model.withoutFiles.insert(version).inserted {
                    events.append(.keptWithoutFiles(model: name, version: version))
                }
            } else {
                model.versions[version] = nil
                model.withoutFiles.remove(version)
                events.append(.gone(model: name, version: version))
            }
        }
        models[name] = model
        return events
    }

    /// Gives a model its first default, and notes who answers as the default.
    private mutating func settle(_ name: String, at time: String) -> [RepositoryEvent] {
        guard var model = models[name] else { return [] }
        var events: [RepositoryEvent] = []
        if history.records[name] == nil, let greatest = model.versions.keys.max() {
            history.begin(name, with: greatest, at: time)
            let change = DefaultHistory.Change(version: greatest, at: time, action: .initial)
            events.append(.changed(model: name, change, from: nil))
        }
        let served = defaultVersion(of: name)
        let wanted = history.records[name]?.current
        let isStandIn = wanted != nil && served != wanted && !model.isUnloaded
        if let wanted, isStandIn, !model.isStandIn || served != model.served {
            events.append(.standIn(model: name, wanted: wanted, served: served))
        } else if let served, model.isStandIn, !isStandIn {
            events.append(.restored(model: name, version: served))
        }
        model.served = served
        model.isStandIn = isStandIn
        if served != nil { model.isExpected = true }
        models[name] = model
        return events
    }
}

// MARK: - Actions

extension RepositoryState {
    /// Makes a version the default.
    ///
    /// - Returns: The version before; the same when it was the default already.
    mutating func promote(
        _ name: String,
        to text: String,
        at time: String
    ) throws(RepositoryActionError) -> VersionNumber? {
        let model = try loadedModel(name)
        guard let version = VersionNumber(text), model.versions[version] != nil else {
            throw .unknownVersion(
                model: name,
                version: text,
                known: model.versions.keys.sorted().map(\.text),
                reason: VersionNumber(text).flatMap { model.refused[$0] }
            )
        }
        let before = history.records[name]?.current
        history.promote(name, to: version, at: time)
        _ = settle(name, at: time)
        return before
    }

    /// Makes the default before the default again.
    ///
    /// - Returns: The default before the action, and after it.
    mutating func rollBack(
        _ name: String,
        at time: String
    ) throws(RepositoryActionError) -> (from: VersionNumber, to: VersionNumber) {
        let model = try loadedModel(name)
        guard let record = history.records[name], let target = record.before.last else {
            throw .nothingBefore(model: name, version: history.records[name]?.current.text)
        }
        guard model.versions[target] != nil else {
            throw .unknownVersion(
                model: name,
                version: target.text,
                known: model.versions.keys.sorted().map(\.text),
                reason: model.refused[target] ?? "its directory is gone"
            )
        }
        history.rollBack(name, at: time)
        _ = settle(name, at: time)
        return (record.current, target)
    }

    /// Stops serving a model, until it is loaded.
    mutating func unload(_ name: String) throws(RepositoryActionError) {
        guard models[name] != nil else { throw unknownModel(name) }
        models[name] = Model(isUnloaded: true)
    }

    /// Lets an unloaded model be loaded by the next look.
    mutating func allowLoading(_ name: String) {
        models[name]?.isUnloaded = false
    }

    /// The error of a name that no model has.
    func unknownModel(_ name: String) -> RepositoryActionError {
        .unknownModel(name, known: models.keys.sorted())
    }

    private func loadedModel(_ name: String) throws(RepositoryActionError) -> Model {
        guard let model = models[name] else { throw unknownModel(name) }
        guard !model.isUnloaded else { throw .unloaded(model: name) }
        return model
    }
}
