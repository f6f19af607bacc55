// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
package import PredictionLog

/// Watches one version of a model: records in, reports out.
///
/// The values of a batch become cells, the cells are counted, and no value is kept. A monitor reads
/// no clock: every call that needs the time is given it.
package struct ModelMonitor: Sendable {
    /// What became of a batch.
    package struct Observation: Sendable, Equatable {
        /// Rows now counted in the windows.
        package var accepted: Int
        /// Rows of panes already closed; event clock only.
        package var late = 0
        /// Rows more than a minute ahead of the arrival clock; event clock only.
        package var future = 0
        /// The reports of the panes that closed, in order; event clock only.
        package var reports: [MonitorReport] = []

        /// Nothing but rows accepted.
        package init(accepted: Int = 0) {
            self.accepted = accepted
        }
    }

    /// The reference that windows are compared with.
    package let reference: Reference
    /// The digest of the reference.
    package let digest: String
    /// How records are windowed and judged.
    package private(set) var settings: MonitorSettings
    /// The comparison of counts with each feature's reference.
    let evaluators: [FeatureEvaluator]
    /// The look-up of a value's cell, by column; nil for a categorical one.
    private let indexes: [CellIndex?]
    /// The windows, and the panes they share.
    private(set) var windows: WindowSet
    /// The time that panes follow on the arrival clock.
    private var arrival: ArrivalClock
    /// The time that panes follow on the event clock.
    private var event: EventClock
    /// What has to be kept over a restart; nil when nothing is kept.
    var log: ChangeLog?

    /// Makes a monitor that has seen nothing.
    ///
    /// - Parameters:
    ///   - reference: What windows are compared with.
    ///   - digest: The digest of its canonical bytes, as reports name it.
    ///   - settings: How records are windowed and judged; an extent out of its limits is moved
    ///     into them.
    ///   - isKept: Whether what happens to it is collected, to be kept over a restart.
    /// - Complexity: O(knots log knots + cells × windows + rows of count windows × features).
    package init(
        reference: Reference,
        digest: String,
        settings: MonitorSettings,
        isKept: Bool = false
    ) {
        self.reference = reference
        self.digest = digest
        self.settings = settings
        evaluators = reference.features.map(FeatureEvaluator.init)
        indexes = reference.features.map { feature in
            switch feature.distribution {
            case .numeric(let numeric): CellIndex(knots: numeric.knots)
            case .categorical: nil
            }
        }
        windows = WindowSet(
            layout: CellLayout(reference),
            settings: settings,
            keepsLedger: isKept
        )
        log =
            isKept
            ? ChangeLog(reference: reference, digest: digest, layout: settings.layout) : nil
        arrival = ArrivalClock(paneSeconds: windows.basePaneSeconds)
        event = EventClock(
            paneSeconds: windows.basePaneSeconds,
            latenessSeconds: settings.latenessSeconds.clamped(to: MonitorSettings.latenessLimits)
        )
    }

    /// What a record of the reference's model version looks like.
    package static func schema(of reference: Reference) -> RecordSchema {
        var columns: [RecordSchema.Column] = []
        var prediction: RecordSchema.Kind?
        for feature in reference.features {
            let kind: RecordSchema.Kind =
                switch feature.distribution {
                case .numeric: .numeric
                case .categorical(let categorical): .categorical(categorical.categories)
                }
            if feature.name == Reference.predictionName {
                prediction = kind
            } else {
                columns.append(RecordSchema.Column(name: feature.name, kind: kind))
            }
        }
        return RecordSchema(
            model: reference.model,
            version: reference.version,
            features: columns,
            prediction: prediction
        )
    }

    /// Takes every row of a batch of the reference's schema.
    ///
    /// On the event clock the batch is split where a row closes panes, so that a pane's report has
    /// exactly the rows before that row, however the rows were batched.
    /// - Parameters:
    ///   - batch: The rows. The cells of numeric columns are filled in, and on the arrival clock
    ///     every timestamp, on the event clock the absent ones, with `now`; it is not emptied.
    ///   - now: The arrival clock, in Unix seconds.
    ///   - isKept: Whether the rows are to be kept over a restart, if the monitor is.
    /// - Returns: How many rows count, and the reports of the panes that closed.
    /// - Complexity: O(rows × features) and, for each pane that closes, O(cells × windows). No
    ///   allocation unless a pane opens or closes, or rows are kept.
    package mutating func observe(
        _ batch: inout RecordBatch,
        now: Double,
        isKept: Bool = true
    ) -> Observation {
        quantise(batch.numbers, into: &batch.cells, rows: batch.rows, capacity: batch.capacity)
        switch settings.clock {
        case .arrival:
            advance(to: now)
            for row in 0..<batch.rows { batch.timestamps[row] = arrival.time }
            count(0..<batch.rows, of: batch, pane: arrival.pane, now: now, isKept: isKept)
            return Observation(accepted: batch.rows)
        case .event:
            return observeEvents(&batch, now: now, isKept: isKept)
        }
    }

    /// Moves the arrival clock on; panes that end before `now` close.
    ///
    /// Does nothing on the event clock, which only records move.
    /// - Complexity: O(cells × windows) if a pane closes, however much time has passed.
    package mutating func advance(to now: Double) {
        guard settings.clock == .arrival else { return }
        switch arrival.advance(to: now) {
        case .stays: break
        case .moves(let pane):
            _ = closeOldest(below: pane)
            windows.advance(to: pane)
        case .renames(let pane):
            windows.rename(to: pane)
            log?.begin()
        }
    }

    /// Reports what the windows hold, open panes included.
    ///
    /// For looking, at any time: it changes no later report. On the arrival clock the clock is
    /// moved on to `now` first; on the event clock the time of the report is the watermark.
    /// - Parameter now: The arrival clock, in Unix seconds.
    /// - Returns: A report on every feature of every window.
    /// - Complexity: O(cells × windows).
    package mutating func report(at now: Double) -> MonitorReport {
        advance(to: now)
        switch settings.clock {
        case .arrival: return report(of: windows, open: windows.open, time: arrival.time)
        case .event:
            guard let watermark = event.watermark else {
                return report(of: windows, open: [], time: now)
            }
            // Panes leave the copy that will leave the windows anyway when a pane closes.
            var looked = windows
            looked.advance(to: paneNumber(at: watermark, seconds: windows.basePaneSeconds))
            return report(of: looked, open: windows.open, time: watermark)
        }
    }

    /// Closes the panes that the watermark has passed, without waiting for late rows.
    ///
    /// For the end of a stream on the event clock; on the arrival clock there is nothing to do.
    /// - Returns: The reports of the panes that closed, in order. A pane that has not come to its
    ///   end stays open.
    package mutating func finish() -> [MonitorReport] {
        guard settings.clock == .event else { return [] }
        return closePanes(below: event.finish())
    }

    /// Takes over thresholds, `minimumRows` and `expireSeconds` for the reports to come.
    ///
    /// - Returns: Whether it could; other windows or another clock need a new monitor.
    package mutating func adopt(_ settings: MonitorSettings) -> Bool {
        guard settings.countsAlike(self.settings) else { return false }
        self.settings = settings
        return true
    }

    /// The bytes of the arrays that its counts hold, as reserved.
    package var storageBytes: Int { windows.storageBytes }

    /// Fills in the cells of the numeric columns.
    private func quantise(
        _ numbers: [Double],
        into cells: inout [UInt16],
        rows: Int,
        capacity: Int
    ) {
        var cells = cells.mutableSpan
        for (column, index) in indexes.enumerated() {
            guard let index else { continue }
            let range = column * capacity..<column * capacity + rows
            var columnCells = cells._mutatingExtracting(range)
            index.quantise(numbers.span.extracting(range), into: &columnCells)
        }
    }

    /// Takes the rows of a batch in the order of the stream, in runs of one pane.
    private mutating func observeEvents(
        _ batch: inout RecordBatch,
        now: Double,
        isKept: Bool
    ) -> Observation {
        var observation = Observation()
        var run = 0..<0
        var runPane = 0
        for row in 0..<batch.rows {
            if batch.timestamps[row].isNaN { batch.timestamps[row] = now }
            let pane: Int
            switch event.admit(batch.timestamps[row], arrival: now) {
            case .late:
                observation.late += 1
                continue
            case .future:
                observation.future += 1
                continue
            case .pane(let number):
                pane = number
            case .paneAfterClosing(let number, let closing):
                pane = number
                count(run, of: batch, pane: runPane, now: now, isKept: isKept)
                run = row..<row
                observation.reports += closePanes(below: closing)
            }
            if pane == runPane, run.upperBound == row {
                run = run.lowerBound..<row + 1
            } else {
                count(run, of: batch, pane: runPane, now: now, isKept: isKept)
                run = row..<row + 1
                runPane = pane
            }
            observation.accepted += 1
        }
        count(run, of: batch, pane: runPane, now: now, isKept: isKept)
        return observation
    }

    /// Counts rows of one pane.
    private mutating func count(
        _ rows: Range<Int>,
        of batch: RecordBatch,
        pane: Int,
        now: Double,
        isKept: Bool
    ) {
        windows.observe(rows, of: batch, pane: pane)
        guard isKept, log != nil else { return }
        let isEvent = settings.clock == .event
        log?.add(
            rows,
            of: batch,
            hasTimes: isEvent,
            mark: isEvent ? pane : arrival.closings,
            arrival: isEvent ? now : arrival.time
        )
    }

    /// Closes the oldest open pane below one.
    private mutating func closeOldest(below limit: Int) -> Int? {
        guard let pane = windows.closeOldest(below: limit) else { return nil }
        log?.close(pane, in: windows, evaluators)
        return pane.number
    }

    /// Closes the open panes below one and reports each at its border.
    private mutating func closePanes(below limit: Int) -> [MonitorReport] {
        var reports: [MonitorReport] = []
        while let pane = closeOldest(below: limit) {
            let border = Double((pane + 1) * windows.basePaneSeconds)
            reports.append(report(of: windows, open: [], time: border))
        }
        return reports
    }
}

