// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// What `/predict` and `/predict/batch` answer to good bodies.
struct PredictTests {
    @Test
    func `both forms of features and a batch give the training library's probabilities`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let sample = try SampleRows()
        var objects: [String] = []
        for (row, expected) in zip(sample.rows, sample.probabilities) {
            objects.append(SampleRows.object(row))
            let array = server.post("/predict", "{\"features\":\(SampleRows.array(row))}")
            let object = server.post("/predict", "{\"features\":\(SampleRows.object(row))}")
            #expect(array.status == 200)
            #expect(array.answer == object.answer)
            let found = try #require(try array.json["probabilities"]?[1]?.number)
            #expect(abs(found - expected) < 1e-6)
        }
        let batch = server.post(
            "/predict/batch",
            "{\"instances\":[\(objects.joined(separator: ","))]}"
        )
        #expect(batch.summary.rows == sample.rows.count)
        let rows = try #require(try batch.json["probabilities"]?.elements)
        #expect(rows.count == sample.rows.count)
        for (row, expected) in zip(rows, sample.probabilities) {
            #expect(abs((row[1]?.number ?? .nan) - expected) < 1e-6)
        }
    }

    @Test
    func `a classifier's answer has label, probability and probabilities`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/predict", SampleRows.features)
        #expect(reply.status == 200)
        #expect(reply.answer.contentType == "application/json")
        let json = try reply.json
        #expect(json["model"] == .string("delay"))
        #expect(json["version"] == .string("1"))
        #expect(json["prediction"] == .number(0))
        #expect(json["label"] == json["prediction"])
        #expect(json["probability"] == json["probabilities"]?[0])
        #expect(reply.summary.outcome == .ok)
        #expect(reply.summary.rows == 1)
        #expect(reply.summary.served?.version == "1")
        #expect(reply.summary.reason == nil)
    }

    @Test
    func `numbers are the shortest texts that read back to the float`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/predict", SampleRows.features)
        let text = try #require(reply.text.split(separator: "\"probability\":").last)
        let spelling = String(text.prefix { $0 != "," })
        let float = try #require(Float(spelling))
        #expect(float.description == spelling)
    }

    @Test
    func `a regressor's answer is a value and nothing of classes`() throws {
        let server = SampleServer([try SampleModel.matrix("linear-regression", logged: .value)])
        let reply = server.post("/predict", #"{"features":[1,2,3,4,5,6]}"#)
        guard case .object(let members) = try reply.json else {
            Issue.record("no object: \(reply.text)")
            return
        }
        #expect(Set(members.keys) == ["model", "version", "prediction"])
        #expect(members["prediction"]?.number?.isFinite == true)
        let batch = server.post(
            "/predict/batch",
            #"{"instances":[[1,2,3,4,5,6],{"features":[1,2,3,4,5,6]}]}"#
        )
        let predictions = try #require(try batch.json["predictions"]?.elements)
        #expect(predictions == [members["prediction"], members["prediction"]])
        #expect(try batch.json["labels"] == nil)
    }

    @Test
    func `the threshold decides the label in every protocol`() throws {
        let sample = try SampleRows()
        let index = try #require(sample.probabilities.firstIndex { 0.1..<0.3 ~= $0 })
        let row = SampleRows.array(sample.rows[index])
        for (threshold, label) in [(nil, 0.0), (0.1, 1.0), (0.9, 0.0)] as [(Double?, Double)] {
            let server = SampleServer([try SampleModel.flights(threshold: threshold)])
            let one = try server.post("/predict", "{\"features\":\(row)}").json
            #expect(one["label"] == .number(label))
            #expect(one["probability"] == one["probabilities"]?[Int(label)])
            let invoked = try server.post("/invocations", "{\"instances\":[\(row)]}").json
            #expect(invoked["predictions"] == .array([.number(label)]))
            let tensors = try server.post(
                "/v2/models/delay/infer",
                #"{"inputs":[{"name":"features","shape":[1,10],"datatype":"FP32","data":\#(row)}]}"#
            ).json
            #expect(tensors["outputs"]?[0]?["data"] == .array([.number(label)]), "\(tensors)")
        }
    }

    @Test
    func `a clustering answers its label, and claims no probabilities`() throws {
        let server = SampleServer([try SampleModel.published("clusters")])
        let reply = try server.post("/predict", #"{"features":[9]}"#).json
        #expect(
            reply
                == .object([
                    "model": .string("m"), "version": .string("1"), "prediction": .number(1),
                ])
        )
        let line = try #require(server.takeLines().first)
        #expect(line.contains(#""prediction":1,"#))
        let tensors = try server.post(
            "/v2/models/m/infer",
            #"{"inputs":[{"name":"X","datatype":"FP32","shape":[2,1],"data":[9,21]}]}"#
        ).json
        #expect(tensors["outputs"]?[0]?["data"] == .array([.number(1), .number(2)]))
        #expect(tensors["outputs"]?[0]?["shape"] == .array([.number(2)]))
    }

    @Test
    func `a graph's own rule decides the label, unless a threshold is configured`() throws {
        let infer = #"{"inputs":[{"name":"X","datatype":"FP32","shape":[1,1],"data":[-0.5]}]}"#
        for (threshold, label) in [(nil, 1.0), (0.5, 0.0)] as [(Double?, Double)] {
            let server = SampleServer([try SampleModel.published("own-rule", threshold: threshold)])
            let reply = try server.post("/predict", #"{"features":[-0.5]}"#).json
            #expect(reply["prediction"] == .number(label))
            #expect(reply["label"] == .number(label))
            #expect(reply["probability"] == reply["probabilities"]?[Int(label)])
            let tensors = try server.post("/v2/models/m/infer", infer).json
            #expect(tensors["outputs"]?[0]?["data"] == .array([.number(label)]))
        }
    }

    @Test
    func `columns of numbers and texts, each an input of its own`() throws {
        let mixed = try SampleModel.mixed()
        let server = SampleServer([mixed])
        let members = mixed.features.map { feature in
            "\"\(feature.name)\":\(feature.kind == .categorical ? "\"a\"" : "1.5")"
        }
        let reply = server.post("/predict", "{\"features\":{\(members.joined(separator: ","))}}")
        #expect(reply.status == 200, "\(reply.text)")
        let missing = mixed.features.map { "\"\($0.name)\":null" }
        let blank = server.post("/predict", "{\"features\":{\(missing.joined(separator: ","))}}")
        #expect(blank.status == 200, "\(blank.text)")
    }

    @Test(arguments: [
        (#"{"features":\#(array)}"#, 200), (#" { "features" : \#(array) } "#, 200),
        (#"{"features":[1],"features":\#(array)}"#, 200),
        (#"{"other":{"deep":[1,{}]},"features":\#(array),"more":null}"#, 200),
        (#"{"features":\#(array),"model":"delay","version":"1"}"#, 200),
        (#"{"features":\#(array),"model":"delay","version":1}"#, 200),
        (#"{"version":null,"model":null,"features":\#(array)}"#, 200),
        (#"{"features":[true,false,628,39.92,40.72,20.7,null,10,1012.1,10]}"#, 200),
        (#"{"features":\#(array),"id":"a","ts":1370077200.25}"#, 200),
        (#"{"features":\#(array),"ts":"2013-06-01T09:00:00Z","id":null}"#, 200),
    ])
    func `takes what a client may write`(body: String, status: Int) throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/predict", body)
        #expect(reply.status == status, "\(reply.text)")
    }

    private static let array = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]"

    @Test
    func `model and version are taken from the body, else the default ones`() throws {
        let models = [
            try SampleModel.flights(), try SampleModel.flights(version: "2"),
            try SampleModel.flights(version: "7", name: "other"),
        ]
        let server = SampleServer(models, defaultModel: "delay")
        func answer(_ address: String) throws -> String {
            let json = try server.post("/predict", "{\(address)\"features\":\(Self.array)}").json
            return "\(json["model"]?.string ?? "-") \(json["version"]?.string ?? "-")"
        }
        #expect(try answer("") == "delay 1")
        #expect(try answer(#""version":"2","#) == "delay 2")
        #expect(try answer(#""model":"other","#) == "other 7")
        #expect(try answer(#""model":"other","version":7,"#) == "other 7")
        let behind = server.post(
            "/predict/batch",
            #"{"instances":[\#(Self.array)],"model":"other"}"#
        )
        #expect(try behind.json["model"] == .string("other"))
        #expect(behind.summary.served?.name == "other")
        let nameless = SampleServer(models)
        #expect(nameless.post("/predict", SampleRows.features).status == 422)
        let named = nameless.post("/predict", #"{"features":\#(Self.array),"model":"other"}"#)
        #expect(try named.json["version"] == .string("7"))
    }

    @Test
    func `more rows than a block are answered in their order`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let sample = try SampleRows()
        let rows = (0..<700).map { SampleRows.array(sample.rows[$0 % sample.rows.count]) }
        let reply = server.post(
            "/predict/batch",
            "{\"instances\":[\(rows.joined(separator: ","))]}"
        )
        let found = try #require(try reply.json["probabilities"]?.elements)
        #expect(found.count == 700)
        for (index, row) in found.enumerated() {
            let expected = sample.probabilities[index % sample.rows.count]
            #expect(abs((row[1]?.number ?? .nan) - expected) < 1e-6)
        }
    }

    @Test
    func `time is watched between blocks`() throws {
        var limits = ServingLimits()
        limits.time = .zero
        let server = SampleServer([try SampleModel.flights()], limits: limits)
        let row = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]"
        let rows = Array(repeating: row, count: 300).joined(separator: ",")
        let late = server.post("/predict/batch", "{\"instances\":[\(rows)]}")
        #expect(late.status == 504)
        #expect(late.summary.outcome == .failed)
        #expect(late.summary.reason == "timeout")
        #expect(server.post("/invocations", "{\"instances\":[\(rows)]}").status == 504)
    }
}
