// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The schemas that are the same whatever models are served.
enum OpenAPISchemas {
    /// All of them by name.
    static let all: [(String, JSONNode)] = requests + answers + tensors + errors

    private static let string: JSONNode = ["type": "string"]
    private static let value: JSONNode = ["type": ["number", "string", "array", "null"]]
    private static let label: JSONNode = ["type": ["integer", "string", "null"]]
    private static let probabilities: JSONNode = [
        "type": "array", "items": ["type": ["number", "null"]],
    ]

    private static let requests: [(String, JSONNode)] = [
        ("Anything", true),
        ("Text", string),
        ("Binary", ["type": "string", "format": "binary"]),
        ("PromoteRequest", object(["version": ["type": ["string", "number"]]])),
        ("IndexRequest", ["type": "object", "properties": ["ready": ["type": "boolean"]]]),
        (
            "InstancesRequest",
            [
                "type": "object",
                "properties": [
                    "instances": [
                        "type": "array", "minItems": 1,
                        "items": ["$ref": "#/components/schemas/Row"],
                    ],
                    "signature_name": string,
                ],
                "required": ["instances"],
            ]
        ),
        (
            "InferRequest",
            [
                "type": "object",
                "properties": [
                    "id": string,
                    "parameters": ["$ref": "#/components/schemas/Parameters"],
                    "inputs": [
                        "type": "array", "items": ["$ref": "#/components/schemas/Tensor"],
                    ],
                    "outputs": [
                        "type": "array",
                        "items": object(
                            ["name": string],
                            optional: ["parameters": ["$ref": "#/components/schemas/Parameters"]]
                        ),
                    ],
                ],
                "required": ["inputs"],
            ]
        ),
    ]

    private static let answers: [(String, JSONNode)] = [
        ("Status", object(["status": string])),
        ("Version", object(["version": string])),
        (
            "Prediction",
            object(
                ["model": string, "version": string, "prediction": value],
                optional: [
                    "label": label,
                    "probability": ["type": ["number", "null"]],
                    "probabilities": probabilities,
                ]
            )
        ),
        (
            "Predictions",
            object(
                [
                    "model": string, "version": string,
                    "predictions": ["type": "array", "items": value],
                ],
                optional: [
                    "labels": ["type": "array", "items": label],
                    "probabilities": ["type": "array", "items": probabilities],
                ]
            )
        ),
        ("InvocationsAnswer", object(["predictions": ["type": "array", "items": value]])),
        ("Catalog", object(["models": ["type": "array", "items": ["type": "object"]]])),
        ("OldModels", object(["models": ["type": "array", "items": string]])),
        (
            "OldModel",
            object([
                "name": string, "ready": ["type": "boolean"],
                "model_version_status": ["type": "array", "items": ["type": "object"]],
            ])
        ),
    ]

    private static let tensors: [(String, JSONNode)] = [
        (
            "Parameters",
            ["type": "object", "additionalProperties": ["type": ["string", "number", "boolean"]]]
        ),
        (
            "Tensor",
            object(
                [
                    "name": string,
                    "datatype": [
                        "type": "string", "enum": .strings(Datatype.allCases.map(\.rawValue)),
                    ],
                    "shape": ["type": "array", "items": ["type": "integer"]],
                ],
                optional: [
                    "parameters": ["$ref": "#/components/schemas/Parameters"],
                    "data": ["type": "array"],
                ]
            )
        ),
        (
            "InferAnswer",
            object(
                [
                    "model_name": string, "model_version": string,
                    "outputs": ["type": "array", "items": ["$ref": "#/components/schemas/Tensor"]],
                ],
                optional: ["id": string]
            )
        ),
        (
            "ServerMetadata",
            object([
                "name": string, "version": string,
                "extensions": ["type": "array", "items": string],
            ])
        ),
        (
            "ModelMetadata",
            object([
                "name": string, "versions": ["type": "array", "items": string], "platform": string,
                "inputs": ["type": "array", "items": ["$ref": "#/components/schemas/Tensor"]],
                "outputs": ["type": "array", "items": ["$ref": "#/components/schemas/Tensor"]],
            ])
        ),
        ("ModelReady", object(["name": string, "ready": ["type": "boolean"]])),
        (
            "RepositoryIndex",
            [
                "type": "array",
                "items": object([
                    "name": string, "version": string, "state": string, "reason": string,
                ]),
            ]
        ),
    ]

    private static let errors: [(String, JSONNode)] = [
        ("Detail", object(["detail": string])),
        ("TensorError", object(["error": string])),
        ("InvocationsError", object(["error_code": string, "message": string])),
        ("KedgeError", object(["error": object(["code": string, "message": string])])),
        (
            "ValidationErrors",
            object([
                "detail": [
                    "type": "array",
                    "items": object(
                        [
                            "type": string,
                            "loc": ["type": "array", "items": ["type": ["string", "integer"]]],
                            "msg": string,
                            "input": true,
                        ],
                        optional: ["ctx": ["type": "object"]]
                    ),
                ]
            ])
        ),
    ]

    private static func object(
        _ required: KeyValuePairs<String, JSONNode>,
        optional: KeyValuePairs<String, JSONNode> = [:]
    ) -> JSONNode {
        let members = (Array(required) + Array(optional)).map { ($0.key, $0.value) }
        return [
            "type": "object",
            "properties": .object(members),
            "required": .strings(required.map(\.key)),
        ]
    }
}
