// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Journal
import TestSupport

/// Random commits of a small world: two models, a few panes, a few sessions.
struct CommitWorld {
    static let cells = 40
    static let layout = "layout-1"
    static let features = [
        LedgerFeature(name: "temp", bins: [1, 2, 3]), LedgerFeature(name: "carrier", bins: [4]),
        LedgerFeature(name: "prediction", bins: []),
    ]
    static let keys = [
        MonitorKey(model: "delay", version: "1", digest: "aa"),
        MonitorKey(model: "delay", version: "2", digest: "bb"),
        MonitorKey(model: "fraud\0\"é", version: "1", digest: "cc"),
    ]

    var random: SeededGenerator
    private var clocks: [MonitorKey: Int] = [:]
    private var rows: [MonitorKey: UInt64] = [:]
    private var time = 1_370_000_000.0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// The next commit; changes continue what the commits before began.
    mutating func next() -> JournalCommit {
        time += Double.random(in: 0...400, using: &random)
        var commit = JournalCommit(time: time)
        for key in Self.keys where Int.random(in: 0..<3, using: &random) > 0 {
            commit.monitors.append(change(key))
        }
        for number in 0..<4 where Bool.random(using: &random) {
            if Int.random(in: 0..<8, using: &random) == 0 {
                commit.endedSessions.append("session \(number)")
            } else {
                commit.sessions.append(
                    SessionProgress(
                        session: "session \(number)",
                        producer: "pod\0\(number)",
                        decided: .random(in: 0...UInt64.max, using: &random),
                        dropped: .random(in: 0...9, using: &random),
                        lastHeard: time
                    )
                )
            }
        }
        if Bool.random(using: &random) {
            commit.coverage = [
                CoverageDelta(quarter: Int(time) / 900, seconds: 0.25, dropped: 2),
                CoverageDelta(quarter: Int(time) / 900 + 1, seconds: 0.5),
            ]
        }
        return commit
    }

    private mutating func change(_ key: MonitorKey) -> MonitorChange {
        let begins = clocks[key] == nil || Int.random(in: 0..<20, using: &random) == 0
        let pane = begins ? 0 : (clocks[key] ?? 0) + Int.random(in: 0...1, using: &random)
        var change = MonitorChange(
            key: key,
            layout: Self.layout,
            begins: begins,
            ringRows: key.version == "2" ? 0 : 25,
            clock: StoredClock(pane: pane, time: begins ? -.infinity : time, mark: pane),
            lastRecord: time,
            ledgerFeatures: Self.features
        )
        clocks[key] = pane
        if begins { rows[key] = 0 }
        change.segmentRows = Int.random(in: 0...10, using: &random)
        change.segments = (0..<5 * change.segmentRows).map { _ in
            .random(in: 0...255, using: &random)
        }
        change.segmentsMark = pane
        rows[key, default: 0] += UInt64(change.segmentRows)
        change.totalRows = rows[key] ?? 0
        for multiple in [0, 1, 5] where Bool.random(using: &random) {
            let number = (multiple == 5 ? pane / 5 : pane) + Int.random(in: 0...1, using: &random)
            change.panes.append(self.pane(multiple: multiple, number: number))
        }
        change.oldestPanes = [
            .init(multiple: 1, number: pane - 4), .init(multiple: 5, number: pane / 5 - 1),
        ]
        if Bool.random(using: &random) { change.ledger = [delta(Int(time) / 900)] }
        if Int.random(in: 0..<30, using: &random) == 0 {
            change.hasEnded = true
            clocks[key] = nil
        }
        return change
    }

    /// Counts of any form.
    mutating func pane(multiple: Int, number: Int) -> StoredPane {
        let layout = CellLayout(cellCounts: [Self.cells])
        var pane = PaneCounts(cellCount: Self.cells, settleAfterRows: 70_000)
        let dense = Int.random(in: 0..<4, using: &random) == 0
        let rows = Int.random(in: 1...(dense ? 100 : 5), using: &random)
        let column = (0..<rows).map { _ in
            UInt16.random(in: 0..<UInt16(Self.cells), using: &random)
        }
        pane.count(0..<rows, of: column.span, capacity: rows, layout: layout)
        return StoredPane(
            multiple: multiple,
            number: number,
            rows: pane.rows,
            counts: CompactCounts(pane)
        )
    }

    /// Some rows of a quarter.
    mutating func delta(_ quarter: Int) -> LedgerDelta {
        let rows = UInt64.random(in: 0...9, using: &random)
        let late = UInt64.random(in: 0...2, using: &random)
        let sizes = [7, 3, 21]
        return LedgerDelta(
            quarter: quarter,
            rows: rows,
            late: late,
            invalidValues: 1,
            bins: rows == 0
                ? []
                : sizes.map { size in
                    (0..<size).map { $0.isMultiple(of: 3) ? rows << $0 : 0 }
                }
        )
    }
}
