// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport
import Testing

struct MonitorSetTests {
    private static let settings = MonitorSettings(
        windows: SmallWorld.windows,
        minimumRows: 1,
        expireSeconds: 1_000
    )

    /// A set, its intake, and the little it takes to use them.
    private struct Fleet {
        var set: MonitorSet
        var intake = Intake(catalog: SchemaCatalog([]), batchCapacity: 16)

        init(_ settings: MonitorSettings = settings, limits: MonitorLimits = MonitorLimits()) {
            set = MonitorSet(settings: settings, limits: limits)
        }

        /// Monitors models of these names; a digest other than `d` follows a colon.
        mutating func install(_ names: String..., at now: Double = 0) throws -> [MonitorRefusal] {
            let sources = try names.map { name in
                let parts = name.split(separator: ":").map(String.init)
                return MonitorSet.Source(
                    reference: try SmallWorld.reference(model: parts[0]),
                    digest: parts.count > 1 ? parts[1] : "d"
                )
            }
            return set.install(sources, into: &intake, now: now).refusals
        }

        /// Puts rows into the batch of a model.
        mutating func put(_ rows: Row..., model: String) throws {
            let index = try #require(intake.catalog.index(model: model, version: "1"))
            for row in rows { intake.batches[index].append(row) }
        }

        /// Puts a row in and drains.
        mutating func observe(_ row: Row = Row(), model: String, at now: Double) throws {
            try put(row, model: model)
            _ = set.drain(&intake, now: now)
        }

        /// The models in the report, each with the rows of its last window.
        mutating func rows(at now: Double) -> [String: UInt64] {
            Dictionary(
                uniqueKeysWithValues: set.report(at: now).monitors.map {
                    ($0.model + ":" + $0.reference, $0.windows[3].rows)
                }
            )
        }
    }

    @Test
    func `models mixed in one intake each count their own rows`() throws {
        var fleet = Fleet()
        #expect(try fleet.install("a", "b", "c").isEmpty)
        try fleet.put(Row(speed: 3), Row(speed: 3), model: "c")
        try fleet.put(Row(speed: 0), model: "a")
        _ = fleet.set.drain(&fleet.intake, now: 10)
        #expect(fleet.intake.batches.map(\.rows) == [0, 0, 0])
        let report = fleet.set.report(at: 10)
        #expect(report.monitors.map(\.model) == ["a", "b", "c"])
        #expect(report.monitors.map { $0.windows.map(\.rows).max() } == [1, 0, 2])
        #expect(report.monitors.map { $0.windows.map(\.rows).min() } == [1, 0, 2])
        #expect(report.monitors[2].windows[0].features[0].statistics.bins == [0, 0, 0, 2, 0, 0])
    }

    @Test
    func `reports are equal when nothing happened`() throws {
        var fleet = Fleet()
        _ = try fleet.install("a")
        try fleet.observe(model: "a", at: 5)
        let reports = [fleet.set.report(at: 7), fleet.set.report(at: 7)]
        #expect(reports[0] == reports[1])
        #expect(fleet.set.report(at: 8).monitors != reports[1].monitors)
    }

    @Test
    func `a monitor without records ends, and begins anew with the next`() throws {
        var fleet = Fleet()
        _ = try fleet.install("a", "b", at: 0)
        try fleet.observe(model: "b", at: 400)
        #expect(fleet.rows(at: 999.9) == ["a:d": 0, "b:d": 1])
        #expect(fleet.rows(at: 1_000) == ["b:d": 1])
        #expect(fleet.set.descriptions.map(\.model) == ["b"])
        #expect(fleet.rows(at: 1_399) == ["b:d": 1])
        #expect(fleet.rows(at: 1_400).isEmpty)
        #expect(fleet.set.storageBytes == 0)
        try fleet.observe(model: "b", at: 1_500)
        #expect(fleet.rows(at: 1_500) == ["b:d": 1])
        #expect(fleet.rows(at: 2_500).isEmpty)
    }

    @Test
    func `a clock set back does not keep a silent monitor alive`() throws {
        var fleet = Fleet()
        _ = try fleet.install("a", at: 1e9)
        #expect(fleet.rows(at: 5_000) == ["a:d": 0])
        #expect(fleet.rows(at: 6_000).isEmpty)
    }

    @Test
    func `replacing a reference leaves the others what they counted`() throws {
        var fleet = Fleet()
        _ = try fleet.install("a", "b", "gone")
        for model in ["a", "b", "gone"] { try fleet.observe(model: model, at: 1) }
        // A row still in a batch is not lost on the way.
        try fleet.put(Row(), model: "b")
        _ = try fleet.install("new", "b", "a:other", at: 2)
        #expect(fleet.intake.catalog.schemas.map(\.model) == ["new", "b", "a"])
        #expect(fleet.rows(at: 3) == ["new:d": 0, "b:d": 2, "a:other": 0])
        try fleet.observe(model: "a", at: 4)
        #expect(fleet.rows(at: 4) == ["new:d": 0, "b:d": 2, "a:other": 1])
    }

