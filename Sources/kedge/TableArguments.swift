// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hosting
import PredictionLog
import Sidecar

/// The options of every command that reads a table.
struct TableArguments: ParsableArguments {
    @Option(help: "A CSV or NDJSON file, gzipped or not; '-' is standard input.")
    var input: String

    @Option(
        help: """
            A spelling of a missing CSV cell, in place of the usual ones (empty, NA, NaN, null, …); \
            may be repeated.
            """
    )
    var missing: [String] = []

    /// Opens the table; `featureNames` names the features of records that give an array.
    func open(featureNames: [String]? = nil) throws(TableSourceError) -> TableSource {
        let tokens = missing.isEmpty ? MissingTokens.standard : MissingTokens(missing)
        let options = TableReader.Options(missing: tokens, featureNames: featureNames)
        return try TableSource(path: input, options: options)
    }
}
