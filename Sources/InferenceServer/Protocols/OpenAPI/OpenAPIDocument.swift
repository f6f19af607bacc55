// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// The OpenAPI 3.1 document of the server, made from the models that are served: what a client may
/// send, and every answer that it may get.
struct OpenAPIDocument {
    private let catalog: ModelCatalog
    private let limits: ServingLimits

    /// Describes a catalog.
    init(catalog: ModelCatalog, limits: ServingLimits) {
        self.catalog = catalog
        self.limits = limits
    }

    /// Writes the document.
    func write(to writer: inout JSONWriter, version: String) {
        document(version: version).write(to: &writer)
    }

    private func document(version: String) -> JSONNode {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Kedge",
                "summary": "An inference server for tabular models",
                "version": .string(version),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "paths": .object(predictionPaths + tensorPaths + catalogPaths + serverPaths),
            "components": [
                "schemas": .object(rowSchemas + OpenAPISchemas.all),
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }
}

// MARK: - Rows

extension OpenAPIDocument {
    /// The default versions, whose features are described.
    private var defaults: [ServedModel] { catalog.entries.compactMap(\.defaultVersion) }

    private var rowSchemas: [(String, JSONNode)] {
        let rows = defaults.map { served in
            FeatureSchema(served.features).row.with([
                "title": "A row of \(served.name), version \(served.version)"
            ])
        }
        // Without a model nothing can be predicted, and any row is refused for that.
        let any: JSONNode =
            rows.isEmpty
            ? ["type": ["object", "array"]] : rows.count == 1 ? rows[0] : ["anyOf": .array(rows)]
        return [
            ("Row", any),
            ("PredictRequest", predictRequest),
            ("BatchRequest", batchRequest),
            ("InvocationsRequest", invocationsRequest),
        ]
    }

    private var address: [(String, JSONNode)] {
        let names = catalog.entries.map { JSONNode.string($0.name) }
        let versions = Set(catalog.entries.flatMap { $0.versions.map(\.version) }).sorted()
        return [
            (
                "model",
                ["enum": .array(names + [nil]), "description": "The default one if absent."]
            ),
            (
                "version",
                [
                    "enum": .array(versions.map(JSONNode.string) + [nil]),
                    "description": "The model's default one if absent.",
                ]
            ),
        ]
    }

    private var identity: [(String, JSONNode)] {
        [
            ("id", ["type": ["string", "null"], "description": "Goes into the prediction log."]),
            (
                "ts",
                [
                    "description":
                        "When it happened, for the prediction log: Unix seconds or RFC 3339.",
                    "anyOf": [
                        ["type": "number", "minimum": 0, "exclusiveMaximum": 253_402_300_800],
                        ["type": "string", "format": "date-time"],
                        ["type": "null"],
                    ],
                ]
            ),
        ]
    }

    private var predictRequest: JSONNode {
        [
            "type": "object",
            "properties": .object([("features", .row)] + address + identity),
            "required": catalog.needsName ? ["features", "model"] : ["features"],
        ]
    }

    private var batchRequest: JSONNode {
        let wrapped: JSONNode = [
            "type": "object",
            "properties": .object([("features", .row)] + identity),
            "required": ["features"],
        ]
        return [
            "type": "object",
            "properties": .object(
                [("instances", list(of: ["anyOf": [.row, wrapped]]))] + address
            ),
            "required": catalog.needsName ? ["instances", "model"] : ["instances"],
        ]
    }

    private var invocationsRequest: JSONNode {
        let forms: [(String, JSONNode)] = [
            (
                "dataframe_split",
                [
                    "type": "object",
                    "properties": [
                        "columns": ["type": "array", "items": ["type": "string"]],
                        "data": list(of: ["type": "array"]),
                    ],
                    "required": ["data"],
                ]
            ),
            ("dataframe_records", list(of: ["$ref": "#/components/schemas/Row"])),
            ("instances", list(of: ["$ref": "#/components/schemas/Row"])),
            ("inputs", ["anyOf": [list(of: .row), ["type": "object"]]]),
        ]
        return [
            "oneOf": .array(
                forms.map { name, schema in
                    [
                        "type": "object",
                        "properties": .object([(name, schema), ("params", ["type": "object"])]),
                        "required": [.string(name)],
                    ]
                }
            )
        ]
    }

    private func list(of items: JSONNode) -> JSONNode {
        [
            "type": "array",
            "items": items,
            "minItems": 1,
            "maxItems": .number(Double(limits.rows)),
        ]
    }
}

// MARK: - Paths

extension OpenAPIDocument {
    private var predictionPaths: [(String, JSONNode)] {
        let refusals = OpenAPIAnswer.predictRefusals
        let json = "application/json"
        return [
            (
                "/predict",
                .post(
                    "Predicts one row",
                    [(json, "PredictRequest")],
                    [.ok("Prediction")] + refusals
                )
            ),
            (
                "/predict/batch",
                .post(
                    "Predicts many rows",
                    [(json, "BatchRequest")],
                    [.ok("Predictions")] + refusals
                )
            ),
            (
                "/invocations",
                .post(
                    "Predicts rows, as MLflow and SageMaker ask for it",
                    [(json, "InvocationsRequest"), ("text/csv", "Text")],
                    [.ok("InvocationsAnswer")] + OpenAPIAnswer.invocationsRefusals
                )
            ),
        ]
            + versioned("/v1/models/{model}", suffix: ":predict") { parameters in
                .post(
                    "Predicts rows, as TensorFlow Serving and KServe v1 ask for it",
                    [(json, "InstancesRequest")],
                    [.ok("InvocationsAnswer")] + OpenAPIAnswer.tensorRefusals,
                    parameters
                )
            }
    }

