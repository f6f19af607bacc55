// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
package import Inference

/// A version that was read, compiled and checked, with what is worth telling of it.
package struct LoadedVersion: Sendable {
    /// What requests use.
    package let served: ServedModel
    /// What the model file says of itself.
    package let summary: ModelSummary
    /// How the golden rows came out; nil without `golden.json`.
    package let golden: GoldenReplay?
    /// What is odd and does not matter to answers.
    package let remarks: [String]
}

/// Makes a version's files into what requests use, or says why not.
///
/// The order is the promise: every file is read once; what was read is hashed; what was hashed is
/// compiled; golden rows are replayed; only then is there a version.
package enum VersionLoader {
    /// Loads the version in a directory.
    ///
    /// - Parameters:
    ///   - directory: Holds `model.onnx`, and perhaps `model.yaml` and `golden.json`.
    ///   - model: The model's name.
    ///   - version: The version's.
    ///   - limits: What a model file may hold.
    /// - Returns: What can be served.
    /// - Throws: `VersionFault`, what is wrong first.
    /// - Complexity: O(bytes), and a run of the golden rows; blocks on the disk.
    package static func load(
        directory: String,
        model: String,
        version: String,
        limits: ModelLimits = ModelLimits()
    ) throws(VersionFault) -> LoadedVersion {
        let content = try VersionFiles(directory: directory).read()
        return try load(content, model: model, version: version, limits: limits)
    }

    /// Compiles and checks what was read.
    ///
    /// `counters` are those of the version that this one replaces, so that they go on.
    static func load(
        _ content: VersionContent,
        model name: String,
        version: String,
        limits: ModelLimits = ModelLimits(),
        counters: ModelCounters = ModelCounters()
    ) throws(VersionFault) -> LoadedVersion {
        let model: Model
        do throws(ModelError) {
            model = try Model(onnx: content.model.span, limits: limits)
        } catch {
            throw .model(error)
        }
        let description = try describe(content)
        let map: FeatureMap
        do throws(FeatureMapError) {
            map = try FeatureMap(
                inputs: model.inputs,
                described: description.inputs,
                names: model.summary.metadata["feature_names"].map(FeatureMap.names(inMetadata:))
            )
        } catch {
            throw .features(error)
        }
        let logged: ServedModel.LoggedPrediction
        do throws(OutputError) { logged = try description.logged(of: model) } catch {
            throw .output(error)
        }
        let served = ServedModel(
            name: name,
            version: version,
            digest: content.modelDigest,
            model: model,
            features: map.features,
            threshold: description.threshold,
            logged: logged,
            description: description.text,
            counters: counters
        )
        return LoadedVersion(
            served: served,
            summary: model.summary,
            golden: try replay(content.golden, on: served),
            remarks: [map.remark, remark(on: model)].compactMap(\.self)
        )
    }

    private static func describe(
        _ content: VersionContent
    ) throws(VersionFault) -> ModelDescription {
        guard let bytes = content.description else { return ModelDescription() }
        let name = VersionFiles.Name.description.rawValue
        do throws(SettingsError) {
            return try ModelDescription(decoding: bytes, name: name)
        } catch {
            throw .description(error)
        }
    }

    /// Why the prediction log of a model will be of little use; nil if it will.
    private static func remark(on model: Model) -> String? {
        guard case .transformer = model.purpose, let first = model.outputs.first, first.width != 1
        else { return nil }
        return "neither a classifier nor a regressor: the log's prediction is the row of "
            + "\"\(first.name)\", which no drift can be measured of"
    }

    private static func replay(
        _ bytes: [UInt8]?,
        on served: ServedModel
    ) throws(VersionFault) -> GoldenReplay? {
        guard let bytes else { return nil }
        do throws(GoldenError) {
            // A workspace of its own: golden rows must not stay in the memory of requests.
            var workspace = Workspace(for: served.model)
            let features = FeatureRows(features: served.features, inputs: served.model.inputs)
            let golden = try GoldenRows(decoding: bytes, features: features, into: &workspace)
            do throws(RunError) {
                try served.model.run(rows: golden.rows, in: &workspace)
            } catch {
                throw GoldenError.run(error)
            }
            return try GoldenReplay(golden, RunResults(workspace.outputs, of: served))
        } catch {
            throw .golden(error)
        }
    }
}

extension RunResults {
    /// Takes the outputs of a run of a served model.
    init(_ outputs: [Tensor], of served: ServedModel) {
        self.init(
            outputs,
            purpose: served.model.purpose,
            threshold: served.threshold,
            hasOwnRule: served.model.hasOwnRule
        )
    }
}

extension ModelDescription {
    /// What the log's prediction is, as described or as fits the model.
    ///
    /// - Throws: `OutputError` when the model has no such output.
    func logged(of model: Model) throws(OutputError) -> ServedModel.LoggedPrediction {
        switch model.purpose {
        case .regressor, .transformer: return try loggedWithoutClasses(.value)
        case .labeller: return try loggedWithoutClasses(.label)
        case .classifier(_, _, let classes): return try logged(of: classes.map(\.text))
        }
    }

    private func loggedWithoutClasses(
        _ only: Prediction
    ) throws(OutputError) -> ServedModel.LoggedPrediction {
        if threshold != nil { throw .threshold(classes: 0) }
        if classLabel != nil { throw .classWithoutProbability }
        if let prediction, prediction != only {
            throw .unfitting(
                prediction: prediction.rawValue,
                expected: "\(only.rawValue), of a model without "
                    + (only == .value ? "classes" : "probabilities")
            )
        }
        return only == .value ? .value : .label
    }

    private func logged(
        of classes: [String]
    ) throws(OutputError) -> ServedModel.LoggedPrediction {
        if threshold != nil, classes.count != 2 { throw .threshold(classes: classes.count) }
        let isBinary = classes.count == 2
        let hasProbability = isBinary || classLabel != nil
        switch prediction ?? (hasProbability ? .probability : .label) {
        case .value:
            throw .unfitting(
                prediction: Prediction.value.rawValue,
                expected: "probability or label, of a classifier"
            )
        case .label:
            if classLabel != nil { throw .classWithoutProbability }
            return .label
        case .probability:
            guard let classLabel else {
                guard isBinary else { throw .classRequired(known: classes) }
                return .probability(1)
            }
            guard let position = classes.firstIndex(of: classLabel) else {
                throw .unknownClass(classLabel, known: classes)
            }
            return .probability(position)
        }
    }
}
