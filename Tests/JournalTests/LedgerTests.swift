// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Journal
import TestSupport
import Testing

struct LedgerTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func store(_ name: String) throws -> JournalStore {
        try JournalStore(path: directory.path(name), time: 0)
    }

    private func change(
        version: String = "1",
        _ deltas: [LedgerDelta],
        features: [LedgerFeature] = CommitWorld.features
    ) -> MonitorChange {
        var change = MonitorChange(
            key: MonitorKey(model: "delay", version: version, digest: "d"),
            layout: "l",
            begins: true,
            ringRows: 0,
            clock: StoredClock(pane: 0, time: 0, mark: 0),
            lastRecord: 0,
            ledgerFeatures: features
        )
        change.ledger = deltas
        return change
    }

    private func export(
        _ store: JournalStore,
        _ export: LedgerExport = LedgerExport()
    ) throws -> String {
        var bytes: [UInt8] = []
        _ = try export.write(store.reader) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test
    func `writes a line a model version and quarter`() throws {
        let store = try store("a.sqlite")
        let quarter = 1_370_044_800 / 900
        let delta = LedgerDelta(
            quarter: quarter,
            rows: 5,
            late: 1,
            invalidValues: 2,
            bins: [[5, 0], [0, 5]]
        )
        var commit = JournalCommit(
            time: 0,
            monitors: [
                change(
                    [delta],
                    features: [
                        LedgerFeature(name: "b", bins: Array("abc".utf8)),
                        LedgerFeature(name: "a", bins: []),
                    ]
                )
            ]
        )
        commit.coverage = [CoverageDelta(quarter: quarter, seconds: 900, dropped: 4)]
        try store.commit(commit)
        // FIPS 180-2, appendix B.1, and the digest of nothing.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(
            try export(store) == """
                {"model":"delay","version":"1","quarter":"2013-06-01T00:00:00Z","rows":5,\
                "features":{"a":{"bins":"\(none)","counts":[0,5]},\
                "b":{"bins":"\(abc)","counts":[5,0]}},\
                "coverage":{"seconds":900,"dropped":4,"late":1,"invalid_values":2}}

                """
        )
    }

    @Test(arguments: [5, 6] as [UInt64])
    func `holds the sums of two replicas that shared the traffic`(seed: UInt64) throws {
        var world = CommitWorld(seed: seed)
        let (first, second, whole) = (
            try store("1.sqlite"), try store("2.sqlite"), try store("w.sqlite")
        )
        for _ in 0..<80 {
            let deltas = [world.delta(Int.random(in: 0..<9, using: &world.random))]
            let version = Bool.random(using: &world.random) ? "1" : "10"
            let commit = JournalCommit(time: 0, monitors: [change(version: version, deltas)])
            try (Bool.random(using: &world.random) ? first : second).commit(commit)
            try whole.commit(commit)
        }
        // The sums of what both hold, written as a third does.
        let sum = try store("s.sqlite")
        for replica in [first, second] {
            _ = try replica.reader.ledgerQuarters(LedgerSelection()) { quarter in
                let traffic = quarter.traffic ?? []
                let names = CommitWorld.features.map(\.name)
                let delta = LedgerDelta(
                    quarter: quarter.quarter,
                    rows: traffic[0],
                    late: traffic[1],
                    invalidValues: traffic[2],
                    bins: names.compactMap { name in
                        quarter.features.first { $0.name == name }?.counts
                    }
                )
                let change = change(version: quarter.version, [delta])
                try sum.commit(JournalCommit(time: 0, monitors: [change]))
            }
        }
        let exported = try export(whole)
        #expect(exported.utf8.count > 1_000)
        #expect(try export(sum) == exported)
    }

    @Test
    func `gives a further line to a feature whose bins changed within the quarter`() throws {
        let store = try store("a.sqlite")
        for bins in [[1], [2]] as [[UInt8]] {
            let delta = LedgerDelta(quarter: 7, rows: 3, bins: [[3]])
            let features = [LedgerFeature(name: "temp", bins: bins)]
            try store.commit(
                JournalCommit(time: 0, monitors: [change([delta], features: features)])
            )
        }
        let lines = try export(store).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""rows":6"#) == true)
        #expect(lines.last?.contains(#""rows":0"#) == true)
        #expect(lines.last?.contains("coverage") == false)
    }

    @Test
    func `selects by model, version and time`() throws {
        let store = try store("a.sqlite")
        for version in ["1", "2"] {
            let deltas = [1, 2, 3, 500].map { LedgerDelta(quarter: $0, rows: 1) }
            try store.commit(JournalCommit(time: 0, monitors: [change(version: version, deltas)]))
        }
        var export = LedgerExport()
        export.includesCoverage = false
        export.selection.version = "2"
        export.selection.from = 901
        export.selection.to = 2_701
        #expect(
            try self.export(store, export) == """
                {"model":"delay","version":"2","quarter":"1970-01-01T00:30:00Z","rows":1,\
                "features":{}}
                {"model":"delay","version":"2","quarter":"1970-01-01T00:45:00Z","rows":1,\
                "features":{}}

                """
        )
        export.selection.model = "other"
        #expect(try self.export(store, export) == "")
    }

    @Test
    func `keeps the history that it is told to keep, by each model's newest quarter`() throws {
        var options = JournalStore.Options()
        options.history = 10 * 900
        let store = try JournalStore(path: directory.path("a.sqlite"), time: 0, options: options)
        for quarter in 0..<30 {
            let version = quarter < 5 ? "1" : "2"
            let delta = LedgerDelta(quarter: quarter, rows: 1, bins: [[1], [1], [1]])
            var commit = JournalCommit(
                time: Double(quarter) * 900,
                monitors: [change(version: version, [delta])]
            )
            commit.coverage = [CoverageDelta(quarter: quarter, seconds: 1)]
            try store.commit(commit)
        }
        var kept: Set<Int> = []
        _ = try store.reader.ledgerQuarters(LedgerSelection()) { kept.insert($0.quarter) }
        #expect(kept == Set(20..<30))
        let inspection = try JournalInspection(store.reader, coverageQuarters: 100)
        #expect(inspection.ledger.series == 4)
        #expect(inspection.coverage.map(\.quarter) == Array(20..<30))
    }

    @Test
    func `keeps no more than the bytes that it may take, the newest quarters`() throws {
        var options = JournalStore.Options()
        options.historyBytes = 4_000
        let store = try JournalStore(path: directory.path("a.sqlite"), time: 0, options: options)
        for quarter in 0..<300 {
            let delta = LedgerDelta(quarter: quarter, rows: 1, bins: [[1], [1], [1]])
            try store.commit(
                JournalCommit(time: Double(quarter) * 900, monitors: [change([delta])])
            )
        }
        var kept: [Int] = []
        _ = try store.reader.ledgerQuarters(LedgerSelection()) { kept.append($0.quarter) }
        let oldest = try #require(kept.first)
        #expect(kept == Array(oldest..<300))
        // Three features and the traffic, 24 bytes a row beside the counts.
        #expect(kept.count <= 4_000 / (4 * 25) + 1)
        #expect(kept.count >= 4_000 / (4 * 40))
    }
}
