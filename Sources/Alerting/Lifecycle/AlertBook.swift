// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor

/// All alerts: which conditions hold, since when, and what became of them.
///
/// A pure state machine over what comes in. What changed since it was last asked is to be kept;
/// evidence that only became newer is now and then.
package struct AlertBook: Sendable {
    /// Alerts at once; conditions beyond are counted and not told.
    package static let maximumAlerts = 10_000

    /// After so many seconds of the wall clock an alert that only went on is kept anew, so that
    /// a restart knows about until when it was seen.
    package static let keepSeconds = 60.0

    /// The rules in force.
    package private(set) var rules: [AlertRule]
    /// What is pending or firing.
    package private(set) var active: [AlertKey: Alert] = [:]
    /// What is over and not told everywhere; the condition may hold again meanwhile.
    package private(set) var ended: [AlertKey: Alert] = [:]
    /// The keys of both, by group.
    private(set) var groups: [AlertGroup: Set<AlertKey>] = [:]
    /// The groups in which something changed that is told.
    private var touched: Set<AlertGroup> = []
    /// What differs from what is kept.
    private var unkept: Set<Slot> = []
    /// When active alerts were last given out to be kept, by the wall clock.
    private var keptAt: [AlertKey: Double] = [:]
    /// How often a condition was found to hold that could be no alert: there were too many.
    package private(set) var refused: UInt64 = 0
    private var newlyEnded: [(alert: Alert, former: Alert?)] = []
    private var ratios: [AlertKey: RatioWindow] = [:]
    private var descriptions: [AlertGroup: MonitorDescription] = [:]
    /// Since when model versions are watched, by the wall clock.
    private var watchedSince: [AlertGroup: Double] = [:]

    /// One of the two places that a key has.
    package struct Slot: Sendable, Hashable, Codable {
        /// The alert.
        package var key: AlertKey
        /// Whether it is the one that is over.
        package var hasEnded: Bool
    }

    /// Begins with what was kept.
    package init(rules: [AlertRule], kept: [Alert] = []) {
        self.rules = rules
        adopt(kept)
    }

    /// Takes over what was kept, in the places that nothing has taken since.
    mutating func adopt(_ kept: [Alert]) {
        for alert in kept {
            if alert.state == .resolved {
                if ended[alert.key] == nil { setEnded(alert.key, alert) }
            } else if active[alert.key] == nil {
                setActive(alert.key, alert)
            }
        }
    }

    /// Goes on with other rules; alerts that no rule means any more are over.
    ///
    /// Right after a start nobody knows until when the features of a model version were watched:
    /// what is over of them ends with its first report.
    package mutating func adopt(_ rules: [AlertRule], wall: Double) {
        let unchanged = Set(rules.filter(self.rules.contains).map(\.name))
        ratios = ratios.filter { unchanged.contains($0.key.rule) }
        self.rules = rules
        let named = Dictionary(rules.map { ($0.name, $0) }) { first, _ in first }
        for (key, alert) in active
        where named[key.rule]?.means(key) != true
            && (key.feature == nil || descriptions[key.group] != nil)
        {
            end(key, .ruleRemoved, at: alert.lastSign(wall), wall: wall)
        }
    }

    /// What is over since this was last asked, and what stood in its place: an earlier alert of
    /// the same key that not everybody was told of.
    package mutating func takeEnded() -> [(alert: Alert, former: Alert?)] {
        defer { newlyEnded = [] }
        return newlyEnded
    }

    /// Says who waits for the end of an alert that is over, or puts one back in its place.
    package mutating func put(_ alert: Alert) {
        guard alert.state == .resolved else { return }
        setEnded(alert.key, alert)
        unkept.insert(Slot(key: alert.key, hasEnded: true))
    }

    /// Takes the wall clock's times that lie ahead for now: the clock was set back.
    package mutating func setBack(to wall: Double) {
        for (key, alert) in active where alert.isAhead(of: wall) {
            setActive(key, alert.setBack(to: wall))
            unkept.insert(Slot(key: key, hasEnded: false))
        }
        for alert in ended.values where alert.isAhead(of: wall) { put(alert.setBack(to: wall)) }
    }

    /// Forgets an alert that is over and told.
    package mutating func forget(_ key: AlertKey) {
        guard ended[key] != nil else { return }
        setEnded(key, nil)
        unkept.insert(Slot(key: key, hasEnded: true))
    }

    /// The groups in which something changed that is told, since this was last asked.
    mutating func takeTouched() -> Set<AlertGroup> {
        defer { touched = [] }
        return touched
    }

    /// What has to be kept since this was last asked; nil for what is gone.
    package mutating func takeUnkept() -> [Slot: Alert?] {
        defer { unkept = [] }
        return Dictionary(
            uniqueKeysWithValues: unkept.map { slot in
                (slot, slot.hasEnded ? ended[slot.key] : active[slot.key])
            }
        )
    }

    /// These could not be kept.
    package mutating func keepAgain(_ slots: some Sequence<Slot>) {
        unkept.formUnion(slots)
    }

    /// Everything has to be kept anew.
    package mutating func keepAnew() {
        keepAgain(active.keys.map { Slot(key: $0, hasEnded: false) })
        keepAgain(ended.keys.map { Slot(key: $0, hasEnded: true) })
    }
}

