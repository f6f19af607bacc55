// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Inference
import Synchronization

/// One version of a model, loaded and checked, as requests use it.
///
/// It never changes. The catalog and the requests under way hold it; the last one frees it.
package final class ServedModel: Sendable {
    /// What the log's `prediction` is, on which drift is watched.
    package enum LoggedPrediction: Sendable, Equatable {
        /// The probability of the class at this position.
        case probability(Int)
        /// The label.
        case label
        /// The value of a regressor.
        case value
    }

    /// The model's name, that of its directory.
    package let name: String
    /// The version, the number that names its directory.
    package let version: String
    /// The digest of the model file, `sha256:` and hexadecimal digits.
    package let digest: String
    /// The compiled plan.
    package let model: Model
    /// The features in the order of arrays.
    package let features: [ServedFeature]
    /// The least probability of the second of two classes that makes it the label; nil: the label of
    /// the graph's own rule, else the more probable class, the first of two equal ones.
    package let threshold: Double?
    /// What the log's `prediction` is.
    package let logged: LoggedPrediction
    /// What the model is for, in its author's words.
    package let description: String?
    /// What is counted of its requests; it goes on when the version is loaded anew.
    package let counters: ModelCounters

    /// How the rows of requests are read for it.
    let plan: RowPlan

    private let workspaces = Mutex<[Workspace]>([])
    private let workbenches = Mutex<[PooledWorkbench]>([])

    /// Names a compiled model and says how it is served.
    package init(
        name: String,
        version: String,
        digest: String,
        model: Model,
        features: [ServedFeature],
        threshold: Double? = nil,
        logged: LoggedPrediction,
        description: String? = nil,
        counters: ModelCounters = ModelCounters()
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.model = model
        self.features = features
        self.threshold = threshold
        self.logged = logged
        self.description = description
        self.counters = counters
        plan = RowPlan(
            name: name,
            version: version,
            features: features,
            inputs: model.inputs,
            purpose: model.purpose,
            hasOwnRule: model.hasOwnRule
        )
    }

    /// Lends a workspace of this model, one that was used before if there is one.
    package func withWorkspace<Result, Failure: Error>(
        _ body: (inout Workspace) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var workspace = workspaces.withLock { $0.popLast() } ?? Workspace(for: model)
        defer { giveBack(workspace) }
        return try body(&workspace)
    }

    private func giveBack(_ workspace: Workspace) {
        workspaces.withLock { $0.append(workspace) }
    }

    /// Lends the memory of one request for predictions, used before if there is some.
    func withWorkbench<Result, Failure: Error>(
        _ body: (inout Workbench) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let pooled = workbenches.withLock { $0.popLast() } ?? PooledWorkbench(for: self)
        defer {
            // After a large request its memory goes, or each of the pool would come to keep the most.
            if pooled.isSmall { workbenches.withLock { $0.append(pooled) } }
        }
        return try pooled.use(body)
    }
}
