// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport
import Testing

/// A monitor that is kept and comes back is the one that never went away.
struct DurableMonitorTests {
    /// A set with one model, what is kept of it, and what the same set without restarts says.
    private struct Pair {
        let settings: MonitorSettings
        let source: MonitorSet.Source
        var kept = KeptState()
        var mortal: MonitorSet
        var immortal: MonitorSet
        var mortalIntake = Intake(catalog: SchemaCatalog([]), batchCapacity: 64)
        var immortalIntake = Intake(catalog: SchemaCatalog([]), batchCapacity: 64)

        init(_ settings: MonitorSettings, now: Double) throws {
            self.settings = settings
            source = MonitorSet.Source(reference: try SmallWorld.reference(), digest: "d")
            mortal = MonitorSet(settings: settings, isKept: true)
            immortal = MonitorSet(settings: settings, isKept: true)
            _ = mortal.install([source], into: &mortalIntake, now: now)
            _ = immortal.install([source], into: &immortalIntake, now: now)
        }

        mutating func observe(_ rows: [Row], at now: Double) -> [MonitorReport] {
            for row in rows {
                mortalIntake.batches[0].append(row)
                immortalIntake.batches[0].append(row)
            }
            let reports = mortal.drain(&mortalIntake, now: now).reports
            #expect(immortal.drain(&immortalIntake, now: now).reports == reports)
            return reports
        }

        mutating func commit() {
            for change in mortal.takeChanges() { kept.keep(change) }
        }

        /// Ends the process after a commit, and starts another.
        mutating func restart(at now: Double) {
            commit()
            mortal = MonitorSet(settings: settings, isKept: true)
            mortalIntake = Intake(catalog: SchemaCatalog([]), batchCapacity: 64)
            var stored: [MonitorKey: StoredMonitor] = [:]
            stored[source.key] = kept.monitor
            let installation = mortal.install(
                [source],
                stored: stored,
                into: &mortalIntake,
                now: now
            )
            #expect(installation.restoration.faults.isEmpty)
            #expect(installation.restoration.restored == (kept.monitor == nil ? [] : [source.key]))
        }

        mutating func compare(at now: Double) {
            #expect(mortal.report(at: now) == immortal.report(at: now))
        }
    }

    private static let windows = [
        SmallWorld.windows,
        // Panes that do not divide a quarter of an hour, and one that is longer.
        [
            WindowDefinition(name: "a", extent: .panes(count: 3, seconds: 420)),
            WindowDefinition(name: "b", extent: .panes(count: 5, seconds: 840)),
            WindowDefinition(name: "c", extent: .rows(40)),
        ],
        [WindowDefinition(name: "d", extent: .panes(count: 4, seconds: 3_600))],
        [WindowDefinition(name: "e", extent: .rows(9))],
    ]

