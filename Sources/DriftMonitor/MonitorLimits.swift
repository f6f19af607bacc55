// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

/// How much a process monitors at most.
package struct MonitorLimits: Sendable, Equatable {
    /// How many model versions.
    package var monitors: Int
    /// How many features a model version, the prediction included.
    package var features: Int
    /// How many categories a feature.
    package var categories: Int

    /// Makes limits.
    package init(monitors: Int = 64, features: Int = 1_000, categories: Int = 10_000) {
        self.monitors = monitors
        self.features = features
        self.categories = categories
    }

    /// Why a reference alone is over the limits, or nil.
    func refusal(of reference: Reference) -> MonitorRefusal.Reason? {
        guard reference.features.count <= features else {
            return .features(found: reference.features.count, limit: features)
        }
        for feature in reference.features {
            guard case .categorical(let categorical) = feature.distribution else { continue }
            let found = categorical.categories.count
            guard found <= categories else {
                return .categories(feature: feature.name, found: found, limit: categories)
            }
        }
        return nil
    }
}

/// A reference that is not monitored; records of its model version have no reference.
package struct MonitorRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why a reference is refused.
    package enum Reason: Sendable, Equatable {
        /// As many model versions are monitored as may be.
        case monitors(limit: Int)
        /// The reference has more features than may be, the prediction included.
        case features(found: Int, limit: Int)
        /// A feature has more categories than may be.
        case categories(feature: String, found: Int, limit: Int)
        /// Another reference of the same model and version came first.
        case duplicate
    }

    /// The model of the reference.
    package let model: String
    /// The version of the model.
    package let version: String
    /// Why.
    package let reason: Reason

    /// Makes a refusal.
    package init(model: String, version: String, reason: Reason) {
        self.model = model
        self.version = version
        self.reason = reason
    }

    /// One sentence for a log.
    package var description: String {
        let subject = "the reference of model \(model), version \(version), is not monitored: "
        return switch reason {
        case .monitors(let limit): subject + "the limit is \(limit) monitors"
        case .features(let found, let limit):
            subject + "it has \(found) features, the limit is \(limit)"
        case .categories(let feature, let found, let limit):
            subject + "feature \(feature) has \(found) categories, the limit is \(limit)"
        case .duplicate: subject + "another reference of the same version came first"
        }
    }
}
