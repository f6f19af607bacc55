// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// `/invocations` of MLflow and SageMaker, and the older `:predict`.
struct InvocationsTests {
    private static let row = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,10]"
    private static let names = SampleModel.flightNames.map { "\"\($0)\"" }.joined(separator: ",")

    private static func columns(_ count: Int) -> String {
        let values = row.dropFirst().dropLast().split(separator: ",")
        return zip(SampleModel.flightNames, values).map { name, value in
            "\"\(name)\":[\(Array(repeating: String(value), count: count).joined(separator: ","))]"
        }.joined(separator: ",")
    }

    static let good: [String] = [
        #"{"instances":[\#(row),\#(row)]}"#,
        #"{"inputs":[\#(row),\#(row)],"params":{"a":1}}"#,
        #"{"inputs":{\#(columns(2))}}"#,
        #"{"dataframe_split":{"columns":[\#(names)],"index":[0,1],"data":[\#(row),\#(row)]}}"#,
        #"{"dataframe_split":{"data":[\#(row),\#(row)]}}"#,
        #"{"dataframe_split":{"data":[\#(row),\#(row)],"columns":[\#(names)]},"params":null}"#,
    ]

    @Test(arguments: good)
    func `each form gives a prediction a row`(body: String) throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/invocations", body)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try reply.json == .object(["predictions": .array([.number(0), .number(0)])]))
        #expect(server.takeLines().count == 2)
    }

    @Test
    func `records, and columns in another order with one more`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let values = Self.row.dropFirst().dropLast().split(separator: ",").map(String.init)
        let pairs = zip(SampleModel.flightNames, values).reversed().map { "\"\($0)\":\($1)" }
        let records = #"{"dataframe_records":[{\#(pairs.joined(separator: ",")),"carrier":"UA"}]}"#
        #expect(server.post("/invocations", records).status == 200)
        let names = SampleModel.flightNames.reversed().map { "\"\($0)\"" }.joined(separator: ",")
        let data = values.reversed().joined(separator: ",")
        let split =
            #"{"dataframe_split":{"columns":["carrier",\#(names)],"data":[["UA",\#(data)]]}}"#
        #expect(server.post("/invocations", split).status == 200)
        let lines = server.takeLines()
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.contains(#""carrier":"UA""#) })
    }

    @Test(arguments: [
        "[]", "3", "", "{}", #"{"params":{}}"#, #"{"instances":[[1]],"inputs":[[1]]}"#,
        #"{"instances":[]}"#, #"{"instances":{}}"#, #"{"instances":[[1]]}"#, #"{"inputs":3}"#,
        #"{"dataframe_split":[]}"#, #"{"dataframe_split":{}}"#,
        #"{"dataframe_split":{"columns":["temp"],"data":[[1,2]]}}"#,
        #"{"dataframe_split":{"columns":["temp"],"data":[[1]]}}"#,
        #"{"dataframe_split":{"columns":[1],"data":[[1]]}}"#,
        #"{"inputs":{"temp":[1,2],"humid":[1]}}"#, #"{"inputs":{}}"#, #"{"inputs":{"temp":1}}"#,
        #"{"dataframe_records":[{"temp":"x"}]}"#, "{",
    ])
    func `what does not fit is MLflow's 400`(body: String) throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/invocations", body)
        #expect(reply.status == 400, "\(reply.text)")
        #expect(try reply.json["error_code"] == .string("BAD_REQUEST"))
        #expect(try reply.json["message"]?.string?.isEmpty == false)
    }

    @Test(
        arguments: [
            ("application/json", 200), ("application/json; charset=utf-8", 200), (nil, 200),
            ("application/json; charset=latin-1", 415), ("application/json; profile=x", 415),
            ("application/vnd.apache.parquet", 415), ("text/plain", 415),
        ] as [(String?, Int)]
    )
    func `content types`(type: String?, status: Int) throws {
        let server = SampleServer([try SampleModel.flights()])
        let reply = server.post("/invocations", Self.good[0]) { $0.contentType = type }
        #expect(reply.status == status)
        if status == 415 { #expect(reply.answer.contentType?.hasPrefix("text/plain") == true) }
    }

    @Test
    func `CSV with a header, in any order, and without one`() throws {
        let server = SampleServer([try SampleModel.flights()])
        func ask(_ body: String) -> Reply {
            server.post("/invocations", body) { $0.contentType = "text/csv" }
        }
        let values = Self.row.dropFirst().dropLast()
        let headed = "\(SampleModel.flightNames.joined(separator: ",")),carrier\n\(values),UA\n"
        #expect(try ask(headed).json["predictions"]?.elements.count == 1, "\(ask(headed).text)")
        #expect(try ask("\(values)\r\n\(values)").json["predictions"]?.elements.count == 2)
        #expect(ask(values.replacing("39.92", with: "") + "\n").status == 200)
        #expect(ask(values.replacing("39.92", with: " +39.92") + "\n").status == 200)
        let lines = server.takeLines()
        #expect(lines[0].contains(#""carrier":"UA""#))
        #expect(lines.contains { $0.contains(#""temp":null"#) })
        for body in [
            "", "\n", "temp\n1\n", "temp,humid\n1\n", "\"temp\n", "temp\n", "\(values),1\n",
            values.replacing("39.92", with: "x") + "\n1\n",
        ] {
            #expect(ask(body).status == 400, "\(body)")
        }
        let text = headed.replacing("39.92", with: "warm")
        #expect(ask(text).text.contains("temp"))
        #expect(ask(text).status == 400)
    }

    @Test
    func `a category of CSV stays as it is spelt`() throws {
        let mixed = try SampleModel.mixed()
        let server = SampleServer([mixed])
        let names = mixed.features.map(\.name).joined(separator: ",")
        let values = mixed.features.map { $0.kind == .categorical ? "007" : "1" }
        let reply = server.post("/invocations", "\(names)\n\(values.joined(separator: ","))\n") {
            $0.contentType = "text/csv"
        }
        #expect(reply.status == 200, "\(reply.text)")
        #expect(server.takeLines()[0].contains(#":"007""#))
    }

    @Test
    func `names of columns are bounded, as each row repeats them`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let name = String(repeating: "x", count: 70_000)
        let body = #"{"dataframe_split":{"columns":["\#(name)"],"data":[[1]]}}"#
        #expect(server.post("/invocations", body).status == 400)
    }

    @Test
    func `the older protocol predicts, and tells of its models`() throws {
        let server = SampleServer([try SampleModel.flights()])
        let body = #"{"signature_name":"x","instances":[\#(Self.row)]}"#
        for path in ["/v1/models/delay:predict", "/v1/models/delay/versions/1:predict"] {
            let reply = server.post(path, body)
            #expect(try reply.json == .object(["predictions": .array([.number(0)])]))
        }
        #expect(server.post("/v1/models/nix:predict", body).status == 404)
        #expect(server.post("/v1/models/delay/versions/2:predict", body).status == 404)
        #expect(server.post("/v1/models/delay:predict", "{}").status == 400)
        let model = try server.get("/v1/models/delay").json
        #expect(model["ready"] == .boolean(true))
        #expect(model["model_version_status"]?[0]?["state"] == .string("AVAILABLE"))
        #expect(server.get("/v1/models/delay/versions/1").status == 200)
        #expect(try server.get("/v1/models").json["models"] == .array([.string("delay")]))
        #expect(try server.get("/v1/models/nix").json["error"]?.string != nil)
    }
}
