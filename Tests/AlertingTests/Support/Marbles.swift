// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

/// An alert's life as a string, one character for every look at its condition.
///
/// A timeline has `x` where the condition holds, `.` where it does not and `?` where nothing can be
/// said. Marbles are `-` for no alert, `P` pending, `F` firing, `C` firing though the condition
/// holds no more, `R` over with this look; small letters while nothing can be said.
enum Marbles {
    /// Seconds between two looks.
    static let step = 10.0
    static let key = AlertKey(rule: "Idle", model: "m", version: "1")

    static func rule(for seconds: Double, keep: Double) -> AlertRule {
        AlertRule(
            name: "Idle",
            statistic: .traffic(.idleSeconds),
            condition: .above(5),
            forSeconds: seconds,
            keepFiringForSeconds: keep
        )
    }

    /// What makes the condition hold, clear or unknown at a time.
    static func sample(_ look: Character, at time: Double) -> TrafficSample {
        let last: Double? =
            switch look {
            case "x": time - 6
            case ".": time - 5
            default: nil
            }
        return TrafficSample(versions: [
            .init(model: "m", version: "1", records: 0, failed: 0, lastRecord: last),
            // Another version is served, so that nothing can be said of one without a record.
            .init(
                model: "m",
                version: "served",
                records: 0,
                failed: 0,
                lastRecord: time,
                isWatched: false
            ),
        ])
    }

    /// An alert's life up to a look.
    struct Life {
        private let rules: [AlertRule]
        private var book: AlertBook
        private var rows: [AlertBook.Slot: Alert] = [:]
        private(set) var timeline = ""
        private(set) var marbles = ""

        init(for seconds: Double, keep: Double) {
            rules = [Marbles.rule(for: seconds, keep: keep)]
            book = AlertBook(rules: rules)
        }

        /// Looks once more, after the process began anew if it `restarts`.
        mutating func look(_ look: Character, restarts: Bool) {
            if restarts { book = AlertBook(rules: rules, kept: Array(rows.values)) }
            let time = 1_000 + Double(timeline.count) * Marbles.step
            timeline.append(look)
            book.observe(Marbles.sample(look, at: time), wall: time)
            marbles.append(Marbles.marble(book))
            book.forget(Marbles.key)
            for (slot, alert) in book.takeUnkept() { rows[slot] = alert }
        }
    }

    /// What becomes of an alert.
    static func life(
        _ timeline: String,
        for seconds: Double,
        keep: Double,
        restarts: Bool
    ) -> String {
        var life = Life(for: seconds, keep: keep)
        for look in timeline { life.look(look, restarts: restarts) }
        return life.marbles
    }

    private static func marble(_ book: AlertBook) -> Character {
        guard let alert = book.active[key] else { return book.ended[key] == nil ? "-" : "R" }
        let isHeld = alert.heldSince != nil
        if alert.state == .pending { return isHeld ? "p" : "P" }
        if alert.clearingSince != nil { return isHeld ? "c" : "C" }
        return isHeld ? "f" : "F"
    }

    /// The same life by looking back over the whole timeline at every look.
    static func naiveLife(_ timeline: String, for seconds: Double, keep: Double) -> String {
        // The looks at which something could be said, by the time that counts: what passes after
        // a look that says nothing does not.
        var known: [(holds: Bool, time: Double)] = []
        var time = 0.0
        var marbles = ""
        var previous: Character = "."
        for look in timeline {
            if previous != "?" { time += step }
            previous = look
            if look != "?" { known.append((look == "x", time)) }
            let state = marble(known, for: seconds, keep: keep)
            marbles += look == "?" ? (state == "R" ? "-" : state.lowercased()) : state
        }
        return marbles
    }

    private static func marble(
        _ known: [(holds: Bool, time: Double)],
        for seconds: Double,
        keep: Double
    ) -> String {
        func isFiring(_ count: Int) -> Bool {
            guard count > 0 else { return false }
            let last = known[count - 1]
            let start = known[..<count].lastIndex { $0.holds != last.holds }.map { $0 + 1 } ?? 0
            let lasted = last.time - known[start].time
            let wasFiring = isFiring(start)
            return last.holds ? wasFiring || lasted >= seconds : wasFiring && lasted < keep
        }
        guard let last = known.last else { return "-" }
        if isFiring(known.count) { return last.holds ? "F" : "C" }
        if last.holds { return "P" }
        return isFiring(known.count - 1) ? "R" : "-"
    }
}
