// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Foundation
import PredictionLog
import Sidecar
import TestSupport
import Testing

struct ReferenceFileTests {
    @Test
    func `a reference is written legibly, a feature a line`() throws {
        let file = ReferenceFile(try SampleReference.odd())
        #expect(
            file.text == #"""
                {"format":1,"digest":"\#(file.digest)","model":"delay \"v\"","version":"1","rows":8,"features":[
                {"name":"tem\tp","kind":"numeric","resolution":"exact","distinct":6,"missing":2,"knots":["-Infinity",-1.5,0,5e-324,0.1,"Infinity"],"counts":[0,1,0,1,0,1,0,1,0,1,0,1,0]},
                {"name":"carrier","kind":"categorical","unseen":2,"missing":1,"categories":["","UA","é\\"],"counts":[1,3,1]},
                {"name":"prediction","kind":"numeric","resolution":4,"distinct":0,"missing":8,"knots":[],"counts":[0]}
                ]}

                """#
        )
        #expect(try JSONSerialization.jsonObject(with: Data(file.encoded())) is [String: Any])
    }

    @Test
    func `the digest is that of the canonical bytes`() throws {
        // Python: hashlib.sha256 over the bytes of `canonicalBytes()`, packed by hand with struct.
        let file = try ReferenceFile.small()
        #expect(
            file.digest == "sha256:"
                + "8bc1fdff1024aca559ec5641ac53ab7aa6b6db28031869d8017d44310cf8d0c7"
        )
    }

    @Test
    func `what is written reads back, and equal references are equal files`() throws {
        let file = ReferenceFile(try SampleReference.odd())
        let read = try decode(file.encoded())
        #expect(read == file)
        #expect(ReferenceFile.encode(read.reference) == file.encoded())
    }

    @Test
    func `the order of keys and blanks do not matter`() throws {
        let file = try ReferenceFile.small()
        let text = """
            { "format" : 1, "features": [ {"counts":[1], "missing":0, "categories":["a"],
              "unseen":0, "kind":"categorical", "name":"x"} ], "rows": 1, "version": "1", "model": "m",
              "digest": "\(file.digest)" }
            """
        #expect(try decode(Array(text.utf8)) == file)
    }

    @Test(arguments: [0, 10, 100, 300])
    func `a built reference of any size reads back`(rows: Int) throws {
        var random = SeededGenerator(seed: UInt64(rows))
        let numbers = (0...rows).map { _ in
            Bool.random(using: &random) ? Double.random(in: -1...1, using: &random) : .nan
        }
        let texts = (0...rows).map { _ in
            Bool.random(using: &random) ? String(UInt8.random(in: 0...40, using: &random)) : nil
        }
        let reference = try Reference(
            model: "m",
            version: "2",
            rows: rows + 1,
            features: [
                FeatureReference(
                    name: "n",
                    distribution: .numeric(try NumericReference(numbers, resolution: .knots(16)))
                ),
                FeatureReference(
                    name: "c",
                    distribution: .categorical(try CategoricalReference(texts, foldBelow: 3))
                ),
            ]
        )
        let bytes = ReferenceFile.encode(reference)
        #expect(try decode(bytes).reference == reference)
    }

    /// A piece of the small file, what stands there instead, and the message.
    static let faults: [(String, String, String)] = [
        (#"{"format":1"#, #"[{"format":1"#, "expected an object, found '[' at byte 0"),
        (#""format":1,"#, "", "no reference file: expected \"format\" first, before byte 10"),
        (#""format":1"#, #""format":2"#, "format 2; this version of kedge reads format 1"),
        (#""format":1"#, #""format":"1""#, "expected a number, found '\"' at byte 10"),
        (#""rows":1"#, #""rows":1.5"#, "expected a whole number, found '1' at byte 128"),
        (#""rows":1"#, #""rows":1,"rows":1"#, "second \"rows\" before byte 137"),
        (#""rows":1,"#, "", "no \"rows\" in the object before byte 225"),
        (#""rows":1"#, #""rows":2"#, "the counts of 'x' add up to 1 rows, the reference has 2"),
        (#""rows":1"#, #""lines":1"#, "unknown key \"lines\" before byte 129"),
        (#""model":"m""#, #""model":"""#, "the model has no name"),
        (
            #"["a"]"#, #"["a","a"]"#,
            "feature \"x\", before byte 235: "
                + "category 1 does not come after the category before it, by UTF-8 bytes"
        ),
        (
            #""counts":[1]"#, #""counts":[-1]"#,
            "expected a number of rows for \"counts\" before byte 230"
        ),
        (#""unseen":0"#, #""distinct":0"#, "unknown key \"distinct\" before byte 233"),
        (
            #""categorical""#, #""ordinal""#,
            "expected numeric or categorical for \"kind\" before byte 171"
        ),
        ("\n]}\n", "\n]}}\n", "expected nothing more, found '}' at byte 234"),
    ]

    @Test(arguments: faults)
    func `a fault says where it is and what is expected`(
        piece: String,
        instead: String,
        message: String
    ) throws {
        let text = try ReferenceFile.small().text
        let damaged = text.replacing(piece, with: instead, maxReplacements: 1)
        #expect(damaged != text)
        let error = #expect(throws: ReferenceFileError.self) {
            try decode(Array(damaged.utf8))
        }
        #expect(error?.description == message)
    }

