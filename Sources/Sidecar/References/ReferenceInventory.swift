// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

/// Which references are in force, given what the files say: the rules, without the files.
///
/// - A reference belongs to the file that brought it. It is in force until that file is gone or
///   brings another; a file that turns faulty leaves its old reference in force.
/// - A model version has one reference. Of two files that have it, the one in force keeps it, else
///   the first; the other is refused, and leaves its own old reference in force.
package struct ReferenceInventory: Sendable {
    /// What a file was found to hold.
    package enum Content: Sendable, Equatable {
        /// A sound reference.
        case valid(ReferenceFile)
        /// None, for this reason.
        case faulty(ReferenceFault.Problem)
    }

    /// A file that is there, or is known to be there though it cannot be looked at.
    package struct Finding: Sendable, Equatable {
        /// The file.
        package let path: String
        /// What it holds.
        package let content: Content

        /// Names what a file holds.
        package init(path: String, content: Content) {
            self.path = path
            self.content = content
        }
    }

    /// A reference in force, and the file it came from.
    package struct Holding: Sendable, Equatable {
        /// The file.
        package let path: String
        /// Its reference, with the digest.
        package let file: ReferenceFile
    }

    /// The references in force, in the order of the findings; no two of one model version.
    package private(set) var inForce: [Holding] = []

    /// Makes an inventory with nothing in force.
    package init() {}

    /// Takes in what all files hold now.
    ///
    /// - Parameter findings: Every file once, in the order of precedence; what is not here is gone.
    /// - Returns: What is different, and every fault of the findings.
    /// - Complexity: O(findings).
    package mutating func update(_ findings: [Finding]) -> ReferenceUpdate {
        let before = inForce
        let old = Dictionary(uniqueKeysWithValues: before.map { ($0.path, $0.file) })
        var claims: [ModelVersion: Holding] = [:]
        var faults: [ReferenceFault] = []

        // First those that go on with what they have, with a new digest perhaps; faulty ones too.
        for finding in findings {
            guard let held = old[finding.path] else { continue }
            switch finding.content {
            case .valid(let file) where ModelVersion(file) == ModelVersion(held):
                claims[ModelVersion(file)] = Holding(path: finding.path, file: file)
            case .valid: continue
            case .faulty:
                claims[ModelVersion(held)] = Holding(path: finding.path, file: held)
            }
        }
        // Then those that bring a model version that nobody has.
        var refused: [Holding] = []
        for finding in findings {
            switch finding.content {
            case .faulty(let problem):
                faults.append(ReferenceFault(path: finding.path, problem: problem))
            case .valid(let file):
                let key = ModelVersion(file)
                let claim = claims[key] ?? Holding(path: finding.path, file: file)
                claims[key] = claim
                if claim.path == finding.path { continue }
                let problem = ReferenceFault.Problem.duplicate(
                    model: key.model,
                    version: key.version,
                    of: claim.path
                )
                faults.append(ReferenceFault(path: finding.path, problem: problem))
                if let held = old[finding.path] {
                    refused.append(Holding(path: finding.path, file: held))
                }
            }
        }
        for holding in refused where claims[ModelVersion(holding.file)] == nil {
            claims[ModelVersion(holding.file)] = holding
        }

        let byPath = Dictionary(uniqueKeysWithValues: claims.values.map { ($0.path, $0) })
        inForce = findings.compactMap { byPath[$0.path] }
        return ReferenceUpdate(from: before, to: inForce, faults: faults)
    }
}

/// What is different after a look at the files.
package struct ReferenceUpdate: Sendable, Equatable {
    /// A reference that took the place of another of its model version.
    package struct Change: Sendable, Equatable {
        /// What was in force before.
        package let old: ReferenceInventory.Holding
        /// What is in force now.
        package let new: ReferenceInventory.Holding
    }

    /// Everything in force now, changed or not.
    package let inForce: [ReferenceInventory.Holding]
    /// References of model versions that had none.
    package let added: [ReferenceInventory.Holding]
    /// References with another digest than before; one that only moved to another file is none.
    package let changed: [Change]
    /// References of model versions that have none any more.
    package let gone: [ReferenceInventory.Holding]
    /// Everything that is wrong now, known before or not.
    package internal(set) var faults: [ReferenceFault]

    /// Whether other references are in force than before.
    package var hasChanges: Bool { !(added.isEmpty && changed.isEmpty && gone.isEmpty) }

    fileprivate init(
        from old: [ReferenceInventory.Holding],
        to new: [ReferenceInventory.Holding],
        faults: [ReferenceFault]
    ) {
        let before = Dictionary(uniqueKeysWithValues: old.map { (ModelVersion($0.file), $0) })
        let after = Set(new.map { ModelVersion($0.file) })
        inForce = new
        added = new.filter { before[ModelVersion($0.file)] == nil }
        changed = new.compactMap { holding in
            guard let old = before[ModelVersion(holding.file)],
                old.file.digest != holding.file.digest
            else { return nil }
            return Change(old: old, new: holding)
        }
        gone = old.filter { !after.contains(ModelVersion($0.file)) }
        self.faults = faults
    }
}

/// What a reference is for.
private struct ModelVersion: Hashable {
    let model: String
    let version: String

    init(_ file: ReferenceFile) {
        model = file.reference.model
        version = file.reference.version
    }
}
