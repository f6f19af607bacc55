// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Foundation
import TestSupport
import Testing

/// Samples, and what an oracle on SciPy says of them.
struct ConformanceCase: Decodable, Sendable, CustomTestStringConvertible {
    enum Column: Sendable {
        case numeric([Double])
        case categorical([String?])
    }

    enum CodingKeys: String, CodingKey { case name, kind, reference, current, expected }

    let name: String
    let reference: Column
    let current: Column
    let expected: [String: Double]

    var testDescription: String { name }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func column(_ key: CodingKeys) throws -> Column {
            if try values.decode(String.self, forKey: .kind) == "categorical" {
                return .categorical(try values.decode([String?].self, forKey: key))
            }
            return .numeric(try values.decode([Double?].self, forKey: key).map { $0 ?? .nan })
        }
        name = try values.decode(String.self, forKey: .name)
        reference = try column(.reference)
        current = try column(.current)
        expected = try values.decode([String: Double].self, forKey: .expected)
    }

    /// The statistics of the current sample against the reference sample.
    func statistics(resolution: Resolution) throws -> FeatureStatistics {
        switch (reference, current) {
        case (.numeric(let reference), .numeric(let current)):
            try NumericReference(reference, resolution: resolution).statistics(of: current)
        case (.categorical(let reference), .categorical(let current)):
            try CategoricalReference(reference).statistics(of: current)
        default:
            throw ReferenceError.noRows
        }
    }

    static let all: [Self] = {
        do {
            let bytes = try Fixture.bytes("drift/cases.json")
            return try JSONDecoder().decode([Self].self, from: Data(bytes))
        } catch {
            Issue.record(error)
            return []
        }
    }()
}

struct ConformanceTests {
    /// What does not depend on the reference's resolution.
    private static let binStatistics = Set(Statistic.allCases).subtracting([
        .ksStatistic, .ksPValue, .ksErrorBound,
    ])

    @Test
    func `the oracle's cases are read`() {
        #expect(ConformanceCase.all.count == 33)
    }

    @Test(arguments: ConformanceCase.all)
    func `every statistic equals the oracle's at exact resolution`(_ sample: ConformanceCase) throws
    {
        let statistics = try sample.statistics(resolution: .exact)
        for statistic in Statistic.allCases where statistic != .ksErrorBound {
            let expected = sample.expected[statistic.rawValue]
            #expect(isClose(statistics[statistic], expected), "\(statistic)")
        }
        #expect(statistics.ksErrorBound ?? 0 == 0)
        let names = Set(Statistic.allCases.map(\.rawValue)).union(["wasserstein"])
        #expect(names.isSuperset(of: sample.expected.keys))
    }

    @Test(arguments: ConformanceCase.all, [1, 3, 64, 1_024])
    func `at a coarser resolution the KS statistic is within its bound and the rest is exact`(
        _ sample: ConformanceCase,
        _ knots: Int
    ) throws {
        let statistics = try sample.statistics(resolution: .knots(knots))
        for statistic in Self.binStatistics {
            let expected = sample.expected[statistic.rawValue]
            #expect(isClose(statistics[statistic], expected), "\(statistic)")
        }
        guard let exact = sample.expected["ks_statistic"] else {
            #expect(statistics.ksStatistic == nil)
            return
        }
        let onCells = try #require(statistics.ksStatistic)
        let bound = try #require(statistics.ksErrorBound)
        #expect(onCells <= exact + 1e-12)
        #expect(exact <= onCells + bound + 1e-12)
    }
}