    private var tensorPaths: [(String, JSONNode)] {
        let get = OpenAPIAnswer.reading
        let infer = versioned("/v2/models/{model}", suffix: "/infer") { parameters in
            .post(
                "Predicts tensors (Open Inference Protocol)",
                [("application/json", "InferRequest"), ("application/octet-stream", "Binary")],
                [.inferred] + OpenAPIAnswer.tensorRefusals,
                parameters + [.inferenceHeader]
            )
        }
        let ready = versioned("/v2/models/{model}", suffix: "/ready") { parameters in
            .get(
                "Whether a model can answer",
                [.ok("ModelReady"), .notFound("TensorError"), .notReady("Anything")],
                parameters
            )
        }
        let metadata = versioned("/v2/models/{model}", suffix: "") { parameters in
            .get(
                "A model's tensors",
                [.ok("ModelMetadata"), .notFound("TensorError")] + get,
                parameters
            )
        }
        let old = versioned("/v1/models/{model}", suffix: "") { parameters in
            .get(
                "A model's versions",
                [.ok("OldModel"), .notFound("TensorError")] + get,
                parameters
            )
        }
        return infer + ready + metadata + old + [
            ("/v1/models", .get("The models", [.ok("OldModels")] + get)),
            ("/v2", .get("The server", [.ok("ServerMetadata")] + get)),
            ("/v2/health/live", .get("Whether the server runs", [.ok("Anything")] + get)),
            ("/v2/health/ready", .get("Whether all models can answer", [.ok("Anything")] + get)),
            (
                "/v2/repository/index",
                .post(
                    "All versions",
                    [("application/json", "IndexRequest")],
                    [.ok("RepositoryIndex")] + OpenAPIAnswer.changeRefusals("TensorError"),
                    isBodyRequired: false
                )
            ),
            change("/v2/repository/models/{model}/load", "Loads a model anew", nil, "TensorError"),
            change("/v2/repository/models/{model}/unload", "Takes a model out", nil, "TensorError"),
        ]
    }

    private var catalogPaths: [(String, JSONNode)] {
        [
            ("/api/v1/models", .get("The catalog", [.ok("Catalog")] + OpenAPIAnswer.reading)),
            change(
                "/api/v1/models/{model}/promote",
                "Makes a version the default",
                "PromoteRequest",
                "KedgeError"
            ),
            change(
                "/api/v1/models/{model}/rollback",
                "Goes back to the default before",
                nil,
                "KedgeError"
            ),
        ]
    }

    private var serverPaths: [(String, JSONNode)] {
        let get = OpenAPIAnswer.reading
        return [
            ("/health", .get("Whether the server runs", [.ok("Status")] + get)),
            ("/ready", .get("Whether all models can answer", [.ok("Status")] + get)),
            ("/version", .get("The server's version", [.ok("Version")] + get)),
            (
                "/ping",
                .get(
                    "Whether all models can answer, as SageMaker asks",
                    [.text("text/plain"), .notFound("InvocationsError")] + get
                )
            ),
            (
                "/metrics",
                .get(
                    "Metrics for Prometheus",
                    [.text("text/plain", "application/openmetrics-text")] + get
                )
            ),
            ("/openapi.json", .get("This document", [.ok("Anything")] + get)),
            ("/", .get("A page for people", [.text("text/html")] + get)),
        ]
    }

    /// A path and the same with a version.
    private func versioned(
        _ path: String,
        suffix: String,
        _ operation: ([JSONNode]) -> JSONNode
    ) -> [(String, JSONNode)] {
        let model = JSONNode.pathParameter("model", catalog.entries.map(\.name))
        let versions = Set(catalog.entries.flatMap { $0.versions.map(\.version) }).sorted()
        return [
            (path + suffix, operation([model])),
            (
                "\(path)/versions/{version}\(suffix)",
                operation([model, .pathParameter("version", versions)])
            ),
        ]
    }

    private func change(
        _ path: String,
        _ summary: String,
        _ schema: String?,
        _ error: String
    ) -> (String, JSONNode) {
        let answers = [OpenAPIAnswer.ok("Anything")] + OpenAPIAnswer.changeRefusals(error)
        let operation = JSONNode.post(
            summary,
            [("application/json", schema ?? "Anything")],
            answers,
            [.pathParameter("model", catalog.entries.map(\.name))],
            isBodyRequired: schema != nil,
            isSecured: true
        )
        return (path, operation)
    }
}

extension ModelCatalog {
    /// Whether a body must name its model.
    fileprivate var needsName: Bool { entries.count > 1 && defaultModel == nil && implied == nil }
}

extension JSONNode {
    fileprivate static var row: JSONNode { ["$ref": "#/components/schemas/Row"] }
}
