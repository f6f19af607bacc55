// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// Whatever is done to a good body, the answer is one that the document names, and JSON.
struct MutationTests {
    private static let row = "[-4,10.5,628,39.92,40.72,20.7,0,10,1012.1,null]"

    static let bodies: [(path: String, body: String)] = [
        ("/predict", #"{"features":\#(row),"id":"a\u00e9","ts":1.5,"model":"delay"}"#),
        ("/predict", #"{"features":{"dep_delay":-4,"temp":1e2,"x":"\ud83d\ude00"},"version":"1"}"#),
        ("/predict/batch", #"{"instances":[\#(row),{"features":\#(row),"id":"b"},{"temp":true}]}"#),
        (
            "/v2/models/delay/infer",
            #"{"id":"q","inputs":[{"name":"features","shape":[1,10],"datatype":"FP32","data":\#(row)}]}"#
        ),
        ("/invocations", #"{"dataframe_split":{"columns":["temp","a"],"data":[[1,2],[3,null]]}}"#),
        ("/invocations", #"{"inputs":{"temp":[1,2],"humid":[3,4]},"params":{}}"#),
        ("/v1/models/delay:predict", #"{"signature_name":"s","instances":[\#(row)]}"#),
        ("/v2/repository/index", #"{"ready":true}"#),
    ]

    @Test(arguments: bodies)
    func `any mutation of a body is answered`(path: String, body: String) throws {
        let server = SampleServer([try SampleModel.flights()])
        var random = SeededGenerator(seed: UInt64(body.utf8.count))
        let good = Array(body.utf8)
        let alphabet = Array(#"{}[]",:0123456789-+.eE\untrufalsNIy "#.utf8) + [0, 0x0A, 0x80, 0xFF]
        for _ in 0..<500 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
                case 3: bytes.removeLast(bytes.count - place)
                default:
                    let end = min(place + 8, bytes.count)
                    bytes.insert(contentsOf: bytes[place..<end], at: place)
                }
            }
            let reply = server.ask("POST", path, bytes)
            let isExpected = [200, 400, 404, 422].contains(reply.status)
            #expect(isExpected, "\(reply.status) \(reply.text) to \(bytes)")
            #expect((try? reply.json) != nil, "no JSON: \(reply.text)")
        }
        for line in server.takeLines() { #expect((try? JSONValue(line)) != nil, "\(line)") }
    }

    @Test
    func `any bytes in a binary request are answered`() throws {
        let server = SampleServer([try SampleModel.flights()])
        var random = SeededGenerator(seed: 7)
        let json = Array(
            #"{"inputs":[{"name":"features","shape":[1,10],"datatype":"FP32","parameters":{"binary_data_size":40}}]}"#
                .utf8
        )
        for _ in 0..<500 {
            var bytes = json
            for _ in 0..<Int.random(in: 38...42, using: &random) {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            }
            if Bool.random(using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            let length = json.count + Int.random(in: -2...2, using: &random)
            let reply = server.ask("POST", "/v2/models/delay/infer", bytes) { head in
                head.inferenceHeaderLength = length.description
            }
            #expect([200, 400].contains(reply.status), "\(reply.status) \(reply.text)")
        }
    }
}
