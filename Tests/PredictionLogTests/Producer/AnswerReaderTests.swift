// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

struct AnswerReaderTests {
    @Test(arguments: [
        (#"{"hello":{"seq":0}}"#, Answer.hello(0)),
        (#" {"hello" : {"later":[1,{}],"seq":17}, "later":null} "#, .hello(17)),
        (#"{"ack":9007199254740991}"#, .acknowledgement(9_007_199_254_740_991)),
        (#"{"later":{"ack":3},"ack":4}"#, .acknowledgement(4)),
    ])
    func `reads what a sidecar answers`(line: String, answer: Answer) {
        var reader = AnswerReader()
        #expect(reader.read(Array((line + "\n").utf8)) == [answer])
    }

    @Test(arguments: [
        #"{"error":{"code":"ack_unsupported","message":"no"}}"#,
        #"{"error":{"message":"no","more":[],"code":"ack_unsupported"}}"#,
    ])
    func `knows a sidecar without acknowledgements`(line: String) {
        var reader = AnswerReader()
        #expect(reader.read(Array((line + "\n").utf8)) == [.unsupported(line: line)])
    }

    @Test(arguments: [
        #"{"error":{"code":"other"}}"#, #"{"error":"text"}"#, #"{"error":{"code":7}}"#, "{}",
    ])
    func `takes anything else that is an object for a remark`(line: String) {
        var reader = AnswerReader()
        #expect(reader.read(Array((line + "\n").utf8)) == [.remark(line: line)])
    }

    @Test(arguments: [
        "", "no", "[]", "3", #"{"ack":}"#, #"{"ack":1.5}"#, #"{"ack":-1}"#, #"{"ack":"1"}"#,
        #"{"ack":null}"#, #"{"ack":1e300}"#, #"{"ack":1"#, #"{"ack":1}}"#, #"{"hello":{}}"#,
        #"{"hello":3}"#, #"{"hello":{"seq":true}}"#, "\u{0}",
    ])
    func `takes what no sidecar says for garbage`(line: String) {
        var reader = AnswerReader()
        #expect(reader.read(Array((line + "\n").utf8)) == [.garbage(line: line)])
    }

    @Test
    func `finds lines in pieces of any size`() {
        let text = "{\"hello\":{\"seq\":3}}\n{\"ack\":4}\n{\"ack\":50}\n"
        for size in 1...text.utf8.count {
            var reader = AnswerReader()
            var answers: [Answer] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                answers += reader.read(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(answers == [.hello(3), .acknowledgement(4), .acknowledgement(50)])
        }
    }

    @Test
    func `a line over the limit is garbage, ended or not, and is not told whole`() {
        let told = String(repeating: "x", count: AnswerReader.toldBytes)
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: AnswerReader.lineLimit)
        var reader = AnswerReader()
        #expect(reader.read(long) == [])
        #expect(reader.read([UInt8(ascii: "x")]) == [.garbage(line: told)])
        var other = AnswerReader()
        #expect(other.read(long + Array("x\n".utf8)) == [.garbage(line: told)])
    }
}
