// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Everything that is served at one moment: an immutable value, replaced whole.
package struct ModelCatalog: Sendable {
    /// A version that cannot be served, and why.
    package struct Unavailable: Sendable, Equatable {
        package var version: String
        /// One sentence: what, where, expected and found.
        package var reason: String

        package init(version: String, reason: String) {
            self.version = version
            self.reason = reason
        }
    }

    /// The versions of one name.
    package struct Entry: Sendable {
        /// The model's name.
        package var name: String
        /// The loaded versions, in numeric order.
        package var versions: [ServedModel]
        /// The version that answers when none is named; it is one of `versions`, or none is loaded.
        package var defaultVersion: ServedModel?
        /// Versions found and not served.
        package var unavailable: [Unavailable]
        /// Whether the server is not ready before the model is.
        ///
        /// It was there at the start or served since, and nobody unloaded it. A faulty newcomer takes
        /// no other model out of service.
        package var isExpected: Bool

        /// Whether one of its versions answers.
        var isServed: Bool { defaultVersion != nil }

        package init(
            name: String,
            versions: [ServedModel],
            defaultVersion: ServedModel?,
            unavailable: [Unavailable] = [],
            isExpected: Bool = true
        ) {
            self.name = name
            self.versions = versions
            self.defaultVersion = defaultVersion
            self.unavailable = unavailable
            self.isExpected = isExpected
        }
    }

    /// Why a request names nothing that can answer.
    package enum Unresolved: Error, Sendable, Equatable {
        /// No model of that name.
        case unknownModel(String, known: [String])
        /// No such version of the model, or it cannot be served.
        case unknownVersion(model: String, String, known: [String], reason: String?)
        /// Several models and none named.
        case modelRequired(known: [String])
        /// The model has no version that can be served.
        case notReady(model: String, reason: String?)
    }

    /// The models in the order of their names.
    package var entries: [Entry]
    /// The model that answers when a request names none; nil leaves it to the only one that is
    /// served.
    package var defaultModel: String?

    /// Makes a catalog.
    package init(entries: [Entry] = [], defaultModel: String? = nil) {
        self.entries = entries
        self.defaultModel = defaultModel
    }

    /// Whether every model that is expected to answer can, and there is one.
    package var isReady: Bool {
        entries.contains { $0.defaultVersion != nil }
            && entries.allSatisfy { $0.defaultVersion != nil || !$0.isExpected }
    }

    /// The model that answers a request that names none where nothing is configured: the only one
    /// that is served.
    ///
    /// One that cannot be served takes no request from another; where none is served the only one
    /// there is says why.
    var implied: Entry? {
        if entries.count == 1 { return entries[0] }
        var implied: Entry?
        for entry in entries where entry.isServed {
            guard implied == nil else { return nil }
            implied = entry
        }
        return implied
    }

    /// The model that answers a request.
    ///
    /// - Parameters:
    ///   - name: The model that it names; nil for the default one.
    ///   - version: The version that it names; nil for the model's default.
    /// - Returns: The version that answers.
    /// - Throws: `Unresolved`, with what there is instead.
    /// - Complexity: O(models + versions); there are few.
    package func resolve(
        model name: String?,
        version: String?
    ) throws(Unresolved) -> ServedModel {
        let entry = try entry(named: name)
        guard let version else {
            if let served = entry.defaultVersion { return served }
            throw .notReady(model: entry.name, reason: entry.unavailable.last?.reason)
        }
        if let served = entry.versions.first(where: { $0.version == version }) { return served }
        throw .unknownVersion(
            model: entry.name,
            version,
            known: entry.versions.map(\.version),
            reason: entry.unavailable.first { $0.version == version }?.reason
        )
    }

    private func entry(named name: String?) throws(Unresolved) -> Entry {
        guard let name = name ?? defaultModel else {
            if let implied { return implied }
            throw .modelRequired(known: entries.filter(\.isServed).map(\.name))
        }
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw .unknownModel(name, known: entries.map(\.name))
        }
        return entry
    }
}

/// Where the catalog in force is found, and replaced.
package final class CatalogBoard: Sendable {
    private let current = Mutex(ModelCatalog())

    /// Shows an empty catalog.
    package init() {}

    /// The catalog in force.
    package var catalog: ModelCatalog { current.withLock { $0 } }

    /// Puts another catalog in force, for requests that begin from now on.
    package func show(_ catalog: ModelCatalog) {
        current.withLock { $0 = catalog }
    }
}