// MARK: - Over a restart

extension ModelMonitor {
    /// Windows of this monitor that have seen nothing.
    var emptyWindows: WindowSet {
        WindowSet(layout: windows.layout, settings: settings, keepsLedger: windows.keepsLedger)
    }

    /// Where the clock stands.
    var storedClock: StoredClock {
        switch settings.clock {
        case .arrival:
            StoredClock(pane: arrival.pane, time: arrival.time, mark: arrival.closings)
        case .event:
            StoredClock(
                pane: event.firstOpen,
                time: event.watermark ?? -.infinity,
                mark: event.firstOpen
            )
        }
    }

    /// Takes over windows and clock of what was kept.
    mutating func goOn(_ windows: WindowSet, from stored: StoredMonitor) {
        self.windows = windows
        let clock = stored.clock
        switch settings.clock {
        case .arrival:
            arrival.restore(pane: clock.pane, time: clock.time, closings: clock.mark)
        case .event:
            event.restore(
                watermark: clock.time.isFinite ? clock.time : nil,
                firstOpen: clock.pane
            )
        }
        log?.goOn(from: stored)
    }

    /// Enters what open panes have counted by quarter of an hour into the ledger, as the state
    /// that is kept has no room for it.
    mutating func enterSlices() {
        for index in windows.open.indices {
            log?.enter(windows.open[index].slices, windows.layout, evaluators)
            windows.open[index].slices = []
        }
    }
}
