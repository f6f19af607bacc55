// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// The OpenAPI document says what the models take, and every answer that is given.
struct OpenAPITests {
    private static func document(_ server: SampleServer) throws -> JSONValue {
        try server.get("/openapi.json").json
    }

    @Test
    func `features have their names, kinds, ranges and categories`() throws {
        let mixed = try SampleModel.mixed()
        var features = mixed.features
        let text = try #require(features.firstIndex { $0.kind == .categorical })
        features[text].categories = ["a", "b"]
        let number = try #require(features.firstIndex { $0.kind == .numeric })
        features[number].minimum = 5
        let served = ServedModel(
            name: "mixed",
            version: "1",
            digest: "",
            model: mixed.model,
            features: features,
            logged: .label
        )
        let document = try Self.document(SampleServer([served]))
        #expect(document["openapi"] == .string("3.1.0"))
        let row = document["components"]?["schemas"]?["Row"]?["anyOf"]
        let properties = row?[0]?["properties"]
        #expect(row?[0]?["required"]?.elements == features.map { .string($0.name) })
        #expect(
            properties?[features[text].name]?["enum"]
                == .array([.string("a"), .string("b"), .null])
        )
        #expect(properties?[features[number].name]?["minimum"] == .number(5))
        #expect(row?[1]?["prefixItems"]?.elements.count == features.count)
        #expect(row?[1]?["minItems"] == .number(Double(features.count)))
    }

    @Test
    func `every reference leads somewhere`() throws {
        for models in [
            [], [try SampleModel.flights()], [try SampleModel.flights(), try SampleModel.mixed()],
        ] {
            let document = try Self.document(SampleServer(models))
            var references: [String] = []
            Self.collect(document, into: &references)
            #expect(!references.isEmpty)
            for reference in references {
                let name = try #require(reference.split(separator: "/").last)
                #expect(document["components"]?["schemas"]?[String(name)] != nil, "\(reference)")
            }
        }
    }

    private static func collect(_ value: JSONValue, into references: inout [String]) {
        switch value {
        case .object(let members):
            if let reference = members["$ref"]?.string { references.append(reference) }
            for member in members.values { collect(member, into: &references) }
        case .array(let elements):
            for element in elements { collect(element, into: &references) }
        default: return
        }
    }

    @Test(arguments: [
        ("POST", "/predict", "/predict", "{}"),
        ("POST", "/predict", "/predict", SampleRows.features),
        ("POST", "/predict/batch", "/predict/batch", "{"),
        ("POST", "/invocations", "/invocations", "{}"),
        ("POST", "/v2/models/{model}/infer", "/v2/models/delay/infer", "{}"),
        ("POST", "/v2/models/{model}/infer", "/v2/models/nix/infer", "{}"),
        (
            "POST", "/v2/models/{model}/versions/{version}/infer",
            "/v2/models/delay/versions/9/infer", "{}"
        ),
        ("POST", "/v1/models/{model}:predict", "/v1/models/delay:predict", "{}"),
        ("POST", "/v2/repository/index", "/v2/repository/index", "[]"),
        ("POST", "/v2/repository/models/{model}/load", "/v2/repository/models/x/load", ""),
        ("POST", "/api/v1/models/{model}/promote", "/api/v1/models/delay/promote", "{}"),
        ("GET", "/v2/models/{model}", "/v2/models/nix", ""),
        ("GET", "/v2/models/{model}/ready", "/v2/models/delay/ready", ""),
        ("GET", "/v2", "/v2", ""), ("GET", "/", "/", ""), ("GET", "/ready", "/ready", ""),
        ("GET", "/v1/models/{model}", "/v1/models/nix", ""), ("GET", "/ping", "/ping", ""),
        ("GET", "/metrics", "/metrics", ""),
    ])
    func `the answer to a request is among those of its path`(
        method: String,
        template: String,
        path: String,
        body: String
    ) throws {
        var small = ServingLimits()
        small.bodyBytes = 1
        let servers = [
            SampleServer([try SampleModel.flights()]),
            SampleServer([try SampleModel.flights()], limits: small, isReady: false),
        ]
        let document = try Self.document(servers[0])
        let operation = document["paths"]?[template]?[method.lowercased()]
        for server in servers {
            for type in ["application/json", "image/png"] {
                let reply = server.ask(method, path, Array(body.utf8)) { $0.contentType = type }
                let answer = operation?["responses"]?[reply.status.description]
                #expect(answer != nil, "\(reply.status) of \(template)")
                let found = reply.answer.contentType?.split(separator: ";").first.map(String.init)
                #expect(answer?["content"]?[found ?? ""] != nil || template == "/metrics")
            }
        }
    }
}
