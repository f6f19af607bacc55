// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// Whole records against Foundation's parser: every verdict and every value.
struct RecordDifferentialTests {
    static let oracle = RecordOracle(schemas: SampleRecord.schemas)

    /// Expects what the oracle makes of the bytes; the documented differences apart.
    static func expectOracle(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
        let lines = bytes.split(separator: 0x0A).map(Array.init)
        guard lines.allSatisfy(FoundationDifferences.isComparable),
            !lines.compactMap({ try? JSONTree($0) }).contains(where: FoundationDifferences.mayTake)
        else { return }
        var found = ScanOutcome([bytes], by: SampleRecord.schemas)
        for line in lines {
            do throws(ScanFault) {
                _ = try JSONTree(line)
            } catch {
                if FoundationDifferences.mayRefuse(line, error) { return }
            }
        }
        if found.hello != nil { return }
        found.faults = []
        found.unknownFeatures = []
        for reason in [RejectReason.invalidUTF8, .tooDeep] {
            guard let count = found.rejected.removeValue(forKey: reason) else { continue }
            found.rejected[.malformed, default: 0] += count
        }
        let expected = oracle.outcome(bytes)
        guard !found.isSame(as: expected) else { return }
        Issue.record("\(what()): \(found), not \(expected)")
    }

    @Test
    func `the sample itself`() {
        let line = SampleRecord.line + "\n"
        #expect(ScanOutcome(line, by: SampleRecord.schemas).rows == [[SampleRecord.row], []])
        Self.expectOracle(Array(line.utf8), "the sample")
    }

    @Test
    func `every truncation`() {
        let line = Array(SampleRecord.line.utf8)
        for length in 0..<line.count {
            Self.expectOracle(Array(line[..<length]) + [0x0A], "cut to \(length) bytes")
            Self.expectOracle(Array(line[..<length]), "ended after \(length) bytes")
        }
    }

    @Test
    func `every flipped bit`() {
        let line = Array((SampleRecord.line + "\n").utf8)
        for index in line.indices {
            for bit in 0..<8 {
                var damaged = line
                damaged[index] ^= 1 << UInt8(bit)
                Self.expectOracle(damaged, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test
    func `every byte replaced by one that means something`() {
        let line = Array((SampleRecord.line + "\n").utf8)
        for index in line.indices {
            for byte in Array("{}[],:\"\\0-.etn \n\r".utf8) + [0x00, 0x80, 0xC3, 0xFF] {
                var damaged = line
                damaged[index] = byte
                Self.expectOracle(damaged, "byte \(index) as \(byte)")
            }
        }
    }

    @Test
    func `every byte removed or doubled`() {
        let line = Array((SampleRecord.line + "\n").utf8)
        for index in line.indices {
            var damaged = line
            damaged.remove(at: index)
            Self.expectOracle(damaged, "without byte \(index)")
            damaged = line
            damaged.insert(line[index], at: index)
            Self.expectOracle(damaged, "byte \(index) twice")
        }
    }

    @Test
    func `generated records in any order of keys, whole and damaged`() {
        var records = RecordTexts(seed: 1)
        var documents = JSONDocuments(seed: 1)
        for _ in 0..<1_500 {
            let lines = (0..<3).flatMap { _ in records.next() }
            Self.expectOracle(lines, String(decoding: lines, as: UTF8.self))
            let damaged = documents.damaged(lines)
            Self.expectOracle(damaged, String(decoding: damaged, as: UTF8.self))
        }
    }
}

extension ScanOutcome {
    /// Whether two outcomes are the same, numbers to within Foundation's error.
    fileprivate func isSame(as other: ScanOutcome) -> Bool {
        var left = self
        var right = other
        left.rows = []
        right.rows = []
        return left == right
            && rows.elementsEqual(other.rows) { left, right in
                left.elementsEqual(right) { left, right in
                    isClose(left.timestamp, right.timestamp)
                        && left.values.elementsEqual(right.values) { left, right in
                            guard case (.number(let left), .number(let right)) = (left, right)
                            else {
                                return left == right
                            }
                            return abs(left - right) <= 1e-9 * max(left.magnitude, right.magnitude)
                        }
                }
            }
    }
}

/// Generates records of the sample's schemas, their keys in any order.
private struct RecordTexts {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func next() -> [UInt8] {
        var members = [
            #""model":"delay""#,
            #""version":\#(pick([#""1""#, #""2""#, "1", "2", "2.0", "3", "null"]))"#,
        ]
        members.append(#""features":\#(features())"#)
        members.append(
            #""prediction":\#(pick(["0.5", "null", #""yes""#, #""no""#, "[1]", "true", "1"]))"#
        )
        if Bool.random(using: &random) {
            members.append(
                #""ts":\#(pick(["1370077200", "-1", #""2013-06-01T00:00:00Z""#, "null", "{}"]))"#
            )
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            members.append(#""outcome":\#(pick([#""ok""#, #""error""#, "null", "5"]))"#)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            members.append(#""other":{"features":{}}"#)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            members.remove(at: Int.random(in: 0..<members.count, using: &random))
        }
        members.shuffle(using: &random)
        let separator = pick([",", ", ", " ,\t"])
        return Array("{\(members.joined(separator: separator))}\(pick(["\n", "\r\n", " \n"]))".utf8)
    }

    private mutating func features() -> String {
        var members: [String] = []
        for name in ["dep_delay", "temp", "carrier", "plane_age", "late", "hour", "wind", "odd"]
        where Int.random(in: 0..<5, using: &random) > 0 {
            members.append("\(name)\":\(value())")
        }
        if Bool.random(using: &random) { members.shuffle(using: &random) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "[\((0..<6).map { _ in value() }.joined(separator: ","))]"
        case 1: return "[\((0..<3).map { _ in value() }.joined(separator: " , "))]"
        case 2: return pick(["null", "5", "[]", "{}", #""x""#])
        default: return "{\(members.map { "\"" + $0 }.joined(separator: ","))}"
        }
    }

    private mutating func value() -> String {
        pick([
            "1", "17", "-0.5", "9.5", "1e2", "true", "false", "null", #""US""#, #""UA""#,
            #""K\u00f6ln""#,
            #""Köln""#, #""""#, #""a category of more than sixteen bytes""#, "[1,2]", #"{"a":{}}"#,
            "0.1",
            "12345678901234567890123", "1.0", "17.0", #""17""#, "-17",
        ])
    }

    private mutating func pick(_ texts: [String]) -> String {
        texts[Int.random(in: 0..<texts.count, using: &random)]
    }
}
