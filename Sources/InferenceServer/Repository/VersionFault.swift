// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting
package import Inference

/// Why a version cannot be served.
package enum VersionFault: Error, Sendable, Equatable {
    /// What is wrong with a file itself.
    package enum FileProblem: Sendable, Equatable {
        /// It cannot be opened or read.
        case unreadable(SystemError)
        /// It is something else than a plain file.
        case notAFile
        /// It has more bytes than this.
        case tooLarge(limit: Int)
        /// It changed while it was read, again and again.
        case changing
    }

    /// A file cannot be used at all.
    case file(name: String, FileProblem)
    /// The model is refused, with every operator that cannot be run.
    case model(ModelError)
    /// `model.yaml` is faulty, with every fault.
    case description(SettingsError)
    /// The features of `model.yaml` are not those of the model.
    case features(FeatureMapError)
    /// The output that is asked for is not the model's.
    case output(OutputError)
    /// The golden rows are faulty, or are answered otherwise.
    case golden(GoldenError)
}

/// Why a model has no such prediction, class or threshold.
package enum OutputError: Error, Sendable, Equatable {
    /// The outputs are neither probabilities of classes nor one number a row.
    case noPrediction(outputs: [String])
    /// `output.prediction` asks a regressor for a probability or label, or a classifier for a value.
    case unfitting(prediction: String, expected: String)
    /// `output.class` is none of the classes.
    case unknownClass(String, known: [String])
    /// A probability of several classes, and `output.class` does not say which.
    case classRequired(known: [String])
    /// `output.class` without a probability.
    case classWithoutProbability
    /// `threshold` of a model that does not have two classes; a regressor has 0.
    case threshold(classes: Int)
}

extension VersionFault: CustomStringConvertible {
    /// A sentence: the file, then what is wrong with it; several faults of `model.yaml` are lines.
    package var description: String {
        switch self {
        case .file(let name, .unreadable(let error)): "\(name): cannot be read: \(error)"
        case .file(let name, .notAFile): "\(name): not a plain file"
        case .file(let name, .tooLarge(let limit)): "\(name): over the limit of \(limit) bytes"
        case .file(let name, .changing): "\(name): changes while it is read"
        case .model(let error): "model.onnx: \(error)"
        case .description(let error): "\(error)"
        case .features(let error): "model.yaml: inputs: \(error)"
        case .output(let error): "\(error)"
        case .golden(let error): "golden.json: \(error)"
        }
    }
}

extension OutputError: CustomStringConvertible {
    /// One sentence, the key first.
    package var description: String {
        switch self {
        case .noPrediction(let outputs):
            "model.onnx: expected probabilities of classes or one number a row, found the outputs "
                + outputs.joined(separator: ", ")
        case .unfitting(let prediction, let expected):
            "model.yaml: output.prediction: expected \(expected), found \(prediction)"
        case .unknownClass(let name, let known):
            "model.yaml: output.class: expected one of \(known.joined(separator: ", ")), found \(name)"
        case .classRequired(let known):
            "model.yaml: output.class: missing; expected one of \(known.joined(separator: ", "))"
        case .classWithoutProbability:
            "model.yaml: output.class: only output.prediction: probability has a class"
        case .threshold(classes: 0):
            "model.yaml: threshold: expected a classifier of two classes, found a regressor"
        case .threshold(let classes):
            "model.yaml: threshold: expected a classifier of two classes, found one of \(classes)"
        }
    }
}
