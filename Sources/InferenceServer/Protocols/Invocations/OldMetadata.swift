// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What TensorFlow Serving and KServe v1 tell of the models.
enum OldMetadata {
    /// `GET /v1/models`.
    static func models(_ catalog: ModelCatalog) -> ServerAnswer {
        .json { writer in
            writer.object { writer in
                writer.key("models")
                writer.strings(catalog.entries.map(\.name))
            }
        }
    }

    /// `GET /v1/models/{m}[/versions/{v}]`: KServe's two members and TensorFlow Serving's.
    static func model(
        _ model: String,
        _ version: String?,
        _ catalog: ModelCatalog
    ) throws(RequestFailure) -> ServerAnswer {
        let served = try catalog.resolve(model, version)
        let versions = catalog.entries.first { $0.name == served.name }?.versions ?? []
        return .json { writer in
            writer.object { writer in
                writer.key("name")
                writer.value(served.name)
                writer.key("ready")
                writer.value(true)
                writer.key("model_version_status")
                writer.array { writer in
                    for other in versions where version == nil || other.version == version {
                        writer.object { writer in
                            writer.key("version")
                            writer.value(other.version)
                            writer.key("state")
                            writer.value("AVAILABLE")
                            writer.key("status")
                            writer.members(("error_code", "OK"), ("error_message", ""))
                        }
                    }
                }
            }
        }
    }
}
