// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// The flights example: references built once a test run, and pieces of its streams.
package enum Flights {
    package static let directory = Fixture.url("flights")
    package static let referenceCSV = directory.appending(path: "reference.csv.gz")

    package static func stream(_ name: String) -> URL {
        directory.appending(path: "stream-\(name).csv.gz")
    }

    /// A reference at 1,024 knots.
    package static func reference() throws -> String { try Self.standard.get() }

    /// A reference at 1,024 knots for version 2 of the model.
    package static func secondReference() throws -> String { try Self.second.get() }

    /// A reference that keeps every distinct value.
    package static func exactReference() throws -> String { try Self.exact.get() }

    /// The first `rows` rows of a stream, as a plain CSV file in `directory`.
    package static func head(
        _ rows: Int,
        of name: String,
        in directory: TemporaryDirectory
    ) throws -> String {
        let path = directory.path("\(name)-\(rows).csv")
        let command = "zcat '\(stream(name).path)' | head -n \(rows + 1) > '\(path)'"
        let process = try RunningProcess(
            URL(filePath: "/bin/sh"),
            ["-c", command],
            in: directory.url,
            name: "head-\(name)-\(rows)"
        )
        _ = process.exitCode()
        return path
    }

    /// What the oracle says of each 5,000-row window of a stream: window → feature → statistic.
    package static func oracle(_ name: String) throws -> [[String: [String: Double]]] {
        let url = directory.appending(path: "expected-drift-\(name).json")
        let file = try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: url))
        return file.windows.map(\.features)
    }

    private struct Oracle: Decodable {
        struct Window: Decodable {
            var features: [String: [String: Double]]
        }
        var windows: [Window]
    }

    private static let built = Result { try TemporaryDirectory() }
    private static let standard = Result { try build("1024") }
    private static let second = Result { try build("1024", version: "2") }
    private static let exact = Result { try build("exact") }
    private static let coarse = Result { try build("64") }

    /// A reference at 64 knots.
    package static func coarseReference() throws -> String { try Self.coarse.get() }

    private static func build(_ resolution: String, version: String = "1") throws -> String {
        let directory = try built.get()
        let path = directory.path("reference-\(version)-\(resolution).json")
        let result = try Kedge.run(
            [
                "reference", "build", "--input", referenceCSV.path, "--model", "delay",
                "--version", version, "--prediction", "prediction", "--ignore", "id,ts,late",
                "--resolution", resolution, "--output", path,
            ],
            in: directory.url
        )
        guard result.status == 0 else { throw NeverHappened(description: result.errors) }
        return path
    }
}