// MARK: - Windows

extension AlertBook {
    /// Looks at the windows of one model version.
    ///
    /// - Parameters:
    ///   - report: Its report.
    ///   - wall: The wall clock, in Unix seconds.
    ///   - describe: What it is compared with, asked when it is not known yet.
    package mutating func observe(
        _ report: MonitorReport,
        wall: Double,
        describe: (MonitorReport) -> MonitorDescription?
    ) {
        let group = AlertGroup(model: report.model, version: report.version)
        if descriptions[group]?.reference != report.reference {
            descriptions[group] = describe(report)
        }
        // Between two references what is known may not be what the report was made with.
        let known = descriptions[group].flatMap { $0.reference == report.reference ? $0 : nil }
        let features = known?.features ?? []
        // What is not found any more is over.
        var unseen = Set(active.keys.lazy.filter { $0.group == group && $0.feature != nil })
        for rule in rules where rule.statistic.isOfFeature {
            guard let window = window(of: rule, in: report) else { continue }
            let reader = FeatureReader(rule: rule)
            for (index, feature) in window.features.enumerated()
            where rule.means(feature, of: report.model) {
                let key = AlertKey(
                    rule: rule.name,
                    model: report.model,
                    version: report.version,
                    feature: feature.name
                )
                unseen.remove(key)
                let description = features.indices.contains(index) ? features[index] : nil
                let reading = reader.read(feature, description)
                observe(reading, of: key, rule, window.window, at: report.time, wall: wall)
            }
        }
        let names = Set(report.windows.lazy.flatMap(\.features).map(\.name))
        for key in unseen {
            let isThere = names.contains(key.feature ?? "")
            end(key, isThere ? .ruleRemoved : .noData, at: report.time, wall: wall)
        }
    }

    private func window(of rule: AlertRule, in report: MonitorReport) -> WindowReport? {
        guard let name = rule.window else { return report.windows.first }
        return report.windows.first { $0.window == name }
    }
}

// MARK: - Traffic

extension AlertBook {
    /// Looks at what came in, and ends the alerts of model versions that are watched no more.
    package mutating func observe(_ sample: TrafficSample, wall: Double) {
        let groups = Set(
            sample.versions.lazy.filter(\.isWatched)
                .map { AlertGroup(model: $0.model, version: $0.version) }
        )
        for alert in active.values
        where alert.key.model != nil && !groups.contains(alert.key.group) {
            end(alert.key, .noData, at: alert.lastSign(wall), wall: wall)
        }
        descriptions = descriptions.filter { groups.contains($0.key) }
        ratios = ratios.filter { $0.key.model == nil || groups.contains($0.key.group) }
        watchedSince = Dictionary(
            groups.map { ($0, min(watchedSince[$0] ?? wall, wall)) },
            uniquingKeysWith: min
        )
        let served = Set(sample.versions.lazy.filter { $0.lastRecord != nil }.map(\.model))
        for rule in rules {
            guard case .traffic(let statistic) = rule.statistic else { continue }
            if statistic.isOfModelVersion {
                for version in sample.versions
                where version.isWatched && rule.models.contains(version.model) {
                    let isServed = served.contains(version.model)
                    observe(statistic, of: version, isServed: isServed, rule, wall: wall)
                }
            } else {
                let part = statistic == .droppedRatio ? sample.dropped : sample.rejected
                let key = AlertKey(rule: rule.name)
                let reading = ratio(part, sample.records &+ part, of: key, rule, wall: wall)
                observe(reading, of: key, rule, nil, at: wall, wall: wall)
            }
        }
    }

    private mutating func observe(
        _ statistic: TrafficStatistic,
        of version: TrafficSample.Version,
        isServed: Bool,
        _ rule: AlertRule,
        wall: Double
    ) {
        let key = AlertKey(rule: rule.name, model: version.model, version: version.version)
        let reading =
            if statistic == .idleSeconds {
                idle(version, key, isServed: isServed, rule, wall: wall)
            } else {
                ratio(version.failed, version.records, of: key, rule, wall: wall)
            }
        observe(reading, of: key, rule, nil, at: wall, wall: wall)
    }

    /// For how long a model version has had no record.
    ///
    /// One that never had any has none since it is watched, if nothing else of its model has: a
    /// version that is to be served later is no fault. Nor does a restart end what it lasts.
    private func idle(
        _ version: TrafficSample.Version,
        _ key: AlertKey,
        isServed: Bool,
        _ rule: AlertRule,
        wall: Double
    ) -> AlertReading {
        if let last = version.lastRecord { return rule.reading(of: max(0, wall - last), rows: 0) }
        guard !isServed, let since = watchedSince[key.group] else { return .unknown }
        let reading = rule.reading(of: wall - since, rows: 0)
        return reading == .clears ? .unknown : reading
    }

