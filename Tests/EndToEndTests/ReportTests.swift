// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `kedge reference` and `kedge report` on the real flights, against SciPy's numbers.
    @Suite
    struct ReportTests {
        private struct Report: Decodable {
            struct Window: Decodable {
                let firstRow: Int
                let lastRow: Int
                let rows: Int
                let verdict: String
                let features: [String: Feature]
            }

            let windowRows: Int?
            let windows: [Window]
            let model: String
            let version: String
            let rejected: [String: Int]
        }

        /// The numbers of a feature by name; what is undefined is absent.
        private struct Feature: Decodable {
            let kind: String
            let verdict: String
            let numbers: [String: Double]
            let bins: [Int]

            private struct Key: CodingKey {
                let stringValue: String
                let intValue: Int? = nil

                init(stringValue: String) { self.stringValue = stringValue }
                init?(intValue: Int) { nil }
            }

            init(from decoder: any Decoder) throws {
                // The decoder turns snake case into camel case; `numbers` turns it back.
                let container = try decoder.container(keyedBy: Key.self)
                kind = try container.decode(String.self, forKey: Key(stringValue: "kind"))
                verdict = try container.decode(String.self, forKey: Key(stringValue: "verdict"))
                bins = try container.decode([Int].self, forKey: Key(stringValue: "bins"))
                var numbers: [String: Double] = [:]
                for key in container.allKeys {
                    numbers[key.stringValue] = try? container.decode(Double.self, forKey: key)
                }
                self.numbers = numbers
            }
        }

        private static func report(
            _ arguments: [String]
        ) throws -> (report: Report, status: Int32, errors: String) {
            let directory = try TemporaryDirectory()
            let result = try Kedge.run(
                ["report", "--format", "json"] + arguments,
                in: directory.url
            )
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .custom { path in
                let name = path.last?.stringValue ?? ""
                let camel = [
                    "first_row": "firstRow", "last_row": "lastRow", "window_rows": "windowRows",
                ]
                return AnyKey(camel[name] ?? name)
            }
            let report = try decoder.decode(Report.self, from: Data(result.output.utf8))
            return (report, result.status, result.errors)
        }

        private struct AnyKey: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }

            init(_ name: String) { stringValue = name }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        @Test(arguments: ["quiet", "summer"])
        func `every statistic of every window is the oracle's at exact resolution`(
            stream: String
        ) throws {
            let oracle = try Flights.oracle(stream)
            let (report, status, errors) = try Self.report([
                "--reference", try Flights.exactReference(), "--input", Flights.stream(stream).path,
                "--rows", "5000",
            ])
            #expect(status == 3, "\(errors)")
            #expect(report.windowRows == 5_000)
            #expect(report.model == "delay")
            #expect(report.version == "1")
            #expect(report.rejected.values.allSatisfy { $0 == 0 })
            #expect(report.windows.count == oracle.count)
            for (index, (window, expected)) in zip(report.windows, oracle).enumerated() {
                #expect(window.firstRow == index * 5_000)
                #expect(window.lastRow == index * 5_000 + 4_999)
                #expect(window.rows == 5_000)
                #expect(Set(window.features.keys) == Set(expected.keys))
                for (feature, statistics) in expected {
                    let found = try #require(window.features[feature])
                    #expect(found.bins.reduce(0, +) == 5_000)
                    for (name, value) in statistics where name != "wasserstein" {
                        let number = try #require(
                            found.numbers[name],
                            "\(index) \(feature) \(name)"
                        )
                        #expect(
                            abs(number - value) <= 1e-9 * max(1, abs(value)),
                            "window \(index), \(feature), \(name): \(number), expected \(value)"
                        )
                    }
                }
            }
        }

        @Test(arguments: ["quiet", "summer"])
        func `at 1,024 knots the statistic is below the oracle's by no more than its bound`(
            stream: String
        ) throws {
            let oracle = try Flights.oracle(stream)
            let (report, _, _) = try Self.report([
                "--reference", try Flights.reference(), "--input", Flights.stream(stream).path,
                "--rows", "5000",
            ])
            #expect(report.windows.count == oracle.count)
            var compared = 0
            for (window, expected) in zip(report.windows, oracle) {
                for (feature, statistics) in expected {
                    guard let exact = statistics["ks_statistic"] else { continue }
                    let numbers = try #require(window.features[feature]).numbers
                    let found = try #require(numbers["ks_statistic"])
                    let bound = try #require(numbers["ks_error_bound"])
                    #expect(found <= exact + 1e-12, "\(feature)")
                    #expect(exact <= found + bound + 1e-12, "\(feature)")
                    compared += 1
                }
            }
            #expect(compared == oracle.count * 11)
        }

        @Test
        func `the same rows in another order make the same reference, byte for byte`() throws {
            let directory = try TemporaryDirectory()
            let plain = try Flights.head(2_000, of: "quiet", in: directory)
            let lines = try String(contentsOfFile: plain, encoding: .utf8).split(separator: "\n")
            let turned = [try #require(lines.first)] + lines.dropFirst().reversed()
            #expect(turned.count == 2_001)
            try directory.write(turned.joined(separator: "\n"), to: "turned.csv")
            var files: [Data] = []
            for input in [plain, directory.path("turned.csv")] {
                let output = directory.path("reference-\(files.count).json")
                let result = try Kedge.run(
                    [
                        "reference", "build", "--input", input, "--model", "delay", "--version",
                        "1",
                        "--prediction", "prediction", "--ignore", "id,ts,late", "--output", output,
                    ],
                    in: directory.url
                )
                #expect(result.status == 0, "\(result.errors)")
                files.append(try Data(contentsOf: URL(filePath: output)))
            }
            #expect(files[0] == files[1])
            #expect(!files[0].isEmpty)
        }

        @Test
        func `what is not drifted exits 0, what is wrong 1, what is misspelt 64`() throws {
            let directory = try TemporaryDirectory()
            let reference = try Flights.reference()
            let table = Flights.referenceCSV.path
            let steady = ["report", "--reference", reference, "--input", table, "--rows", "10000"]
            let result = try Kedge.run(steady, in: directory.url)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("temp"))
            let absent = ["report", "--reference", reference, "--input", "absent", "--rows", "10"]
            #expect(try Kedge.run(absent, in: directory.url).status == 1)
            #expect(try Kedge.run(steady + ["--every", "1h"], in: directory.url).status == 64)
            let ragged = try directory.write("temp\n1\n2,3\n", to: "ragged.csv")
            let broken = try Kedge.run(
                ["report", "--reference", reference, "--input", ragged, "--rows", "10"],
                in: directory.url
            )
            #expect(broken.status == 1)
            #expect(broken.errors.contains("line 3 has 2 cells, the header has 1"))
        }
    }
}
