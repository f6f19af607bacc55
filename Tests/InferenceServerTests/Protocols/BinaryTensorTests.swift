// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// The binary tensor extension, both ways.
struct BinaryTensorTests {
    private static let values: [Float] = [-4, 10.5, 628, 39.92, 40.72, 20.7, 0, 10, 1012.1, 10]
    private static let path = "/v2/models/delay/infer"

    private static func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
        }
    }

    private static func header(
        size: Int,
        shape: String = "[1,10]",
        datatype: String = "FP32",
        rest: String = ""
    ) -> String {
        #"{"inputs":[{"name":"features","shape":\#(shape),"datatype":"\#(datatype)","parameters":{"binary_data_size":\#(size)}}]\#(rest)}"#
    }

    private static func ask(
        _ server: SampleServer,
        _ json: String,
        _ blob: [UInt8],
        length: Int? = nil,
        path: String = path
    ) -> Reply {
        server.ask("POST", path, Array(json.utf8) + blob) { head in
            head.inferenceHeaderLength = (length ?? json.utf8.count).description
            head.contentType = "application/octet-stream"
        }
    }

    private static func server() throws -> SampleServer {
        SampleServer([try SampleModel.flights()])
    }

    @Test
    func `a binary input is the same as one in JSON`() throws {
        let server = try Self.server()
        let data = Self.values.map(\.description).joined(separator: ",")
        let json = server.post(
            Self.path,
            #"{"inputs":[{"name":"features","shape":[1,10],"datatype":"FP32","data":[\#(data)]}]}"#
        )
        let binary = Self.ask(server, Self.header(size: 40), Self.bytes(Self.values))
        #expect(binary.answer == json.answer)
        let doubles = Self.values.flatMap { value in
            (0..<8).map { UInt8(truncatingIfNeeded: Double(value).bitPattern >> ($0 * 8)) }
        }
        let wide = Self.ask(server, Self.header(size: 80, datatype: "FP64"), doubles)
        #expect(wide.answer == json.answer)
    }

    @Test
    func `any NaN is missing, infinities are refused`() throws {
        let server = try Self.server()
        var values = Self.values
        values[3] = Float(bitPattern: 0x7FC0_1234)
        let binary = Self.ask(server, Self.header(size: 40), Self.bytes(values))
        let json = server.post(
            "/v2/models/delay/infer",
            #"{"inputs":[{"name":"features","shape":[1,10],"datatype":"FP32","data":[-4,10.5,628,NaN,40.72,20.7,0,10,1012.1,10]}]}"#
        )
        #expect(binary.status == 200)
        #expect(binary.answer == json.answer)
        values[3] = .infinity
        let refused = Self.ask(server, Self.header(size: 40), Self.bytes(values))
        #expect(refused.status == 400)
        #expect(refused.text.contains("temp"))
    }

    @Test
    func `outputs come in binary when asked for, each by itself or all`() throws {
        let server = try Self.server()
        let all = Self.ask(
            server,
            Self.header(size: 40, rest: #","parameters":{"binary_data_output":true}"#),
            Self.bytes(Self.values)
        )
        let length = try #require(all.field("Inference-Header-Content-Length").flatMap { Int($0) })
        #expect(all.answer.contentType == "application/octet-stream")
        let json = try JSONValue(String(decoding: all.answer.body.prefix(length), as: UTF8.self))
        let sizes = json["outputs"]?.elements.map { $0["parameters"]?["binary_data_size"] }
        #expect(sizes == [.number(8), .number(8)])
        #expect(json["outputs"]?[0]?["data"] == nil)
        #expect(all.answer.body.count == length + 16)
        #expect(Array(all.answer.body[length..<length + 8]) == [0, 0, 0, 0, 0, 0, 0, 0])
        let plain = try Self.ask(server, Self.header(size: 40), Self.bytes(Self.values)).json
        let expected = try #require(plain["outputs"]?[1]?["data"]?[1]?.number)
        let bits = all.answer.body.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(Float(bitPattern: bits) == Float(expected))

        let rest =
            #","parameters":{"binary_data_output":true},"outputs":[{"name":"label","parameters":{"binary_data":false}},{"name":"probabilities"}]"#
        let mixed = Self.ask(server, Self.header(size: 40, rest: rest), Self.bytes(Self.values))
        let start = try #require(mixed.field("Inference-Header-Content-Length").flatMap { Int($0) })
        let head = try JSONValue(String(decoding: mixed.answer.body.prefix(start), as: UTF8.self))
        #expect(head["outputs"]?[0]?["data"] == .array([.number(0)]))
        #expect(mixed.answer.body.count == start + 8)
    }

    @Test
    func `texts have their length in front, JSON and binary inputs mix`() throws {
        let mixed = try SampleModel.mixed()
        let server = SampleServer([mixed])
        var blob: [UInt8] = []
        let tensors = mixed.features.map { feature in
            guard feature.kind == .categorical else {
                return #"{"name":"\#(feature.name)","shape":[2,1],"datatype":"FP32","data":[1,2]}"#
            }
            let part: [UInt8] = [1, 0, 0, 0, 0x61, 3, 0, 0, 0] + Array("né".utf8)
            blob += part
            return
                #"{"name":"\#(feature.name)","shape":[2,1],"datatype":"BYTES","parameters":{"binary_data_size":\#(part.count)}}"#
        }
        let body = "{\"inputs\":[\(tensors.joined(separator: ","))]}"
        let reply = Self.ask(server, body, blob, path: "/v2/models/mixed/infer")
        #expect(reply.status == 200, "\(reply.text)")
        let line = try #require(server.takeLines().last)
        #expect(line.contains("\"né\""))
        var broken = blob
        broken[0] = 200
        #expect(Self.ask(server, body, broken, path: "/v2/models/mixed/infer").status == 400)
        broken = blob
        broken[4] = 0xFF
        #expect(Self.ask(server, body, broken, path: "/v2/models/mixed/infer").status == 400)
    }

    @Test
    func `a raw request is the only input's elements, and all outputs are binary`() throws {
        let server = try Self.server()
        let reply = Self.ask(server, "", Self.bytes(Self.values))
        #expect(reply.status == 200)
        let length = try #require(
            reply.field("Inference-Header-Content-Length").flatMap { Int($0) }
        )
        #expect(reply.answer.body.count == length + 16)
        #expect(Self.ask(server, "", [1, 2, 3]).status == 400)
        let several = SampleServer([try SampleModel.mixed()])
        #expect(Self.ask(several, "", [], path: "/v2/models/mixed/infer").status == 400)
    }

    @Test
    func `sizes that do not agree are 400`() throws {
        let server = try Self.server()
        let blob = Self.bytes(Self.values)
        #expect(Self.ask(server, Self.header(size: 36), Array(blob.prefix(36))).status == 400)
        #expect(Self.ask(server, Self.header(size: 40), Array(blob.prefix(36))).status == 400)
        #expect(Self.ask(server, Self.header(size: 40), blob + [0]).status == 400)
        #expect(Self.ask(server, Self.header(size: -1), blob).status == 400)
        #expect(Self.ask(server, Self.header(size: .max), blob).status == 400)
        #expect(Self.ask(server, Self.header(size: 40), blob, length: 100_000).status == 400)
        #expect(Self.ask(server, Self.header(size: 40), blob, length: -1).status == 400)
        let reply = server.ask("POST", Self.path, blob) { $0.inferenceHeaderLength = "many" }
        #expect(reply.status == 400)
        let both =
            #"{"inputs":[{"name":"features","shape":[1,10],"datatype":"FP32","data":[1],"parameters":{"binary_data_size":40}}]}"#
        #expect(Self.ask(server, both, blob).status == 400)
    }
}
