// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A rolling window of the last panes of time.
///
/// Base panes are folded in as they close and make up the window's own, coarser panes; `sums`
/// holds the counts of all of them, kept by addition when a pane is folded and subtraction when
/// one leaves. What lies in base panes still open is added by whoever reads.
package struct TimeWindow: Sendable {
    /// A pane that takes no more rows.
    package struct ClosedPane: Sendable, Equatable {
        /// Its number: the pane covers `number × width` to `(number + 1) × width` seconds.
        package internal(set) var number: Int
        /// How many rows it has.
        package let rows: UInt64
        /// Their counts.
        package let counts: CompactCounts
    }

    /// How many panes the window spans, the open one included.
    package let paneCount: Int
    /// How many base panes make one pane of the window.
    package let multiple: Int
    /// The number of the pane that is filling, in the window's own width.
    package internal(set) var current = Int.min
    /// The closed panes with rows, oldest first; numbers ascend.
    package internal(set) var closed: [ClosedPane] = []
    /// The pane that is filling, as far as its base panes have closed; none when they are alike.
    var partial: PaneCounts?
    /// Counts by cell of every base pane folded in and not yet gone.
    package internal(set) var sums: [UInt64]
    /// Rows of every base pane folded in and not yet gone.
    package internal(set) var rows: UInt64 = 0

    /// Makes an empty window.
    ///
    /// - Parameters:
    ///   - paneCount: Panes in all, ≥ 1.
    ///   - multiple: Base panes a pane, ≥ 1.
    ///   - cellCount: Cells of all features.
    package init(paneCount: Int, multiple: Int, cellCount: Int) {
        self.paneCount = paneCount
        self.multiple = multiple
        partial = multiple > 1 ? PaneCounts(cellCount: cellCount) : nil
        sums = Array(repeating: 0, count: cellCount)
    }

    /// Moves on to the pane that holds a base pane, and lets go of the panes that fall out.
    ///
    /// An earlier base pane changes nothing.
    /// - Complexity: O(cells) for each pane that leaves or closes, whatever the distance.
    package mutating func advance(to basePane: Int) {
        let next = pane(of: basePane)
        guard next > current else { return }
        closePartial()
        current = next
        evict()
    }

    /// Takes in a base pane that has closed, of the pane that is filling.
    ///
    /// - Parameters:
    ///   - pane: Its counts.
    ///   - compact: The same counts; windows of equal panes share them.
    package mutating func fold(_ pane: PaneCounts, compact: CompactCounts) {
        guard pane.rows > 0 else { return }
        compact.add(to: &sums)
        rows += pane.rows
        if multiple > 1 {
            partial?.add(pane)
        } else {
            closed.append(ClosedPane(number: current, rows: pane.rows, counts: compact))
        }
    }

    /// Gives the pane that is filling the number of an earlier time, and the closed ones with it.
    ///
    /// For a clock that was set back: nothing is lost, nothing counted twice.
    package mutating func rename(to basePane: Int) {
        let distance = current - pane(of: basePane)
        guard distance > 0 else { return }
        current -= distance
        for index in closed.indices { closed[index].number -= distance }
    }

    /// Whether a base pane lies within the window.
    package func contains(_ basePane: Int) -> Bool {
        let number = pane(of: basePane)
        return number <= current && number > current - paneCount
    }

    /// The number of the oldest pane with folded rows, or nil.
    package var oldestPane: Int? {
        closed.first?.number ?? ((partial?.rows ?? 0) > 0 ? current : nil)
    }

    /// The number of the window's pane that holds a base pane.
    package func pane(of basePane: Int) -> Int {
        floorDivide(basePane, multiple)
    }

    /// The bytes of the arrays held, as reserved.
    package var storageBytes: Int {
        closed.reduce(Footprint.held(closed) + Footprint.held(sums)) { $0 + $1.counts.storageBytes }
            + (partial?.storageBytes ?? 0)
    }

    /// The most that `storageBytes` can come to, apart from carries (see `PaneCounts`).
    package static func storageBound(paneCount: Int, multiple: Int, cellCount: Int) -> Int {
        let pane = Footprint.bound(count: cellCount, of: UInt32.self)
        let list = Footprint.growingBound(count: paneCount + 1, of: ClosedPane.self)
        let partial = multiple > 1 ? pane : 0
        let fixed = Footprint.bound(count: cellCount, of: UInt64.self) + list + partial
        return Footprint.saturating(pane, times: paneCount, plus: fixed)
    }

    /// Turns the base panes gathered so far into a closed pane.
    private mutating func closePartial() {
        guard let rows = partial?.rows, rows > 0, let counts = partial.map(CompactCounts.init)
        else { return }
        closed.append(ClosedPane(number: current, rows: rows, counts: counts))
        partial?.removeAll()
    }

    /// Lets go of the panes that no longer lie in the window.
    private mutating func evict() {
        let oldest = current - paneCount + 1
        let leaving = closed.prefix { $0.number < oldest }.count
        guard leaving > 0 else { return }
        for pane in closed[..<leaving] {
            pane.counts.subtract(from: &sums)
            rows -= pane.rows
        }
        closed.removeFirst(leaving)
    }
}

/// The quotient rounded down; `divisor` > 0.
func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}
