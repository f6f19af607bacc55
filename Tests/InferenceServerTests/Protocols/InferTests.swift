// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// The rules of the Open Inference Protocol's REST form, one by one.
struct InferTests {
    private static let row = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]"
    private static let path = "/v2/models/delay/infer"

    private static func body(
        _ data: String = row,
        shape: String = "[1,10]",
        datatype: String = "FP32",
        name: String = "features",
        rest: String = ""
    ) -> String {
        #"{"inputs":[{"name":"\#(name)","shape":\#(shape),"datatype":"\#(datatype)","data":\#(data)}]\#(rest)}"#
    }

    private static func server() throws -> SampleServer {
        SampleServer([try SampleModel.flights(), try SampleModel.mixed()])
    }

    @Test
    func `all outputs come, named, with datatype and shape`() throws {
        let json = try Self.server().post(Self.path, Self.body()).json
        #expect(json["model_name"] == .string("delay"))
        #expect(json["model_version"] == .string("1"))
        #expect(json["id"] == nil)
        let outputs = try #require(json["outputs"]?.elements)
        #expect(outputs.map { $0["name"] } == [.string("label"), .string("probabilities")])
        #expect(outputs.map { $0["datatype"] } == [.string("INT64"), .string("FP32")])
        #expect(outputs[0]["shape"] == .array([.number(1)]))
        #expect(outputs[1]["shape"] == .array([.number(1), .number(2)]))
        #expect(outputs[1]["data"]?.elements.count == 2)
    }

    @Test
    func `nested and flat data, doubles and whole numbers are of equal value`() throws {
        let server = try Self.server()
        let rows = "[\(Self.row),\(Self.row)]"
        let flat = Self.row.dropLast() + "," + Self.row.dropFirst()
        let expected = server.post(Self.path, Self.body(rows, shape: "[2,10]")).answer
        #expect(expected.status == 200)
        for body in [
            Self.body(String(flat), shape: "[2,10]"),
            Self.body("[[[\(Self.row)],[\(Self.row)]]]", shape: "[2,10]"),
            Self.body(rows, shape: "[2,10]", datatype: "FP64"),
        ] {
            #expect(server.post(Self.path, body).answer == expected)
        }
        let whole = "[1,2,3,4,5,6,7,8,9,10]"
        let floats = server.post(Self.path, Self.body(whole)).answer
        #expect(server.post(Self.path, Self.body(whole, datatype: "INT64")).answer == floats)
        #expect(server.post(Self.path, Self.body(whole, datatype: "UINT8")).answer == floats)
    }

    @Test
    func `the id comes back as it was sent`() throws {
        let json = try Self.server().post(Self.path, Self.body(rest: #","id":"a\n\u00e9""#)).json
        #expect(json["id"] == .string("a\né"))
    }

    @Test
    func `only the outputs asked for, in that order`() throws {
        let rest = #","outputs":[{"name":"probabilities"},{"name":"label"}]"#
        let both = try Self.server().post(Self.path, Self.body(rest: rest)).json
        #expect(
            both["outputs"]?.elements.map { $0["name"] }
                == [.string("probabilities"), .string("label")]
        )
        let one = try Self.server().post(
            Self.path,
            Self.body(rest: #","outputs":[{"name":"label"}]"#)
        ).json
        #expect(one["outputs"]?.elements.count == 1)
        #expect(try Self.server().post(Self.path, Self.body(rest: #","outputs":[]"#)).status == 200)
    }

    @Test
    func `a tensor a feature, a tensor an input`() throws {
        let server = try Self.server()
        let values = Self.row.dropFirst().dropLast().split(separator: ",")
        let tensors = zip(SampleModel.flightNames, values).reversed().map { name, value in
            #"{"name":"\#(name)","shape":[1],"datatype":"FP32","data":[\#(value)]}"#
        }
        let named = server.post(Self.path, "{\"inputs\":[\(tensors.joined(separator: ","))]}")
        #expect(named.answer == server.post(Self.path, Self.body()).answer)
        let columns = try SampleModel.mixed().features.map { feature in
            feature.kind == .categorical
                ? #"{"name":"\#(feature.name)","shape":[2,1],"datatype":"BYTES","data":["a","é\n"]}"#
                : #"{"name":"\#(feature.name)","shape":[2,1],"datatype":"FP32","data":[1,null]}"#
        }
        let mixed = server.post(
            "/v2/models/mixed/infer",
            "{\"inputs\":[\(columns.joined(separator: ","))]}"
        )
        #expect(mixed.status == 200, "\(mixed.text)")
        #expect(try mixed.json["outputs"]?[0]?["shape"] == .array([.number(2)]))
    }

    @Test(arguments: [
        body(name: "other"), body("[1,2]"), body(shape: "[1,9]"), body(shape: "[2,10]"),
        body(shape: "[-1,10]"), body(shape: "[0,10]"), body("[]", shape: "[0,10]"),
        body(shape: "[10]"), body(shape: "[]"), body(shape: "[9223372036854775807,10]"),
        body(datatype: "BYTES"), body(datatype: "BOOL"), body(datatype: "fp32"),
        body(datatype: "FP16"), body(datatype: "INT8"), body(#"["1",2,3,4,5,6,7,8,9,10]"#),
        body("[true,2,3,4,5,6,7,8,9,10]"), body("[1,2,3,4,500,6,7,8,9,10]"),
        body("[1e999,2,3,4,5,6,7,8,9,10]"), body("{}"), body("3"),
        body(rest: #","outputs":[{"name":"nix"}]"#), body(rest: #","id":3"#),
        body(rest: #","parameters":{"a":{}}"#), body(rest: #","parameters":{"a":null}"#),
        #"{"inputs":[]}"#, "{}", "[]", "", "{",
        #"{"inputs":[{"name":"features","shape":[1,10],"datatype":"FP32"}]}"#,
        #"{"inputs":[{"name":"temp","shape":[1],"datatype":"FP32","data":[1]}]}"#,
        #"{"inputs":[{"name":"features","shape":[1,10],"datatype":"FP32","parameters":{"binary_data_size":40}}]}"#,
    ])
    func `what does not fit is 400 and an error`(body: String) throws {
        let reply = try Self.server().post(Self.path, body)
        #expect(reply.status == 400, "\(reply.text)")
        #expect(try reply.json["error"]?.string?.isEmpty == false)
        #expect(reply.summary.outcome == .rejected)
    }

    @Test
    func `the same input twice, rows that differ, too many rows are 400`() throws {
        var limits = ServingLimits()
        limits.rows = 2
        let server = SampleServer([try SampleModel.flights()], limits: limits)
        let tensor = #"{"name":"features","shape":[1,10],"datatype":"FP32","data":\#(Self.row)}"#
        #expect(server.post(Self.path, "{\"inputs\":[\(tensor),\(tensor)]}").status == 400)
        let temp = #"{"name":"temp","shape":[2],"datatype":"FP32","data":[1,2]}"#
        #expect(server.post(Self.path, "{\"inputs\":[\(temp),\(tensor)]}").status == 400)
        let rows = "[\(Self.row),\(Self.row),\(Self.row)]"
        #expect(server.post(Self.path, Self.body(rows, shape: "[3,10]")).status == 400)
    }

    @Test(arguments: [
        ("/v2/models/nix/infer", 404), ("/v2/models/delay/versions/9/infer", 404),
        ("/v2/models/delay/versions/1/infer", 200), ("/v2/models/Delay/infer", 404),
        ("/v2/models/d%65lay/infer", 200),
    ])
    func `models and versions`(path: String, status: Int) throws {
        let reply = try Self.server().post(path, Self.body())
        #expect(reply.status == status)
        if status == 404 { #expect(try reply.json["error"]?.string != nil) }
    }

    @Test
    func `content types`() throws {
        let server = try Self.server()
        for (type, status) in [("application/octet-stream", 200), ("text/csv", 415)] {
            #expect(server.post(Self.path, Self.body()) { $0.contentType = type }.status == status)
        }
    }
}
