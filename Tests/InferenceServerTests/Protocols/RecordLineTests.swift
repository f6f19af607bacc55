// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import PredictionLog
import TestSupport
import Testing

/// What is logged of requests: read back by the scanner that the sidecar uses.
struct RecordLineTests {
    private static let schema = RecordSchema(
        model: "delay",
        version: "1",
        features: SampleModel.flightNames.map { RecordSchema.Column(name: $0, kind: .numeric) },
        prediction: .numeric
    )

    /// The rows that the sidecar would count, and what it says of the lines.
    private static func scan(_ lines: [String]) -> (rows: [[Double]], tally: IntakeTally) {
        var intake = Intake(catalog: SchemaCatalog([schema]), batchCapacity: 1_000)
        var scanner = RecordScanner()
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        _ = scanner.scan(bytes.span, into: &intake)
        let batch = intake.batches[0]
        let rows = (0..<batch.rows).map { row in
            (0..<batch.columnCount).map { batch.numbers[$0 * batch.capacity + row] }
        }
        return (rows, intake.takeTally())
    }

    private static func server() throws -> SampleServer {
        SampleServer([try SampleModel.flights()])
    }

    @Test
    func `the sidecar reads the doubles that were sent, by every protocol`() throws {
        let server = try Self.server()
        let sample = try SampleRows()
        let rows = sample.rows.prefix(60)
        for row in rows {
            #expect(
                server.post("/predict", "{\"features\":\(SampleRows.array(row))}").status == 200
            )
        }
        let objects = rows.map { SampleRows.object($0, order: $0.indices.reversed()) }
        let batch = "{\"instances\":[\(objects.joined(separator: ", \n "))]}"
        #expect(server.post("/predict/batch", batch).status == 200)
        let arrays = rows.map(SampleRows.array).joined(separator: ",")
        #expect(server.post("/invocations", "{\"instances\":[\(arrays)]}").status == 200)
        let tensor =
            #"{"inputs":[{"name":"features","shape":[60,10],"datatype":"FP64","data":[\#(arrays)]}]}"#
        #expect(server.post("/v2/models/delay/infer", tensor).status == 200)
        let (found, tally) = Self.scan(server.takeLines())
        #expect(found.count == 240)
        #expect(tally.schemas[0].records == 240)
        #expect(tally.schemas[0].invalidValues == 0)
        #expect(tally.schemas[0].unknownFeatures == 0)
        for (index, values) in found.enumerated() {
            let sent = rows[index % 60]
            for (value, expected) in zip(values, sent) {
                #expect(value.isNaN ? expected == nil : value == expected)
            }
            #expect(abs(values[10] - sample.probabilities[index % 60]) < 1e-6)
        }
    }

    @Test
    func `an object is copied as it stands, an array is named`() throws {
        let server = try Self.server()
        let object = SampleRows.object([-4, 10.50, 6.28e2, 39.92, 40.72, 20.7, 0, 10, 1012.1, nil])
        let members = object.dropLast().replacing("6.28", with: "6.280")
        let body =
            "{\"features\":\(members) ,\n\"carrier\":\"U\\u0041\" },\"id\":\"f\\\"1\",\"ts\":12.250}"
        #expect(server.post("/predict", body).status == 200)
        let line = try #require(server.takeLines().first)
        #expect(line.contains("\"features\":\(members) , \"carrier\":\"U\\u0041\" }"))
        #expect(
            line.hasPrefix(#"{"model":"delay","version":"1","ts":12.250,"id":"f\"1","features":"#)
        )
        #expect(try JSONValue(line)["latency"]?.number.map { $0 > 0 && $0 < 60 } == true)
        let array = #"{"features":[-4,10.50,628,39.92,40.72,20.7,-0.0,true,1012.1,null]}"#
        #expect(server.post("/predict", array).status == 200)
        let named = try #require(server.takeLines().first)
        #expect(named.contains(#""ts":1764136499.250000,"features":{"dep_delay":-4,"#))
        #expect(named.contains(#""sched_dep_hour":10.50,"distance":628,"#))
        #expect(named.contains(#""precip":-0.0,"visib":true,"pressure":1012.1,"plane_age":null}"#))
    }

    @Test
    func `rows of a batch have their own time and id`() throws {
        let server = try Self.server()
        let row = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]"
        let body =
            #"{"instances":[{"ts":"2013-06-01T09:00:00Z","features":\#(row),"id":"a"},{"features":\#(row)},\#(row)]}"#
        #expect(server.post("/predict/batch", body).status == 200)
        let lines = server.takeLines()
        #expect(lines.count == 3)
        #expect(lines[0].contains(#""ts":"2013-06-01T09:00:00Z","id":"a","features":{"#))
        #expect(lines[1].contains(#""ts":1764136499.250000,"features":{"#))
        #expect(Self.scan(lines).rows.count == 3)
    }

    @Test
    func `binary tensors are logged by the shortest text of their own type`() throws {
        let server = try Self.server()
        let values: [Float] = [0.1, 10.5, 628, 39.92, 40.72, 20.7, .nan, 10, 1012.1, 1e-20]
        let blob = values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
        }
        let reply = server.ask("POST", "/v2/models/delay/infer", blob) {
            $0.inferenceHeaderLength = "0"
        }
        #expect(reply.status == 200)
        let line = try #require(server.takeLines().first)
        #expect(line.contains(#""dep_delay":0.1,"sched_dep_hour":10.5,"distance":628,"#))
        #expect(line.contains(#""precip":null"#))
        #expect(line.contains(#""plane_age":1e-20"#))
    }

    @Test
    func `what is logged as the prediction is the model's choice`() throws {
        let label = SampleServer([try SampleModel.matrix("logistic-4-class", logged: .label)])
        #expect(label.post("/predict", #"{"features":[1,2,3,4,5,6]}"#).status == 200)
        let line = try JSONValue(try #require(label.takeLines().first))
        #expect(line["prediction"]?.number.map { (0..<4).contains($0) } == true)
        let value = SampleServer([try SampleModel.matrix("linear-regression", logged: .value)])
        let reply = value.post("/predict", #"{"features":[1,2,3,4,5,6]}"#)
        let logged = try JSONValue(try #require(value.takeLines().first))
        #expect(try logged["prediction"] == reply.json["prediction"])
    }

    @Test
    func `refused and failed requests are logged by their outcome, without features`() throws {
        var limits = ServingLimits()
        limits.time = .zero
        let server = SampleServer([try SampleModel.flights()], limits: limits)
        #expect(server.post("/predict", #"{"features":[1]}"#).status == 422)
        let row = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]"
        #expect(server.post("/predict/batch", "{\"instances\":[\(row),\(row)]}").status == 504)
        #expect(server.post("/v2/models/nix/infer", "{}").status == 404)
        let lines = server.takeLines()
        #expect(lines.count == 2)
        #expect(lines[0].contains(#""features":{},"#))
        #expect(try JSONValue(lines[0])["outcome"] == .string("rejected"))
        #expect(try JSONValue(lines[1])["outcome"] == .string("failed"))
        let tally = Self.scan(lines).tally
        #expect(tally.schemas[0].failed == 2)
    }

    @Test
    func `a line stays within the sidecar's limit`() throws {
        let server = try Self.server()
        let row = SampleRows.object([-4, 10, 628, 39.92, 40.72, 20.7, 0, 10, 1012.1, 10])
        let long = String(repeating: "x", count: 70_000)
        let body = "{\"features\":\(row.dropLast()),\"note\":\"\(long)\"},\"id\":\"\(long)\"}"
        #expect(server.post("/predict", body).status == 200)
        let lines = server.takeLines()
        #expect(lines.count == 1)
        #expect(!lines[0].contains("note"))
        #expect(!lines[0].contains("\"id\""))
        #expect(
            Self.scan(lines).rows == [
                [-4, 10, 628, 39.92, 40.72, 20.7, 0, 10, 1012.1, 10]
                    .map { Double($0) } + [Self.scan(lines).rows[0][10]]
            ]
        )
        // Numbers may be spelt at any length, and are then too long even by themselves.
        let digits = "1." + String(repeating: "0", count: 70_000)
        let wide = row.replacing("39.92", with: digits)
        #expect(server.post("/predict", "{\"features\":\(wide)}").status == 200)
        #expect(server.takeLines().isEmpty)
        #expect(server.queue.counts.dropped == 1)
    }

    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e473\"-00f067aa0ba902b7-01", false), ("", false),
    ])
    func `a valid trace is in the line`(traceparent: String, isValid: Bool) throws {
        let server = try Self.server()
        _ = server.post("/predict", SampleRows.features) { $0.traceparent = traceparent }
        let line = try JSONValue(try #require(server.takeLines().first))
        let expected: JSONValue? =
            isValid ? .string("4bf92f3577b34da6a3ce929d0e0e4736") : nil
        #expect(line["trace_id"] == expected)
    }
}
