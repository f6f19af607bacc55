// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition

/// The labels of a page's series, rendered once and kept as long as the series stays.
///
/// Series come in the same order at every scrape, so the cache is a list that a page walks along:
/// an entry of another series than the one asked for is replaced, the rest behind the last one
/// asked for is dropped. Nothing is left of a model that is gone.
struct SeriesLabels: Sendable {
    /// What the labels of a series say.
    struct Key: Sendable, Equatable {
        var model: String
        var version: String
        var window: String?
        var feature: String?
    }

    private var entries: [(key: Key, labels: Labels)] = []
    private var position = 0

    /// How many series are kept.
    var count: Int { entries.count }

    /// Goes back to the first series, for a new page.
    mutating func rewind() {
        position = 0
    }

    /// The labels of the next series of the page.
    mutating func next(_ key: Key) -> Labels {
        defer { position += 1 }
        guard position < entries.count else {
            let labels = key.labels
            entries.append((key, labels))
            return labels
        }
        if entries[position].key != key { entries[position] = (key, key.labels) }
        return entries[position].labels
    }

    /// Forgets the series that this page does not have.
    mutating func dropRest() {
        entries.removeLast(entries.count - position)
    }
}

extension SeriesLabels.Key {
    fileprivate var labels: Labels {
        var labels = Labels(["model": model, "model_version": version])
        if let window { labels = labels.adding("window", window) }
        if let feature { labels = labels.adding("feature", feature) }
        return labels
    }
}