    @Test(arguments: windows, [MonitorClock.arrival, .event])
    func `what comes back equals what never went away, whenever it ended`(
        windows: [WindowDefinition],
        clock: MonitorClock
    ) throws {
        for seed in 0..<25 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let settings = MonitorSettings(windows: windows, clock: clock, minimumRows: 3)
            var now = 1e9
            var pair = try Pair(settings, now: now)
            for _ in 0..<120 {
                now += [0, 0.5, 20, 59, 61, 300, 1_000, 5_000].randomElement(using: &random) ?? 0
                // A clock that is set back a little, and far.
                if clock == .arrival, Int.random(in: 0..<15, using: &random) == 0 {
                    now -= [30, 400, 9_000].randomElement(using: &random) ?? 0
                }
                let rows = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    let back = Double.random(in: 0...200, using: &random)
                    return Row.random(time: now - back, using: &random)
                }
                _ = pair.observe(rows, at: now)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: pair.restart(at: now)
                case 1: pair.commit()
                case 2:
                    // A journal that has failed and is back: everything is kept anew.
                    pair.mortal.keepAnew()
                default: break
                }
                if Bool.random(using: &random) { pair.compare(at: now) }
            }
            pair.compare(at: now)
        }
    }

    @Test(arguments: windows)
    func `the ledger counts every row of closed panes in its quarter, over restarts`(
        windows: [WindowDefinition]
    ) throws {
        for seed in 0..<25 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let settings = MonitorSettings(windows: windows, clock: .event, latenessSeconds: 0)
            var pair = try Pair(settings, now: 1e9)
            var expected: [Int: [Row]] = [:]
            var time = 1e6
            for _ in 0..<80 {
                time += [1, 60, 500, 3_000].randomElement(using: &random) ?? 0
                let row = Row.random(time: time, using: &random)
                expected[quarterNumber(at: time), default: []].append(row)
                _ = pair.observe([row], at: 1e9)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: pair.restart(at: 1e9)
                case 1: pair.mortal.keepAnew()
                default: break
                }
            }
            // Closes every pane with rows.
            _ = pair.observe([Row(time: time + 1e5), Row(time: time + 2e5)], at: 1e9)
            pair.commit()
            let naive = NaiveWindows(reference: pair.source.reference, settings: settings)
            for (quarter, rows) in expected {
                let delta = try #require(pair.kept.ledger[quarter])
                #expect(delta.rows == UInt64(rows.count))
                for (index, feature) in naive.reference.features.enumerated() {
                    let counts = naive.counts(of: index, over: rows)
                    let bins = FeatureEvaluator(feature).binCounts(of: counts.span)
                    #expect(delta.bins[index] == bins)
                }
            }
            let rows = pair.kept.ledger.values.reduce(0) { $0 + $1.rows }
            // Of the two rows that close, the second may be in it early: with a state kept anew
            // what open panes have counted by quarter is entered.
            let closed = UInt64(expected.values.reduce(0) { $0 + $1.count }) + 1
            #expect(rows == closed || rows == closed + 1)
        }
    }

    @Test
    func `what is kept does not grow with the rows`() throws {
        var pair = try Pair(MonitorSettings(windows: SmallWorld.windows), now: 0)
        var random = SeededGenerator(seed: 1)
        var most = 0
        for step in 0..<3_000 {
            _ = pair.observe([Row.random(using: &random)], at: Double(step))
            pair.commit()
            most = max(most, pair.kept.batchCount)
        }
        // A pane of sixty commits, and the rows of the longest ring.
        #expect(most <= 60 + 17 + 1)
        #expect((pair.kept.monitor?.panes.count ?? 0) <= 3 + 2 + 1)
    }

    @Test
    func `rows that are not to be kept count until the end, and no longer`() throws {
        var pair = try Pair(MonitorSettings(windows: SmallWorld.windows), now: 0)
        _ = pair.observe([Row(), Row()], at: 1)
        pair.commit()
        pair.mortalIntake.batches[0].append(Row())
        _ = pair.mortal.drain(&pair.mortalIntake, now: 2, isKept: false)
        #expect(pair.mortal.report(at: 2).monitors[0].windows.map(\.rows) == [3, 3, 3, 3])
        pair.restart(at: 3)
        #expect(pair.mortal.report(at: 3).monitors[0].windows.map(\.rows) == [2, 2, 2, 2])
    }

    @Test
    func `a state whose every byte may be wrong is refused or taken, and never traps`() throws {
        var pair = try Pair(MonitorSettings(windows: SmallWorld.windows, clock: .event), now: 1e9)
        var random = SeededGenerator(seed: 3)
        _ = pair.observe((0..<9).map { _ in Row.random(time: 1e6, using: &random) }, at: 1e9)
        pair.commit()
        let sound = try #require(pair.kept.monitor)
        let segments = try #require(sound.segments.first)
        #expect(!segments.isEmpty)
        for index in segments.indices {
            for bit in [UInt8(1), 0x40, 0xFF] {
                var stored = sound
                stored.segments[0][index] ^= bit
                try restore(stored, pair)
            }
            var stored = sound
            stored.segments[0].removeLast(segments.count - index)
            try restore(stored, pair)
        }
    }

    private func restore(_ stored: StoredMonitor, _ pair: Pair) throws {
        var set = MonitorSet(settings: pair.settings, isKept: true)
        var intake = Intake(catalog: SchemaCatalog([]))
        let source = pair.source
        _ = set.install([source], stored: [source.key: stored], into: &intake, now: 1e9)
        _ = set.report(at: 1e9)
    }
}
