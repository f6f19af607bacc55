// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A workbench in a pool, at a place of its own: moving the struct would count a reference for each
/// of its two dozen arrays.
///
/// Who took it out of the pool is alone with it, so its lock is never waited for.
final class PooledWorkbench: Sendable {
    private let workbench: Mutex<Workbench>

    /// Makes the memory for requests to a model.
    init(for served: ServedModel) {
        workbench = Mutex(Workbench(for: served))
    }

    /// Whether so little was asked of it that its memory may be kept.
    var isSmall: Bool { workbench.withLock { $0.isSmall } }

    /// Lends the workbench.
    func use<Result, Failure: Error>(
        _ body: (inout Workbench) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try workbench.withLock { (bench: inout Workbench) throws(Failure) -> Result in
            try body(&bench)
        }
    }
}