    private mutating func ratio(
        _ part: UInt64,
        _ whole: UInt64,
        of key: AlertKey,
        _ rule: AlertRule,
        wall: Double
    ) -> AlertReading {
        let growth = ratios[key, default: RatioWindow(span: rule.overSeconds)]
            .add(part: part, whole: whole, at: wall)
        guard let growth, growth.whole >= max(1, rule.minimumRows ?? 0) else { return .unknown }
        return rule.reading(of: Double(growth.part) / Double(growth.whole), rows: growth.whole)
    }
}

// MARK: - Transitions

extension AlertBook {
    /// Takes a reading of a condition, whether there is an alert of it or not.
    private mutating func observe(
        _ reading: AlertReading,
        of key: AlertKey,
        _ rule: AlertRule,
        _ window: String?,
        at time: Double,
        wall: Double
    ) {
        if var alert = active[key] {
            let transition = alert.observe(reading, rule: rule, at: time, wall: wall)
            alert.adopt(rule, window: window)
            take(transition, alert, wall: wall)
        } else if case .holds(let evidence) = reading {
            guard active.count + ended.count < Self.maximumAlerts else {
                refused += 1
                return
            }
            var alert = Alert(
                key: key,
                rule: rule,
                window: window,
                activeAt: time,
                evidence: evidence
            )
            _ = alert.observe(reading, rule: rule, at: time, wall: wall)
            take(.changed, alert, wall: wall)
        }
    }

    private mutating func end(
        _ key: AlertKey,
        _ resolution: Alert.Resolution,
        at time: Double,
        wall: Double
    ) {
        guard var alert = active[key] else { return }
        take(alert.end(resolution, at: time, wall: wall), alert, wall: wall)
    }

    private mutating func take(_ transition: Alert.Transition, _ alert: Alert, wall: Double) {
        let key = alert.key
        switch (transition, alert.state) {
        case (.none, _):
            if active[key]?.isTold(as: alert) == true {
                active[key] = alert
                let last = keptAt[key] ?? wall
                keptAt[key] = last
                guard abs(wall - last) >= Self.keepSeconds else { return }
            } else {
                setActive(key, alert)
            }
        case (.changed, .resolved):
            setActive(key, nil)
            newlyEnded.append((alert, ended[key]))
            put(alert)
        case (.changed, _): setActive(key, alert)
        case (.dropped, _): setActive(key, nil)
        }
        keptAt[key] = active[key] == nil ? nil : wall
        unkept.insert(Slot(key: key, hasEnded: false))
    }

    private mutating func setActive(_ key: AlertKey, _ alert: Alert?) {
        active[key] = alert
        touch(key)
    }

    private mutating func setEnded(_ key: AlertKey, _ alert: Alert?) {
        ended[key] = alert
        touch(key)
    }

    private mutating func touch(_ key: AlertKey) {
        let group = key.group
        touched.insert(group)
        if active[key] != nil || ended[key] != nil {
            groups[group, default: []].insert(key)
        } else {
            groups[group]?.remove(key)
            if groups[group]?.isEmpty == true { groups[group] = nil }
        }
    }
}

extension AlertRule {
    /// What a number says, of which there is only the one.
    fileprivate func reading(of value: Double, rows: UInt64) -> AlertReading {
        let (threshold, isBelow) =
            switch condition {
            case .above(let number): (number, false)
            case .below(let number): (number, true)
            case .aboveVerdictThreshold: (Double.infinity, false)
            }
        guard isBelow ? value < threshold : value > threshold else { return .clears }
        return .holds(
            Evidence(
                statistic: statistic.name,
                value: value,
                threshold: threshold,
                isBelow: isBelow,
                rows: rows
            )
        )
    }
}

extension Alert {
    /// The last time of its own clock at which it was looked at; the wall clock for traffic.
    fileprivate func lastSign(_ wall: Double) -> Double {
        key.feature == nil ? wall : observedAt
    }

    /// Whether another state of it goes to the same receivers past the same silences.
    fileprivate func isTold(as other: Alert) -> Bool {
        severity == other.severity && window == other.window
    }

    /// Whether a time of the wall clock lies ahead.
    fileprivate func isAhead(of wall: Double) -> Bool {
        max(firedWall ?? -.infinity, resolvedWall ?? -.infinity) > wall
    }

    /// Without times of the wall clock ahead.
    fileprivate func setBack(to wall: Double) -> Alert {
        var alert = self
        alert.firedWall = firedWall.map { min($0, wall) }
        alert.resolvedWall = resolvedWall.map { min($0, wall) }
        return alert
    }

    /// Takes over what a rule says besides the condition.
    fileprivate mutating func adopt(_ rule: AlertRule, window: String?) {
        severity = rule.severity
        runbook = rule.runbook
        annotations = rule.annotations
        self.window = window
    }
}
