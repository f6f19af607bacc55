// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The keys of a mapping, nested ones included: the one place that knows them all.
package struct SettingsTable<Root: Sendable>: Sendable {
    /// The keys, in the order of the manual; those of a nested mapping stand together.
    package let keys: [SettingsKey<Root>]

    /// Lists the keys.
    package init(_ keys: [SettingsKey<Root>]) {
        self.keys = keys
    }

    /// What the keys are called and mean, in the order of the manual.
    package var descriptions: [SettingsKeyDescription] { keys.map(\.description) }

    /// Reads a mapping into the root; keys that are not written keep what the root holds.
    ///
    /// Every fault is reported, not only the first.
    ///
    /// - Parameters:
    ///   - node: The mapping; nothing written is an empty one.
    ///   - root: What is read into.
    ///   - path: The path of the mapping itself; empty for the document.
    ///   - group: The nested mapping within the table, as steps; empty for the whole.
    ///   - reading: Takes the faults, and the places of the keys.
    /// - Returns: Whether there was no fault.
    func read(
        _ node: SettingsNode,
        into root: inout Root,
        path: String = "",
        group: [Substring] = [],
        _ reading: inout SettingsReading
    ) -> Bool {
        if node.isNull { return true }
        guard case .mapping(let entries) = node.content else {
            reading.reject(node, key: path, expected: "a mapping")
            return false
        }
        var isSound = true
        for entry in entries {
            let steps = group + [Substring(entry.key)]
            let key = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            if let known = keys.first(where: { $0.description.steps == steps }) {
                isSound = read(known, entry.value, key, into: &root, &reading) && isSound
            } else if keys.contains(where: { $0.description.steps.starts(with: steps) }) {
                isSound =
                    read(entry.value, into: &root, path: key, group: steps, &reading) && isSound
            } else {
                let nearest = nearestKey(to: entry.key, in: group)
                reading.report(.unknown(nearest: nearest), key: key, at: entry.place)
                isSound = false
            }
        }
        return reportMissing(entries, node, path: path, group: group, &reading) && isSound
    }

    /// Reads the value of one key; nothing written keeps what the root holds.
    func read(
        _ key: SettingsKey<Root>,
        _ node: SettingsNode,
        _ path: String,
        into root: inout Root,
        _ reading: inout SettingsReading
    ) -> Bool {
        if node.isNull, !key.description.isRequired { return true }
        let faults = reading.faults.count
        guard key.read(node, path, &root, &reading), reading.faults.count == faults else {
            return false
        }
        reading.set(path, at: node.place)
        return true
    }

    /// The mapping that reads back as `root`; keys that are not set are left out.
    func show(_ root: Root) -> SettingsNode {
        show(keys[...], depth: 0, of: root)
    }

    private func show(
        _ keys: ArraySlice<SettingsKey<Root>>,
        depth: Int,
        of root: Root
    ) -> SettingsNode {
        var members: [(key: String, value: SettingsNode)] = []
        var rest = keys
        while let first = rest.first {
            let steps = first.description.steps
            guard steps.count > depth + 1 else {
                if let node = first.show(root) { members.append((String(steps[depth]), node)) }
                rest = rest.dropFirst()
                continue
            }
            let group = rest.prefix { $0.description.steps.starts(with: steps[...depth]) }
            rest = rest.dropFirst(group.count)
            let node = show(group, depth: depth + 1, of: root)
            if case .mapping([]) = node.content { continue }
            members.append((String(steps[depth]), node))
        }
        return .members(members)
    }

    private func reportMissing(
        _ entries: [SettingsNode.Entry],
        _ node: SettingsNode,
        path: String,
        group: [Substring],
        _ reading: inout SettingsReading
    ) -> Bool {
        var isSound = true
        for key in descriptions where key.isRequired && key.steps.dropLast() == group[...] {
            guard let name = key.steps.last, !entries.contains(where: { $0.key == name }) else {
                continue
            }
            let key = (path.isEmpty ? "" : "\(path).") + name
            let expected = descriptions.first { $0.steps == group + [name] }?.expected ?? ""
            reading.report(.missing(expected: expected), key: key, at: node.place)
            isSound = false
        }
        return isSound
    }

    /// The known key most like an unknown one: of its own mapping, else of the table, by full path.
    private func nearestKey(to name: String, in group: [Substring]) -> String? {
        let siblings = descriptions.compactMap { key in
            key.steps.starts(with: group) && key.steps.count > group.count
                ? String(key.steps[group.count]) : nil
        }
        if let sibling = NearestName.of(name, among: siblings) { return sibling }
        // The name is right, the mapping is wrong: `path` for `socket.path`.
        let names = descriptions.map { $0.steps.last.map(String.init) ?? "" }
        let nearest = NearestName.of(name, among: names)
        return descriptions.first { $0.steps.last.map(String.init) == nearest }?.path
    }
}
