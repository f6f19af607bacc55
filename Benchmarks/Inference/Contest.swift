// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import Foundation
import Glibc
import Inference

/// One model in both engines, and rows for it.
final class Contest {
    private let name: String
    private let model: Model
    private var workspace: Workspace
    let runtime: RuntimeModel
    private let rows: [Float]
    private let width: Int
    private let output: Int
    private let outputWidth: Int
    private var scores: [Float]
    private var theirScores: [Float]

    /// Opens a model of the folder that `make_models.py` has filled.
    init(_ name: String, _ arguments: InferenceArguments) throws {
        self.name = name
        let folder = URL(filePath: arguments.models)
        let file = folder.appending(path: "\(name).onnx")
        let bytes = [UInt8](try Data(contentsOf: file))
        let model = try Model(onnx: bytes.span)
        self.model = model
        workspace = Workspace(for: model)
        runtime = try RuntimeModel(library: arguments.runtime, file: file.path)
        let values = [UInt8](try Data(contentsOf: folder.appending(path: "\(name).rows")))
        rows = stride(from: 0, to: values.count, by: 4).map { start in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(values[start + $1]) << (8 * $1) }
            return Float(bitPattern: bits)
        }
        width = model.inputs[0].width
        // A classifier's label comes before its probabilities.
        output = model.outputs.count - 1
        outputWidth = model.outputs[output].width ?? 1
        scores = [Float](repeating: 0, count: rows.count / width * outputWidth)
        theirScores = scores
    }

    /// Lets both score all rows in every round, and tells what it took.
    func line(rowsPerCall: Int, rounds: Int) throws -> String {
        var (mine, theirs): ([Double], [Double]) = ([], [])
        for round in 0..<rounds {
            if round % 2 == 0 { mine.append(try scoreHere(rowsPerCall)) }
            theirs.append(try scoreThere(rowsPerCall))
            if round % 2 == 1 { mine.append(try scoreHere(rowsPerCall)) }
        }
        let difference = zip(scores, theirScores).reduce(0) { max($0, abs($1.0 - $1.1)) }
        let (here, there) = (median(mine), median(theirs))
        let columns = [
            name.padding(toLength: 10, withPad: " ", startingAt: 0),
            Self.right("\(rowsPerCall)", 12),
            Self.right(fixed(here, 0), 10),
            Self.right(fixed(there, 0), 15),
            Self.right(fixed(there / here, 1), 8),
            Self.right("\(difference)", 12),
        ]
        return columns.joined()
    }

    private func scoreHere(_ rowsPerCall: Int) throws -> Double {
        var (workspace, scores) = (workspace, scores)
        // A server parses a request straight into the workspace.
        let inputs = (0..<calls(of: rowsPerCall)).map { call in
            Array(rows[scaled(call * rowsPerCall..<(call + 1) * rowsPerCall, width)])
        }
        let start = cpuTime()
        for call in 0..<calls(of: rowsPerCall) {
            let called = call * rowsPerCall..<(call + 1) * rowsPerCall
            workspace.inputs[0].floats = inputs[call]
            try model.run(rows: rowsPerCall, in: &workspace)
            var all = scores.mutableSpan
            var found = all._mutatingExtracting(scaled(called, outputWidth))
            let output = workspace.outputs[output].floats
            for index in found.indices { found[index] = output[index] }
        }
        let time = cpuTime() - start
        (self.workspace, self.scores) = (workspace, scores)
        return time / Double(calls(of: rowsPerCall) * rowsPerCall)
    }

    private func scoreThere(_ rowsPerCall: Int) throws -> Double {
        let rows = rows
        var scores = theirScores
        let start = cpuTime()
        for call in 0..<calls(of: rowsPerCall) {
            let called = call * rowsPerCall..<(call + 1) * rowsPerCall
            var all = scores.mutableSpan
            var found = all._mutatingExtracting(scaled(called, outputWidth))
            let input = rows.span.extracting(scaled(called, width))
            try runtime.run(input, rows: rowsPerCall, into: &found)
        }
        let time = cpuTime() - start
        theirScores = scores
        return time / Double(calls(of: rowsPerCall) * rowsPerCall)
    }

    private func scaled(_ rows: Range<Int>, _ width: Int) -> Range<Int> {
        rows.lowerBound * width..<rows.upperBound * width
    }

    private func calls(of rowsPerCall: Int) -> Int { rows.count / width / rowsPerCall }

    private func cpuTime() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
