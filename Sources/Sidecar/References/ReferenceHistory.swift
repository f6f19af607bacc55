// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

/// Which reference of each model version was in force when, and where it came from.
package struct ReferenceHistory: Sendable, Equatable {
    /// A reference and the time for which it was in force.
    package struct Entry: Sendable, Equatable {
        /// The model.
        package let model: String
        /// The version of the model.
        package let version: String
        /// The digest of the reference.
        package let digest: String
        /// The rows that it was built from.
        package let rows: Int
        /// Its features, the prediction included.
        package let features: Int
        /// Where it came from last.
        package internal(set) var origin: ReferenceOrigin
        /// Since when it is in force, in Unix seconds.
        package let since: Double
        /// Until when it was; nil while it is.
        package internal(set) var until: Double?
    }

    /// The most earlier references of a model version that are remembered.
    package static let depth = 100
    /// The most earlier references of all model versions.
    package static let maximumEarlier = 10_000

    /// Every entry, in the order in which they came into force.
    package internal(set) var entries: [Entry] = []

    /// Makes a history in which nothing happened.
    package init() {}

    /// Those in force.
    package var inForce: [Entry] { entries.filter { $0.until == nil } }

    /// Those that were in force, the latest first.
    package var earlier: [Entry] { entries.filter { $0.until != nil }.reversed() }

    /// Takes in what is in force now.
    ///
    /// A reference that only came from elsewhere goes on; a promotion began when it was made.
    ///
    /// - Complexity: O(entries + references).
    package mutating func update(_ inForce: [ReferenceInventory.Holding], at now: Double) {
        var new: [ModelVersion: ReferenceInventory.Holding] = [:]
        for holding in inForce { new[ModelVersion(holding.file)] = holding }
        for index in entries.indices where entries[index].until == nil {
            let key = ModelVersion(model: entries[index].model, version: entries[index].version)
            if let holding = new[key], holding.file.digest == entries[index].digest {
                entries[index].origin = holding.origin
                new[key] = nil
            } else {
                // The clock may have been set back.
                let end = new[key].map { $0.origin.start(now: now) } ?? now
                entries[index].until = max(end, entries[index].since)
            }
        }
        for holding in inForce where new[ModelVersion(holding.file)] != nil {
            entries.append(Entry(holding, now: now))
        }
        forget()
    }

    /// Drops the oldest of what is too much.
    private mutating func forget() {
        var counts: [ModelVersion: Int] = [:]
        var total = 0
        var kept: [Entry] = []
        for entry in entries.reversed() {
            if entry.until != nil {
                let key = ModelVersion(model: entry.model, version: entry.version)
                counts[key, default: 0] += 1
                total += 1
                if counts[key, default: 0] > Self.depth || total > Self.maximumEarlier { continue }
            }
            kept.append(entry)
        }
        entries = kept.reversed()
    }
}

extension ReferenceHistory.Entry {
    fileprivate init(_ holding: ReferenceInventory.Holding, now: Double) {
        let reference = holding.file.reference
        model = reference.model
        version = reference.version
        digest = holding.file.digest
        rows = reference.rows
        features = reference.features.count
        origin = holding.origin
        since = holding.origin.start(now: now)
    }
}

extension ReferenceOrigin {
    /// When a reference from there came into force that was first seen `now`.
    fileprivate func start(now: Double) -> Double {
        switch self {
        case .promotion(let time): time
        case .file: now
        }
    }
}
