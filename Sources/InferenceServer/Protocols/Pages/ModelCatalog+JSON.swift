// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Inference
import PredictionLog

extension ModelCatalog {
    /// Writes the catalog as `/api/v1/models` shows it.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("default_model")
            writer.value(defaultModel ?? implied?.name)
            writer.key("models")
            writer.array { writer in
                for entry in entries { entry.write(to: &writer) }
            }
        }
    }
}

extension ModelCatalog.Entry {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("name")
            writer.value(name)
            writer.key("default")
            writer.value(defaultVersion?.version)
            writer.key("versions")
            writer.array { writer in
                for served in versions { served.write(to: &writer) }
                for version in unavailable {
                    writer.members(
                        ("version", version.version),
                        ("state", "unavailable"),
                        ("reason", version.reason)
                    )
                }
            }
        }
    }
}

extension ServedModel {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("version")
            writer.value(version)
            writer.key("state")
            writer.value("ready")
            writer.key("digest")
            writer.value(digest)
            if let description {
                writer.key("description")
                writer.value(description)
            }
            writer.key("purpose")
            writer.value(model.purpose.word)
            if case .classifier = model.purpose {
                writer.key("classes")
                writer.array { writer in
                    for label in plan.classes { writer.value(json: label) }
                }
                writer.key("threshold")
                writer.value(threshold)
            }
            writer.key("features")
            writer.array { writer in
                for feature in features { feature.write(to: &writer) }
            }
        }
    }
}

extension ServedFeature {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("name")
            writer.value(name)
            writer.key("kind")
            writer.value(kind.rawValue)
            if let minimum {
                writer.key("minimum")
                writer.value(minimum)
            }
            if let maximum {
                writer.key("maximum")
                writer.value(maximum)
            }
            if let categories {
                writer.key("categories")
                writer.strings(categories)
            }
        }
    }
}

extension ModelPurpose {
    /// The purpose in a word.
    package var word: String {
        switch self {
        case .classifier: "classifier"
        case .regressor: "regressor"
        case .labeller: "labeller"
        case .transformer: "transformer"
        }
    }
}
