// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One answer of an operation.
struct OpenAPIAnswer {
    var status: Int
    var description: String
    /// Content types, each with the name of its schema.
    var content: [(type: String, schema: String)]

    /// A good answer of JSON.
    static func ok(_ schema: String) -> OpenAPIAnswer { json(200, "Answered", schema) }

    /// A good answer of text.
    static func text(_ types: String...) -> OpenAPIAnswer {
        OpenAPIAnswer(
            status: 200,
            description: "Answered",
            content: types.map { ($0, "Text") }
        )
    }

    static func notFound(_ schema: String) -> OpenAPIAnswer {
        json(404, "No such model or version", schema)
    }

    static func notReady(_ schema: String) -> OpenAPIAnswer {
        json(503, "The model cannot answer, or the server has too much to do", schema)
    }

    /// Tensors, in either form.
    static let inferred = OpenAPIAnswer(
        status: 200,
        description: "Answered",
        content: [("application/json", "InferAnswer"), ("application/octet-stream", "Binary")]
    )

    /// What may happen to anything that is only read.
    static let reading = [notReady("Anything")]

    /// What may happen to `/predict` and `/predict/batch`.
    static let predictRefusals =
        [json(422, "The body cannot be taken: each fault, and where", "ValidationErrors")]
        + body("Detail")

    /// What may happen to tensors.
    static let tensorRefusals =
        [json(400, "The body cannot be taken", "TensorError"), notFound("TensorError")]
        + body("TensorError")

    /// What may happen to `/invocations`.
    static let invocationsRefusals: [OpenAPIAnswer] =
        [json(400, "The body cannot be taken", "InvocationsError")]
        + body("InvocationsError").map { answer in
            guard answer.status == 415 else { return answer }
            var answer = answer
            answer.content = [("text/plain", "Text")]
            return answer
        }

    /// What may happen to a change of state.
    static func changeRefusals(_ schema: String) -> [OpenAPIAnswer] {
        [
            json(400, "The body cannot be taken", schema),
            json(401, "A token is needed", schema),
            json(403, "The token is not the right one", schema),
            notFound(schema),
            json(408, "The body was too slow", "Anything"),
            json(409, "There is nothing to change to", schema),
            json(413, "The body is too large", schema),
            notReady("Anything"),
        ]
    }

    /// What may happen to any body with rows.
    private static func body(_ schema: String) -> [OpenAPIAnswer] {
        [
            json(408, "The body was too slow", "Anything"),
            json(413, "The body is too large", schema),
            json(415, "The body is of a type that is not read", schema),
            notReady("Anything"),
            json(504, "The request took too long", schema),
        ]
    }

    private static func json(
        _ status: Int,
        _ description: String,
        _ schema: String
    ) -> OpenAPIAnswer {
        OpenAPIAnswer(
            status: status,
            description: description,
            content: [("application/json", schema)]
        )
    }

    fileprivate var node: (String, JSONNode) {
        (
            status.description,
            [
                "description": .string(description),
                "content": .content(content),
            ]
        )
    }
}

extension JSONNode {
    /// A path that is read.
    static func get(
        _ summary: String,
        _ answers: [OpenAPIAnswer],
        _ parameters: [JSONNode] = []
    ) -> JSONNode {
        [
            "get": [
                "summary": .string(summary),
                "parameters": .array(parameters),
                "responses": .object(answers.map(\.node)),
            ]
        ]
    }

    /// A path that takes a body.
    static func post(
        _ summary: String,
        _ body: [(type: String, schema: String)],
        _ answers: [OpenAPIAnswer],
        _ parameters: [JSONNode] = [],
        isBodyRequired: Bool = true,
        isSecured: Bool = false
    ) -> JSONNode {
        [
            "post": [
                "summary": .string(summary),
                "parameters": .array(parameters),
                "requestBody": [
                    "required": .boolean(isBodyRequired),
                    "content": .content(body),
                ],
                "responses": .object(answers.map(\.node)),
                "security": isSecured ? [["token": []]] : [],
            ]
        ]
    }

    /// A part of a path, one of a few names.
    static func pathParameter(_ name: String, _ values: [String]) -> JSONNode {
        let schema: JSONNode = ["type": "string", "minLength": 1]
        return [
            "name": .string(name),
            "in": "path",
            "required": true,
            "schema": values.isEmpty ? schema : schema.with(["enum": .strings(values)]),
        ]
    }

    /// The field that says where the binary tensors begin.
    static let inferenceHeader: JSONNode = [
        "name": "Inference-Header-Content-Length",
        "in": "header",
        "required": false,
        "description": "The length of the JSON part, where binary tensors follow it.",
        "schema": ["type": "integer", "minimum": 0],
    ]

    fileprivate static func content(_ content: [(type: String, schema: String)]) -> JSONNode {
        .object(
            content.map { type, schema in
                (type, ["schema": ["$ref": "#/components/schemas/\(schema)"]])
            }
        )
    }
}
