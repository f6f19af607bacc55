// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// Settings in the making.
struct SettingsSources<Settings: ProgramSettings> {
    private(set) var settings = Settings()
    private(set) var reading = SettingsReading()
    private let table = Settings.table

    mutating func read(_ file: SettingsFile) {
        let origin = SettingsPlace.file(file.name, line: 1, column: 1)
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            reading.report(.syntax("no UTF-8"), key: "", at: origin)
            return
        }
        var reader = YAMLReader { .file(file.name, line: $0, column: $1) }
        let document = reader.read(text)
        reading.report(reader.faults)
        if let document { _ = table.read(document, into: &settings, &reading) }
        reading.sortByPosition()
    }

    mutating func read(_ environment: [String: String]) {
        let prefix = SettingsKeyDescription.variablePrefix
        let known = table.descriptions.map(\.variable)
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(prefix) {
            let place = SettingsPlace.variable(name)
            if let key = table.keys.first(where: { $0.description.variable == name }) {
                read([value], of: key, at: place)
            } else if let nearest = nearestVariable(to: name, among: known) {
                reading.report(.unknown(nearest: nearest), key: "", at: place)
            }
        }
    }

    mutating func read(_ flags: [SettingsFlag]) {
        var given: [String: Int] = [:]
        var order: [(key: SettingsKey<Settings>, flag: String, values: [String])] = []
        for flag in flags {
            let place = SettingsPlace.flag(flag.name)
            guard let key = table.keys.first(where: { $0.description.flags.contains(flag.name) })
            else {
                let known = table.descriptions.flatMap(\.flags)
                let nearest = NearestName.of(flag.name, among: known)
                reading.report(.unknown(nearest: nearest), key: "", at: place)
                continue
            }
            let path = key.description.path
            if let index = given[path] {
                if key.description.shape == .scalar {
                    let first = SettingsPlace.flag(order[index].flag)
                    reading.report(.duplicate(first: first), key: path, at: place)
                }
                order[index].values.append(flag.value)
            } else {
                given[path] = order.count
                order.append((key, flag.name, [flag.value]))
            }
        }
        for entry in order { read(entry.values, of: entry.key, at: .flag(entry.flag)) }
    }

    /// Reads what a variable or a repeated flag says about a key.
    private mutating func read(
        _ values: [String],
        of key: SettingsKey<Settings>,
        at place: SettingsPlace
    ) {
        let path = key.description.path
        var nodes: [SettingsNode] = []
        for value in values {
            guard let node = parse(value, key.description.shape, at: place) else { return }
            nodes.append(node)
        }
        if nodes.count > 1, key.description.shape != .scalar {
            nodes = [SettingsNode(.sequence(nodes.flatMap(\.elements)), at: place)]
        }
        guard let node = nodes.last else { return }
        _ = table.read(key, node, path, into: &settings, &reading)
    }

    /// The node of a text: the text itself, a list with commas, or YAML.
    private mutating func parse(
        _ text: String,
        _ shape: SettingsShape,
        at place: SettingsPlace
    ) -> SettingsNode? {
        switch shape {
        case .scalar:
            return SettingsNode(.scalar(text, isPlain: false), at: place)
        case .list where !text.hasPrefix("["):
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let nodes = parts.map { SettingsNode(.scalar(String($0), isPlain: false), at: place) }
            return SettingsNode(.sequence(nodes), at: place)
        case .list, .structure:
            var reader = YAMLReader { _, _ in place }
            let node = reader.read(text)
            reading.report(reader.faults)
            return reader.faults.isEmpty ? node ?? .word("") : nil
        }
    }

    /// The variable that a near miss was meant for; nil for a name that is somebody else's.
    private func nearestVariable(to name: String, among known: [String]) -> String? {
        if let group = known.first(where: { $0.hasPrefix(name + "_") }) { return group }
        let prefix = SettingsKeyDescription.variablePrefix
        let own = known.map { String($0.dropFirst(prefix.count)) }
        return NearestName.of(String(name.dropFirst(prefix.count)), among: own).map { prefix + $0 }
    }
}

extension SettingsNode {
    /// The elements of a list; anything else is its own only element.
    fileprivate var elements: [SettingsNode] {
        if case .sequence(let nodes) = content { nodes } else { [self] }
    }
}