    @Test
    func `another content than the digest's is refused`() throws {
        let (file, other) = (try ReferenceFile.small(), try ReferenceFile.small("n"))
        let text = file.text.replacing(#""model":"m""#, with: #""model":"n""#)
        #expect(throws: ReferenceFileError.digest(found: file.digest, expected: other.digest)) {
            try decode(Array(text.utf8))
        }
    }

    @Test
    func `more than a limit is refused where it begins`() throws {
        let bytes = ReferenceFile.encode(try SampleReference.odd())
        let tooMany: (ReferenceFile.Limits) -> ReferenceFileError? = { limits in
            #expect(throws: ReferenceFileError.self) {
                try decode(bytes, limits: limits)
            }
        }
        #expect(tooMany(.init(bytes: 9)) == .tooMany(.bytes, limit: 9, offset: 9))
        for (limits, item, limit) in [
            (ReferenceFile.Limits(features: 2), ReferenceFileError.Item.features, 2),
            (.init(knots: 5), .knots, 5), (.init(categories: 2), .categories, 2),
        ] {
            guard case .tooMany(let found, limit, _)? = tooMany(limits) else {
                Issue.record("no fault at \(limits)")
                continue
            }
            #expect(found == item)
        }
        let exact = ReferenceFile.Limits(bytes: bytes.count, features: 3, knots: 6, categories: 3)
        #expect(throws: Never.self) { try decode(bytes, limits: exact) }
    }

    @Test
    func `every truncation is refused`() throws {
        let bytes = ReferenceFile.encode(try SampleReference.odd())
        for count in 0..<(bytes.count - 1) {
            #expect(throws: ReferenceFileError.self) {
                try decode(Array(bytes[..<count]))
            }
        }
    }

    @Test
    func `every flipped bit is refused or means the same`() throws {
        let reference = try SampleReference.odd()
        let bytes = ReferenceFile.encode(reference)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                guard let file = try? decode(damaged) else { continue }
                #expect(file.reference == reference)
            }
        }
    }

    @Test
    func `damaged content behind a right digest is refused or is a sound reference`() throws {
        let bytes = ReferenceFile.encode(try SampleReference.odd())
        let tokens = [
            "-", "0", "1", "9", "1e308", "null", "\"\"", "[]", "{}", ",", "NaN",
            "18446744073709551615",
        ]
        var random = SeededGenerator(seed: 3)
        for _ in 0..<1_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let start = Int.random(in: 0..<damaged.count, using: &random)
                let end = min(damaged.count, start + Int.random(in: 0...2, using: &random))
                let token = tokens.randomElement(using: &random) ?? ""
                damaged.replaceSubrange(start..<end, with: Array(token.utf8))
            }
            do {
                _ = try decode(damaged)
            } catch .digest(let found, let expected) {
                // Sound but for the digest: with the right one it reads, and reads back.
                let text = String(decoding: damaged, as: UTF8.self)
                let mended = Array(text.replacing(found, with: expected).utf8)
                let file = try decode(mended)
                #expect(try decode(file.encoded()) == file)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }

    private func decode(
        _ bytes: [UInt8],
        limits: ReferenceFile.Limits = ReferenceFile.Limits()
    ) throws(ReferenceFileError) -> ReferenceFile {
        try ReferenceFile(decoding: bytes.span, limits: limits)
    }
}
