// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Models in process: ours beside ONNX Runtime, on one thread, one row and 1,000 rows a call.
///
///     InferenceBenchmark --onnxruntime PATH [--models DIR] [--rounds N]
///
/// Both take part in every round, one after the other, and every call has other rows. What counts is
/// the CPU time of the thread, since on a shared machine others' work would be measured otherwise.
@main
struct InferenceBenchmark {
    static let names = ["xgboost", "flights", "forest", "logistic"]

    static func main() throws {
        let arguments = InferenceArguments(CommandLine.arguments)
        print("model      rows a call     Kedge   ONNX Runtime   ratio   differ by")
        var version = ""
        for name in names {
            let contest = try Contest(name, arguments)
            for rows in [1, 1_000] {
                print(try contest.line(rowsPerCall: rows, rounds: arguments.rounds))
            }
            version = contest.runtime.version
        }
        print(
            "nanoseconds of CPU time a row, medians of \(arguments.rounds) rounds;",
            "ONNX Runtime \(version)"
        )
    }
}

struct InferenceArguments {
    var runtime = "libonnxruntime.so"
    var models = ".build/benchmark-models"
    var rounds = 21

    init(_ words: [String]) {
        for (name, value) in zip(words.dropFirst(), words.dropFirst(2)) {
            switch name {
            case "--onnxruntime": runtime = value
            case "--models": models = value
            case "--rounds": rounds = Int(value) ?? rounds
            default: continue
            }
        }
    }
}