    @Test
    func `over the limit, what is monitored already stays`() throws {
        var fleet = Fleet(limits: MonitorLimits(monitors: 2))
        #expect(
            try fleet.install("a", "b", "c")
                == [MonitorRefusal(model: "c", version: "1", reason: .monitors(limit: 2))]
        )
        let refusals = try fleet.install("x", "b", "y", "b")
        #expect(refusals.map(\.model) == ["y", "b"])
        #expect(refusals.map(\.reason) == [.monitors(limit: 2), .duplicate])
        #expect(fleet.intake.catalog.schemas.map(\.model) == ["x", "b"])
        #expect(
            refusals[0].description == "the reference of model y, version 1, is not monitored: "
                + "the limit is 2 monitors"
        )
    }

    @Test
    func `a reference over the limits is refused and takes no place`() throws {
        var fleet = Fleet(limits: MonitorLimits(monitors: 1, features: 2))
        #expect(try fleet.install("a").map(\.reason) == [.features(found: 3, limit: 2)])
        fleet = Fleet(limits: MonitorLimits(monitors: 1, features: 3, categories: 2))
        #expect(
            try fleet.install("a").map(\.reason)
                == [.categories(feature: "carrier", found: 3, limit: 2)]
        )
        fleet = Fleet(limits: MonitorLimits(monitors: 1, features: 3, categories: 3))
        #expect(try fleet.install("a").isEmpty)
        #expect(fleet.set.memoryBounds.count == 1)
    }

    @Test
    func `other settings keep the counts unless windows, clock or lateness change`() throws {
        var fleet = Fleet()
        _ = try fleet.install("a")
        try fleet.observe(model: "a", at: 1)
        try fleet.put(Row(), model: "a")
        var settings = Self.settings
        settings.minimumRows = 3
        _ = fleet.set.reconfigure(settings, intake: &fleet.intake, now: 2)
        #expect(fleet.rows(at: 2) == ["a:d": 2])
        #expect(fleet.set.report(at: 2).monitors[0].windows[0].verdict == .learning)
        settings.clock = .event
        try fleet.put(Row(), model: "a")
        _ = fleet.set.reconfigure(settings, intake: &fleet.intake, now: 2)
        #expect(fleet.rows(at: 2) == ["a:d": 0])
        try fleet.observe(Row(time: 77), model: "a", at: 100)
        #expect(fleet.set.report(at: 200).monitors[0].time == 77)
    }

    @Test
    func `records are counted by what became of them`() throws {
        var settings = Self.settings
        settings.clock = .event
        settings.latenessSeconds = 0
        var fleet = Fleet(settings)
        _ = try fleet.install("a", "b", at: 500)
        let lines = """
            {"model":"b","version":"1","ts":100,"features":{"speed":1}}
            {"model":"b","version":"1","ts":130,"features":{"speed":1}}
            {"model":"b","version":"1","ts":119,"features":{"speed":1}}
            {"model":"b","version":"1","ts":1061,"features":{"speed":1}}
            {"model":"b","version":"1","ts":131,"outcome":"error","features":{"speed":1}}
            {"model":"c","version":"1","ts":131,"features":{"speed":1}}

            """
        var scanner = RecordScanner(limits: ScanLimits())
        let bytes = Array(lines.utf8)
        #expect(scanner.scan(bytes.span, into: &fleet.intake) == bytes.count)
        let drained = fleet.set.drain(&fleet.intake, now: 1_000)
        #expect(drained.late == 1 && drained.future == 1)
        #expect(drained.tally.rejected(.noReference) == 1)
        #expect(drained.reports.map(\.time) == [120])
        let counts = fleet.set.recordCounts
        #expect(counts.map(\.model) == ["a", "b"])
        #expect(counts.map(\.records) == [0, 3])
        #expect(counts.map(\.failed) == [0, 1])
        #expect(counts.map(\.late) == [0, 1])
        #expect(counts.map(\.future) == [0, 1])
        #expect(fleet.rows(at: 1_000) == ["a:d": 0, "b:d": 2])
        // Counts outlive the monitor and its reference's replacement.
        _ = fleet.set.report(at: 1e6)
        _ = try fleet.install("b:other", at: 1e6)
        #expect(fleet.set.recordCounts.map(\.records) == [3])
    }

    @Test
    func `the last report of a monitor that another replaces is handed out`() throws {
        var fleet = Fleet()
        _ = try fleet.install("a", "b", "gone")
        try fleet.observe(model: "a", at: 1)
        let sources = try ["other", "d"].map { digest in
            MonitorSet.Source(
                reference: try SmallWorld.reference(model: digest == "d" ? "b" : "a"),
                digest: digest
            )
        }
        let installation = fleet.set.install(sources, into: &fleet.intake, now: 2)
        #expect(installation.retired.map(\.model) == ["a"])
        #expect(installation.retired.map(\.reference) == ["d"])
        #expect(installation.retired.first?.windows[3].rows == 1)
        #expect(fleet.rows(at: 2) == ["a:other": 0, "b:d": 0])
    }

    @Test
    func `tells beforehand what would be refused`() throws {
        var fleet = Fleet(limits: MonitorLimits(monitors: 2))
        _ = try fleet.install("a", "b")
        let refusals = try ["a", "c"].map { model in
            fleet.set.refusal(
                of: MonitorSet.Source(
                    reference: try SmallWorld.reference(model: model),
                    digest: "other"
                )
            )?.reason
        }
        #expect(refusals == [nil, .monitors(limit: 2)])
    }
}
