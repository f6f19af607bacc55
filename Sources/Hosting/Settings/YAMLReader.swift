// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Yams

/// Reads one YAML document into a `SettingsNode`: a tree of texts with their places.
///
/// Settings use the plain part of YAML: mappings, lists, scalars. Aliases are refused, so that no
/// document is larger than its text, and so are more bytes or a deeper nesting than the limits.
/// Keys given twice are faults, but do not hide the others.
struct YAMLReader {
    /// The largest document: a thousand times the default settings.
    static let maximumBytes = 262_144
    /// The deepest nesting; the keys need five.
    static let maximumDepth = 16

    /// The place of a position in the text; both count from 1.
    let place: (_ line: Int, _ column: Int) -> SettingsPlace
    private(set) var faults: [SettingsFault] = []

    init(place: @escaping (_ line: Int, _ column: Int) -> SettingsPlace) {
        self.place = place
    }

    /// Reads a document.
    ///
    /// - Returns: nil for an empty one, and for one that is no YAML, which is then in `faults`.
    mutating func read(_ text: String) -> SettingsNode? {
        guard text.utf8.count <= Self.maximumBytes else {
            report(.tooLarge(limit: "\(Self.maximumBytes) bytes"), line: 1, column: 1)
            return nil
        }
        var masked = MaskedYAML(text)
        if let (line, column) = masked.tooDeep(limit: Self.maximumDepth) {
            report(
                .tooLarge(limit: "\(Self.maximumDepth) nested levels"),
                line: line,
                column: column
            )
            return nil
        }
        while true {
            do {
                // Without rules for tags, every scalar is its text; Kedge's keys know their types.
                let parser = try Parser(yaml: masked.text, resolver: .basic, encoding: .utf8)
                return try parser.singleRoot().flatMap { node in convert(node, masked, depth: 1) }
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                // The parser stops at the first mapping with a duplicate. Mark it, go on, and let
                // `convert` see the pair.
                if masked.markDuplicate(line: context.mark.line, column: context.mark.column) {
                    continue
                }
                let names = names.map(masked.original).joined(separator: ", ")
                report(.syntax("keys given twice: \(names)"), at: context.mark)
            } catch let error as YamlError {
                report(error, masked)
            } catch {
                report(.syntax("no YAML"), line: 1, column: 1)
            }
            return nil
        }
    }

    private mutating func convert(
        _ node: Node,
        _ masked: MaskedYAML,
        depth: Int
    ) -> SettingsNode? {
        guard let mark = node.mark else { return nil }
        guard depth <= Self.maximumDepth else {
            report(.tooLarge(limit: "\(Self.maximumDepth) nested levels"), at: mark)
            return nil
        }
        let place = place(mark.line, mark.column)
        switch node {
        case .scalar(let scalar):
            if scalar.style == .plain, masked.isAlias(scalar.string) {
                report(.syntax("aliases are not supported; write the value out"), at: mark)
                return nil
            }
            let text = masked.original(scalar.string)
            return SettingsNode(.scalar(text, isPlain: scalar.style == .plain), at: place)
        case .sequence(let sequence):
            let nodes = sequence.compactMap { convert($0, masked, depth: depth + 1) }
            return SettingsNode(.sequence(nodes), at: place)
        case .mapping(let mapping):
            return SettingsNode(.mapping(entries(mapping, masked, depth: depth)), at: place)
        case .alias:
            report(.syntax("aliases are not supported; write the value out"), at: mark)
            return nil
        }
    }

    /// The members of a mapping; of a key given twice the last counts.
    private mutating func entries(
        _ mapping: Node.Mapping,
        _ masked: MaskedYAML,
        depth: Int
    ) -> [SettingsNode.Entry] {
        var entries: [SettingsNode.Entry] = []
        var indices: [String: Int] = [:]
        for (key, value) in mapping {
            guard let mark = key.mark else { continue }
            guard case .scalar(let scalar) = key else {
                report(.unexpected(found: "a list or mapping", expected: "a key"), at: mark)
                continue
            }
            let name = masked.original(scalar.string)
            let keyPlace = place(mark.line, mark.column)
            guard let value = convert(value, masked, depth: depth + 1) else { continue }
            let entry = SettingsNode.Entry(key: name, place: keyPlace, value: value)
            if let index = indices[name] {
                faults.append(
                    SettingsFault(.duplicate(first: entries[index].place), key: name, at: keyPlace)
                )
                entries[index] = entry
            } else {
                indices[name] = entries.count
                entries.append(entry)
            }
        }
        return entries
    }

    private mutating func report(_ problem: SettingsFault.Problem, line: Int, column: Int) {
        faults.append(SettingsFault(problem, key: "", at: place(line, column)))
    }

    private mutating func report(_ problem: SettingsFault.Problem, at mark: Mark) {
        report(problem, line: mark.line, column: mark.column)
    }

    private mutating func report(_ error: YamlError, _ masked: MaskedYAML) {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // libyaml says where the construct began in the context, what is wrong in the problem.
            let begin = context.map { "\($0.text) of line \($0.mark.line), " } ?? ""
            report(.syntax("no YAML: \(begin)\(problem)"), at: mark)
        case .reader(let problem, let offset, _, _):
            let (line, column) = masked.position(ofCharacter: offset ?? 0)
            report(.syntax("no YAML: \(problem)"), line: line, column: column)
        default:
            report(.syntax("no YAML"), line: 1, column: 1)
        }
    }
}
