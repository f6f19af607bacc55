// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// What the Open Inference Protocol tells of the server and its models.
enum TensorMetadata {
    /// `GET /v2`.
    static func server(version: String) -> ServerAnswer {
        .json { writer in
            writer.object { writer in
                writer.key("name")
                writer.value("kedge")
                writer.key("version")
                writer.value(version)
                writer.key("extensions")
                writer.strings(["binary_tensor_data", "model_repository"])
            }
        }
    }

    /// `GET /v2/models/{m}`: the graph's inputs and outputs, -1 for what a request decides.
    static func model(_ served: ServedModel, versions: [String]) -> ServerAnswer {
        .json { writer in
            writer.object { writer in
                writer.key("name")
                writer.value(served.name)
                writer.key("versions")
                writer.strings(versions)
                writer.key("platform")
                writer.value("onnx_onnxv1")
                writer.key("inputs")
                writer.array { writer in
                    for input in served.model.inputs {
                        writer.tensor(
                            input.name,
                            Datatype(of: input),
                            input.rank == 1 ? [-1] : [-1, input.width]
                        )
                    }
                }
                writer.key("outputs")
                writer.array { writer in
                    for (index, output) in served.model.outputs.enumerated() {
                        let isLabel = served.model.purpose.labelOutput == index
                        writer.tensor(
                            output.name,
                            Datatype(of: output),
                            isLabel ? [-1] : [-1, output.width ?? -1]
                        )
                    }
                }
            }
        }
    }

    /// `POST /v2/repository/index`.
    static func index(
        _ catalog: ModelCatalog,
        request body: Span<UInt8>
    ) throws(RequestFailure) -> ServerAnswer {
        let isReadyOnly = try readyOnly(body)
        return .json { writer in
            writer.array { writer in
                for entry in catalog.entries {
                    for served in entry.versions {
                        writer.members(
                            ("name", entry.name),
                            ("version", served.version),
                            ("state", "READY"),
                            ("reason", "")
                        )
                    }
                    for version in isReadyOnly ? [] : entry.unavailable {
                        writer.members(
                            ("name", entry.name),
                            ("version", version.version),
                            ("state", "UNAVAILABLE"),
                            ("reason", version.reason)
                        )
                    }
                }
            }
        }
    }

    /// The `ready` of the index's request, whose body may be empty.
    private static func readyOnly(_ body: Span<UInt8>) throws(RequestFailure) -> Bool {
        if body.isEmpty { return false }
        do throws(ScanFault) {
            return try JSONCursor.read(body, maxDepth: RequestContext.depthLimit) {
                cursor throws(ScanFault) in
                var ready = false
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    if key == "ready" {
                        ready = try cursor.boolean()
                    } else {
                        try cursor.skipValue()
                    }
                }
                try cursor.end()
                return ready
            }
        } catch {
            throw .json(error)
        }
    }
}

extension ModelPurpose {
    /// The output that holds labels.
    var labelOutput: Int? {
        switch self {
        case .classifier(let label, _, _): label
        case .labeller(let label): label
        case .regressor, .transformer: nil
        }
    }
}

extension JSONWriter {
    fileprivate mutating func tensor(_ name: String, _ datatype: Datatype, _ shape: [Int]) {
        object { writer in
            writer.key("name")
            writer.value(name)
            writer.key("datatype")
            writer.value(datatype.rawValue)
            writer.key("shape")
            writer.array { writer in
                for length in shape { writer.value(length) }
            }
        }
    }
}
