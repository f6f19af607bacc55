// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

/// Which references are in force, given what the files say: the rules, without the files.
///
/// - A reference belongs to the file that brought it. It is in force until that file is gone or
///   brings another; a file that turns faulty leaves its old reference in force.
/// - A model version has one reference. Of two files that have it, the one in force keeps it, else
///   the first; the other is refused, and leaves its own old reference in force.
/// - A promotion goes before the files, until a file brings the model version another content than
///   it had at the promotion: then the file is the newer promotion, and the older one ends.
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

    /// A reference in force, and where it came from.
    package struct Holding: Sendable, Equatable {
        /// Where it came from.
        package let origin: ReferenceOrigin
        /// The reference, with the digest.
        package let file: ReferenceFile

        /// The file it came from; nil for a promotion.
        package var path: String? { origin.path }

        /// Names a reference and where it came from.
        package init(origin: ReferenceOrigin, file: ReferenceFile) {
            self.origin = origin
            self.file = file
        }
    }

    /// The references in force, no two of one model version: those promoted that no file has, then
    /// those of the files, in the order of the findings.
    package private(set) var inForce: [Holding] = []
    /// The references of the files, whether or not a promotion goes before them.
    private var configured: [Holding] = []
    private var promotions: [ModelVersion: Promotion]

    /// Makes an inventory that has not looked at any file.
    ///
    /// - Parameter promotions: Those that stand; of two of one model version the later.
    package init(promotions: [Promotion] = []) {
        self.promotions = Dictionary(promotions.map { (ModelVersion($0.file), $0) }) {
            $0.time <= $1.time ? $1 : $0
        }
    }

    /// A promotion of a reference as it would be now; later than the one that stands, whatever the
    /// clock says.
    package func promotion(of file: ReferenceFile, at time: Double) -> Promotion {
        let key = ModelVersion(file)
        let configured = configured.first { ModelVersion($0.file) == key }
        let earliest = promotions[key].map { $0.time + 0.001 } ?? time
        return Promotion(file: file, time: max(time, earliest), over: configured?.file.digest)
    }

    /// Puts a promotion in force.
    ///
    /// - Returns: What is different; no faults.
    package mutating func promote(_ promotion: Promotion) -> ReferenceUpdate {
        let ended = promotions.updateValue(promotion, forKey: ModelVersion(promotion.file))
        return settle(faults: [], ended: ended.map { [$0] } ?? [])
    }

    /// Takes in what all files hold now.
    ///
    /// - Parameter findings: Every file once, in the order of precedence; what is not here is gone.
    /// - Returns: What is different, and every fault of the findings.
    /// - Complexity: O(findings).
    package mutating func update(_ findings: [Finding]) -> ReferenceUpdate {
        let old = Dictionary(
            uniqueKeysWithValues: configured.compactMap { holding in
                holding.path.map { ($0, holding.file) }
            }
        )
        var claims: [ModelVersion: Holding] = [:]
        var faults: [ReferenceFault] = []

        // First those that go on with what they have, with a new digest perhaps; faulty ones too.
        for finding in findings {
            guard let held = old[finding.path] else { continue }
            switch finding.content {
            case .valid(let file) where ModelVersion(file) == ModelVersion(held):
                claims[ModelVersion(file)] = Holding(finding, file)
            case .valid: continue
            case .faulty:
                claims[ModelVersion(held)] = Holding(finding, held)
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
                let claim = claims[key] ?? Holding(finding, file)
                claims[key] = claim
                if claim.path == finding.path { continue }
                let problem = ReferenceFault.Problem.duplicate(
                    model: key.model,
                    version: key.version,
                    of: claim.origin.description
                )
                faults.append(ReferenceFault(path: finding.path, problem: problem))
                if let held = old[finding.path] {
                    refused.append(Holding(finding, held))
                }
            }
        }
        for holding in refused where claims[ModelVersion(holding.file)] == nil {
            claims[ModelVersion(holding.file)] = holding
        }

        let byPath = Dictionary(uniqueKeysWithValues: claims.values.map { ($0.path, $0) })
        configured = findings.compactMap { byPath[$0.path] }
        return settle(faults: faults, ended: endPromotions())
    }

    /// Ends the promotions that files have come after.
    private mutating func endPromotions() -> [Promotion] {
        configured.compactMap { holding in
            let key = ModelVersion(holding.file)
            guard let promotion = promotions[key], promotion.over != holding.file.digest else {
                return nil
            }
            promotions[key] = nil
            return promotion
        }
    }

    /// Puts in force what files and promotions come to.
    private mutating func settle(
        faults: [ReferenceFault],
        ended: [Promotion]
    ) -> ReferenceUpdate {
        let before = inForce
        var alone = promotions
        let files = configured.map { holding in
            alone.removeValue(forKey: ModelVersion(holding.file))?.holding ?? holding
        }
        inForce = alone.values.sorted { $0.time < $1.time }.map(\.holding) + files
        return ReferenceUpdate(from: before, to: inForce, faults: faults, ended: ended)
    }
}

extension ReferenceInventory.Holding {
    fileprivate init(_ finding: ReferenceInventory.Finding, _ file: ReferenceFile) {
        self.init(origin: .file(path: finding.path), file: file)
    }
}

extension Promotion {
    fileprivate var holding: ReferenceInventory.Holding {
        ReferenceInventory.Holding(origin: .promotion(time: time), file: file)
    }
}
