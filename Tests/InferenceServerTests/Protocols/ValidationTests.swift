// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// What is wrong with a body is told in FastAPI's shape, field by field.
struct ValidationTests {
    /// A body, and what must be said of it: `type` and `loc`, in order.
    struct Case: Sendable, CustomTestStringConvertible {
        var path = "/predict"
        var body: String
        var faults: [String]
        var testDescription: String { body }
    }

    private static let good = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]"

    /// A good row with one value replaced.
    private static func row(_ index: Int, _ value: String) -> String {
        var parts = good.dropFirst().dropLast().split(separator: ",").map(String.init)
        parts[index] = value
        return "[\(parts.joined(separator: ","))]"
    }

    private static func object(_ changed: String, _ value: String?) -> String {
        let values = good.dropFirst().dropLast().split(separator: ",")
        let members = zip(SampleModel.flightNames, values).compactMap { name, old -> String? in
            name == changed ? value.map { "\"\(name)\":\($0)" } : "\"\(name)\":\(old)"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func one(_ features: String) -> String { "{\"features\":\(features)}" }

    static let values: [Case] = [
        Case(body: one(object("temp", nil)), faults: ["missing body.features.temp"]),
        Case(body: one(object("temp", #""x""#)), faults: ["float_type body.features.temp"]),
        Case(body: one(object("temp", "{}")), faults: ["float_type body.features.temp"]),
        Case(body: one(object("temp", "[1]")), faults: ["float_type body.features.temp"]),
        Case(body: one(object("temp", "NaN")), faults: ["finite_number body.features.temp"]),
        Case(body: one(object("temp", "-Infinity")), faults: ["finite_number body.features.temp"]),
        Case(body: one(object("temp", "1e999")), faults: ["finite_number body.features.temp"]),
        Case(
            body: one(object("humid", "-0.5")),
            faults: ["greater_than_equal body.features.humid"]
        ),
        Case(body: one(object("humid", "101")), faults: ["less_than_equal body.features.humid"]),
        Case(body: one(row(4, "101")), faults: ["less_than_equal body.features.4"]),
        Case(body: one(row(3, #""x""#)), faults: ["float_type body.features.3"]),
        Case(body: one("[1,2]"), faults: ["too_short body.features"]),
        Case(
            body: one("[1,2,3,4,5,6,7,8,9,10,11]"),
            faults: ["too_long body.features"]
        ),
        Case(
            body: one(#"{"temp":"x","humid":-1}"#),
            faults: [
                "missing body.features.dep_delay", "missing body.features.sched_dep_hour",
                "missing body.features.distance", "float_type body.features.temp",
                "greater_than_equal body.features.humid", "missing body.features.wind_speed",
                "missing body.features.precip", "missing body.features.visib",
                "missing body.features.pressure", "missing body.features.plane_age",
            ]
        ),
    ]

    static let envelopes: [Case] = [
        Case(body: "", faults: ["missing body"]),
        Case(body: "[]", faults: ["model_attributes_type body"]),
        Case(body: "3", faults: ["model_attributes_type body"]),
        Case(body: "{}", faults: ["missing body.features"]),
        Case(body: #"{"features":3}"#, faults: ["dict_type body.features"]),
        Case(body: #"{"features":null}"#, faults: ["dict_type body.features"]),
        Case(body: "{", faults: ["json_invalid body.1"]),
        Case(body: "{\"features\":[1,]}", faults: ["json_invalid body.15"]),
        Case(body: one(good) + "x", faults: ["json_invalid body.\(one(good).utf8.count)"]),
        Case(
            body: "{\"deep\":" + String(repeating: "[", count: 80),
            faults: ["json_invalid body.71"]
        ),
        Case(
            body: #"{"features":\#(good),"model":"nix"}"#,
            faults: ["model_not_found body.model"]
        ),
        Case(
            body: #"{"features":\#(good),"version":"9"}"#,
            faults: ["version_not_found body.version"]
        ),
        Case(body: #"{"features":\#(good),"model":{}}"#, faults: ["string_type body.model"]),
        Case(
            body: #"{"features":\#(good),"id":3,"ts":"yesterday"}"#,
            faults: ["string_type body.id", "datetime_type body.ts"]
        ),
        Case(body: #"{"features":\#(good),"ts":-1}"#, faults: ["datetime_type body.ts"]),
    ]

    static let batches: [Case] = [
        Case(path: "/predict/batch", body: "{}", faults: ["missing body.instances"]),
        Case(
            path: "/predict/batch",
            body: #"{"instances":{}}"#,
            faults: ["list_type body.instances"]
        ),
        Case(
            path: "/predict/batch",
            body: #"{"instances":[]}"#,
            faults: ["too_short body.instances"]
        ),
        Case(
            path: "/predict/batch",
            body: #"{"instances":[\#(good),\#(row(3, #""x""#)),\#(object("temp", "1e999"))]}"#,
            faults: ["float_type body.instances.1.3", "finite_number body.instances.2.temp"]
        ),
        Case(
            path: "/predict/batch",
            body: #"{"instances":[{"features":\#(object("temp", nil)),"id":1}]}"#,
            faults: ["string_type body.instances.0.id", "missing body.instances.0.features.temp"]
        ),
        Case(
            path: "/predict/batch",
            body: #"{"instances":[3,[1],"x"]}"#,
            faults: [
                "dict_type body.instances.0", "too_short body.instances.1",
                "dict_type body.instances.2",
            ]
        ),
        Case(
            path: "/predict/batch",
            body: #"{"instances":[\#(good),\#(good),\#(good),\#(good)]}"#,
            faults: ["too_long body.instances"]
        ),
    ]

    @Test(arguments: values + envelopes + batches)
    func `each fault is told with its type and place`(example: Case) throws {
        var limits = ServingLimits()
        limits.rows = 3
        let server = SampleServer([try SampleModel.flights()], limits: limits)
        let reply = server.post(example.path, example.body)
        #expect(reply.status == 422)
        #expect(reply.summary.outcome == .rejected)
        let detail = try #require(try reply.json["detail"]?.elements)
        let found = detail.map { fault in
            let way = (fault["loc"]?.elements ?? []).map { place in
                place.string ?? place.number.map { Int($0).description } ?? "?"
            }
            return "\(fault["type"]?.string ?? "?") \(way.joined(separator: "."))"
        }
        #expect(found == example.faults)
        #expect(detail.allSatisfy { $0["msg"]?.string?.isEmpty == false && $0["input"] != nil })
    }

    @Test
    func `a request for an unknown model is nobody's, and not logged`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/predict", #"{"features":\#(Self.good),"model":"nix"}"#)
        #expect(reply.summary.served == nil)
        #expect(reply.summary.reason == "unknown_model")
        #expect(server.takeLines().isEmpty)
    }

    @Test
    func `messages, inputs and contexts are pydantic's`() throws {
        let server = SampleServer([try SampleModel.flights()])
        func fault(_ features: String) throws -> JSONValue? {
            try server.post("/predict", Self.one(features)).json["detail"]?[0]
        }
        let low = try fault(Self.object("humid", "-0.5"))
        #expect(low?["msg"] == .string("Input should be greater than or equal to 0"))
        #expect(low?["input"] == .number(-0.5))
        #expect(low?["ctx"] == .object(["ge": .number(0)]))
        let short = try fault("[1,2]")
        #expect(
            short?["msg"] == .string("List should have at least 10 items after validation, not 2")
        )
        #expect(
            short?["ctx"]
                == .object([
                    "field_type": .string("List"), "min_length": .number(10),
                    "actual_length": .number(2),
                ])
        )
        #expect(short?["input"] == .array([.number(1), .number(2)]))
        let missing = try fault(#"{"temp":1}"#)
        #expect(missing?["msg"] == .string("Field required"))
        #expect(missing?["input"] == .object(["temp": .number(1)]))
        #expect(try fault(Self.object("temp", "NaN"))?["input"] == .string("NaN"))
        #expect(try fault(Self.object("temp", "-Infinity"))?["input"] == .string("-Infinity"))
        let nested = try fault(#"{"a":[NaN,"NaN","\"Infinity",1e999],"b":-Infinity}"#)
        #expect(
            nested?["input"]
                == .object([
                    "a": .array([
                        .string("NaN"), .string("NaN"), .string("\"Infinity"), .string("1e999"),
                    ]),
                    "b": .string("-Infinity"),
                ])
        )
        let broken = try server.post("/predict", "{").json["detail"]?[0]
        #expect(broken?["msg"] == .string("JSON decode error"))
        #expect(broken?["ctx"]?["error"]?.string?.contains("expected") == true)
    }

    @Test
    func `integers and categories have rules of their own`() throws {
        let model = try SampleModel.mixed()
        let text = try #require(model.features.firstIndex { $0.kind == .categorical })
        let number = try #require(model.features.firstIndex { $0.kind == .numeric })
        var features = model.features
        features[text].categories = ["a", "b", "3"]
        features[number].kind = .integer
        let served = ServedModel(
            name: "mixed",
            version: "1",
            digest: "",
            model: model.model,
            features: features,
            logged: .label
        )
        let server = SampleServer([served])
        func types(_ word: String, _ whole: String) throws -> [String] {
            let members = features.enumerated().map { index, feature in
                let value =
                    index == text
                    ? word : index == number ? whole : feature.kind == .categorical ? "null" : "1"
                return "\"\(feature.name)\":\(value)"
            }
            let reply = server.post(
                "/predict",
                "{\"features\":{\(members.joined(separator: ","))}}"
            )
            if reply.status == 200 { return [] }
            return try reply.json["detail"]?.elements.compactMap { $0["type"]?.string } ?? []
        }
        #expect(try types(#""a""#, "3") == [])
        #expect(try types("3", "3.0") == [])
        #expect(try types("null", "true") == [])
        #expect(try types(#""\u0061""#, "1e2") == [])
        #expect(try types(#""c""#, "3") == ["enum"])
        #expect(try types("[]", "3") == ["string_type"])
        #expect(try types(#""a""#, "3.5") == ["int_from_float"])
        #expect(try types(#""a""#, "null") == ["int_type"])
        #expect(try types(#""a""#, #""3""#) == ["int_type"])
        #expect(try types(#""a""#, "1e300") == ["int_parsing_size"])
        #expect(try types(#""a""#, "1e999") == ["finite_number"])
    }

    @Test
    func `no more than a hundred faults are told, and long inputs are cut off`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let rows = Array(repeating: "{}", count: 50).joined(separator: ",")
        let many = try server.post("/predict/batch", "{\"instances\":[\(rows)]}").json
        #expect(many["detail"]?.elements.count == 100)
        let long = String(repeating: "é", count: 5_000)
        let cut = server.post("/predict", Self.one(Self.object("temp", "\"\(long)\"")))
        #expect(cut.status == 422)
        #expect(cut.answer.body.count < 2_000)
        #expect(try cut.json["detail"]?[0]?["input"]?.string?.hasSuffix("…") == true)
    }

    @Test(
        arguments: [
            (nil, 200), ("application/json", 200), ("application/json; charset=UTF-8", 200),
            ("Application/JSON", 200), ("application/vnd.api+json", 200), ("text/plain", 415),
            ("application/json; charset=latin-1", 415), ("", 415),
        ] as [(String?, Int)]
    )
    func `content types`(type: String?, status: Int) throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/predict", SampleRows.features) { $0.contentType = type }
        #expect(reply.status == status)
        if status == 415 { #expect(try reply.json["detail"]?.string != nil) }
    }

    @Test(arguments: [
        ("/predict", "detail"), ("/v2/models/delay/infer", "error"),
    ])
    func `a body that is coded is 415 and not read`(path: String, key: String) throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post(path, SampleRows.features) { $0.contentEncoding = "br" }
        #expect(reply.status == 415)
        #expect(reply.field("Accept-Encoding") == "identity")
        #expect(try reply.json[key]?.string?.contains("'br'") == true)
        let plain = server.post("/predict", SampleRows.features) { $0.contentEncoding = "Identity" }
        #expect(plain.status == 200)
    }

    @Test
    func `a number beyond the floats of an input is no finite one`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/predict", Self.one(Self.object("temp", "-1e39")))
        #expect(reply.status == 422)
        let fault = try reply.json["detail"]?[0]
        #expect(fault?["type"] == .string("finite_number"))
        #expect(fault?["loc"] == .array([.string("body"), .string("features"), .string("temp")]))
        #expect(server.post("/predict", Self.one(Self.object("temp", "3.4e38"))).status == 200)
        let tensors = server.post(
            "/v2/models/delay/infer",
            #"""
            {"inputs":[{"name":"features","datatype":"FP64","shape":[1,10],
            "data":[0,0,0,1e39,0,0,0,0,0,0]}]}
            """#
        )
        #expect(tensors.status == 400)
        #expect(try tensors.json["error"]?.string?.contains("finite") == true)
    }

    @Test
    func `a body over the limit is 413, a model without a version 503`() throws {
        var limits = ServingLimits()
        limits.bodyBytes = 10
        let small = SampleServer([try SampleModel.flights()], limits: limits)
        #expect(small.post("/predict", SampleRows.features).status == 413)
        let server = SampleServer([])
        server.board.show(
            ModelCatalog(entries: [
                ModelCatalog.Entry(
                    name: "delay",
                    versions: [],
                    defaultVersion: nil,
                    unavailable: [ModelCatalog.Unavailable(version: "1", reason: "no file")]
                )
            ])
        )
        let reply = server.post("/predict", SampleRows.features)
        #expect(reply.status == 503)
        #expect(reply.summary.outcome == .failed)
        #expect(try reply.json["detail"]?.string?.contains("no file") == true)
    }
}
