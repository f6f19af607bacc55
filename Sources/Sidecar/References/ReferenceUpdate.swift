// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What is different after a look at the files, or a promotion.
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
    /// References with another digest than before; one that only came from elsewhere is none.
    package let changed: [Change]
    /// References of model versions that have none any more.
    package let gone: [ReferenceInventory.Holding]
    /// Everything that is wrong now, known before or not.
    package internal(set) var faults: [ReferenceFault]
    /// Promotions that others have come after, or files.
    package let ended: [Promotion]

    /// Whether other references are in force than before.
    package var hasChanges: Bool { !(added.isEmpty && changed.isEmpty && gone.isEmpty) }

    /// Compares what is in force with what was.
    init(
        from old: [ReferenceInventory.Holding],
        to new: [ReferenceInventory.Holding],
        faults: [ReferenceFault],
        ended: [Promotion]
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
        self.ended = ended
    }
}
