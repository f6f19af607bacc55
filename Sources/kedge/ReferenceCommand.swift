// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DriftStatistics
import Hosting
import PredictionLog
import Sidecar

/// `kedge reference`: what the traffic is compared with.
struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Build a reference distribution from training data, look at one, or promote it.",
        subcommands: [Build.self, Show.self, Promote.self, List.self]
    )
}

extension ReferenceCommand {
    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build a reference from CSV or NDJSON.",
            discussion: """
                A column is numeric when every cell that is not missing is a number or a boolean, \
                else categorical. The same rows in any order give the same file, byte for byte.
                """
        )

        @OptionGroup
        var table: TableArguments

        @Option(help: "The model that the reference belongs to.")
        var model: String

        @Option(help: "The version of the model.")
        var version: String

        @Option(help: "The column that holds the model's prediction.")
        var prediction: String?

        @Option(help: "Columns that are no features, separated by commas; may be repeated.")
        var ignore: [String] = []

        @Option(help: "The kind of a column, NAME=numeric or NAME=categorical; may be repeated.")
        var kind: [KindArgument] = []

        @Option(help: "The number of knots of a numeric feature, or 'exact' for every value.")
        var resolution = Resolution.knots(1_024)

        @Option(help: "Fold categories with fewer rows than this into 'unseen'.")
        var foldRare = 0

        @Option(
            help: "A column to round to single precision, as its producer logs it; may be repeated."
        )
        var float32: [String] = []

        @Option(help: "Where to write the reference; '-' is standard output.")
        var output: String

        mutating func validate() throws {
            guard foldRare >= 0 else {
                throw ValidationError("--fold-rare must not be negative")
            }
        }

        func run() throws {
            var source = try table.open()
            var training = TrainingTable()
            while let rows = try source.next() { training.append(rows, columns: source.columns) }
            let (reference, features) = try build(training, format: source.format ?? .csv)
            let file = ReferenceFile.encode(reference)
            if output == "-" {
                Terminal.output(file)
            } else {
                try AtomicFile.write(file, to: output)
            }
            Terminal.note(
                BuildSummary.text(of: reference, features, failedRows: training.failedRows)
            )
        }

        private func build(
            _ training: TrainingTable,
            format: TableReader.Format
        ) throws -> (reference: Reference, features: [BuiltFeature]) {
            do {
                return try recipe.build(from: training, format: format)
            } catch {
                throw UnusableTable(path: table.input, reason: error)
            }
        }

        private var recipe: ReferenceRecipe {
            ReferenceRecipe(
                model: model,
                version: version,
                prediction: prediction,
                ignored: Set(ignore.flatMap { $0.split(separator: ",").map(String.init) }),
                kinds: Dictionary(kind.map { ($0.name, $0.kind) }) { $1 },
                resolution: resolution,
                minimumCategoryRows: foldRare,
                float32: Set(float32)
            )
        }
    }

    struct Show: ParsableCommand {
        enum Format: String, CaseIterable, ExpressibleByArgument {
            case text, json
        }

        static let configuration = CommandConfiguration(
            abstract: "Print a reference readably, with small histograms."
        )

        @Argument(help: "The reference file.")
        var file: String

        @Option(help: "text or json.")
        var format = Format.text

        func run() throws {
            let (reference, digest) = try ReferenceFile.load(file)
            switch format {
            case .text: Terminal.output(ReferencePicture.text(of: reference, digest: digest))
            case .json: Terminal.output(ReferencePicture.json(of: reference, digest: digest))
            }
        }
    }
}

/// A table that no reference can be built from.
struct UnusableTable: Error, CustomStringConvertible {
    let path: String
    let reason: ReferenceRecipeError

    var description: String { "\(path): \(reason)" }
}

/// A column's kind as the command line says it: `carrier=categorical`.
struct KindArgument: ExpressibleByArgument {
    let name: String
    let kind: FeatureKind

    init?(argument: String) {
        // The name may hold an equals sign, the kind may not.
        guard let mark = argument.lastIndex(of: "="), mark > argument.startIndex else { return nil }
        guard let kind = FeatureKind(rawValue: String(argument[argument.index(after: mark)...]))
        else { return nil }
        name = String(argument[..<mark])
        self.kind = kind
    }
}

extension Resolution: ExpressibleByArgument {
    /// `exact`, or a number of knots ≥ 1.
    package init?(argument: String) {
        if argument == "exact" {
            self = .exact
        } else if let knots = Int(argument), knots >= 1 {
            self = .knots(knots)
        } else {
            return nil
        }
    }

    package var defaultValueDescription: String {
        switch self {
        case .exact: "exact"
        case .knots(let count): String(count)
        }
    }
}
