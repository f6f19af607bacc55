// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation
import Journal
import TestSupport
import Testing

struct AlertStoreTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory(inMemory: true)
        path = directory.path(AlertStore.fileName)
    }

    private func silence(_ id: String, comment: String = "") -> Silence {
        Silence(
            id: id,
            matchers: [.init("model", "delay")],
            startsAt: 0,
            endsAt: 1,
            updatedAt: 0,
            createdBy: "ops",
            comment: comment
        )
    }

    private func bytes(_ suffix: String) throws -> Int {
        try Data(contentsOf: URL(filePath: path + suffix)).count
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `keeps what a simple model of it keeps, over every restart`(seed: UInt64) throws {
        var world = AlertWorld(seed: seed)
        var model = AlertModel()
        for number in 1...60 {
            let store = try AlertStore(path: path, time: 0)
            #expect(store.events == [])
            #expect(AlertModel(try store.load()) == model)
            let changes = try world.next()
            try store.commit(changes, time: Double(number))
            model.take(changes)
            #expect(AlertModel(try store.load()) == model)
            if number.isMultiple(of: 2) { try store.close() }
        }
        #expect(model.count > 20)
    }

    @Test
    func `holds every commit that returned when its process is killed`() throws {
        var world = AlertWorld(seed: 7)
        var model = AlertModel()
        var options = AlertStore.Options()
        options.checkpointBytes = 64 << 10
        let store = try AlertStore(path: path, time: 0, options: options)
        for number in 1...40 {
            let changes = try world.next()
            try store.commit(changes, time: Double(number))
            model.take(changes)
            // What lies on the disk now, without what only the process knows.
            let copy = try TemporaryDirectory(inMemory: true)
            let target = copy.path(AlertStore.fileName)
            for suffix in ["", "-wal"] {
                try Data(contentsOf: URL(filePath: path + suffix))
                    .write(to: URL(filePath: target + suffix))
            }
            let next = try AlertStore(path: target, time: 0)
            #expect(next.events == [])
            #expect(AlertModel(try next.load()) == model)
        }
    }

    @Test
    func `takes a commit again that took effect already`() throws {
        var world = AlertWorld(seed: 5)
        var model = AlertModel()
        for _ in 0..<20 {
            let store = try AlertStore(path: path, time: 0)
            #expect(store.events == [])
            let changes = try world.next()
            for _ in 0..<3 { try store.commit(changes, time: 0) }
            model.take(changes)
            #expect(AlertModel(try store.load()) == model)
        }
    }

    @Test
    func `gives an engine back what an engine left`() throws {
        var engine = AlertEngine(policy: AlertPolicy()) { "a" }
        let isAdded = engine.add(silence("s"), now: 0)
        #expect(isAdded)
        let store = try AlertStore(path: path, time: 0)
        try store.commit(engine.takeChanges(), time: 0)
        let next = AlertEngine(policy: AlertPolicy(), kept: try store.load()) { "b" }
        #expect(next.silences == engine.silences)
    }

    @Test
    func `has one row for names that are equal, however they are written`() throws {
        let store = try AlertStore(path: path, time: 0)
        var changes = AlertChanges.none
        changes.silences["caf\u{E9}"] = .some(silence("caf\u{E9}"))
        try store.commit(changes, time: 0)
        changes = .none
        changes.silences["cafe\u{301}"] = .some(silence("cafe\u{301}", comment: "again"))
        try store.commit(changes, time: 0)
        #expect(try store.load().silences.map(\.comment) == ["again"])
        changes = .none
        changes.silences["caf\u{E9}"] = .some(nil)
        try store.commit(changes, time: 0)
        #expect(try store.load().silences == [])
        try store.close()
        #expect(try AlertStore(path: path, time: 0).events == [])
    }

    @Test
    func `gives every number back by its bits`() throws {
        var random = SeededGenerator(seed: 1)
        var numbers = [0, -0.0, .pi, .infinity, -.infinity, .greatestFiniteMagnitude]
        numbers.append(.leastNonzeroMagnitude)
        numbers += (0..<5_000).map { _ in Double(bitPattern: random.next()) }
            .filter { !$0.isNaN }
        let key = AlertKey(rule: "r")
        let evidence = Evidence(
            statistic: "s",
            value: .nan,
            threshold: 1,
            rows: .max,
            windowShares: numbers
        )
        let alert = Alert(
            key: key,
            rule: AlertRule(name: "r", statistic: .drift, condition: .above(1)),
            window: nil,
            activeAt: 0,
            evidence: evidence
        )
        var changes = AlertChanges.none
        changes.alerts[try .of(key, hasEnded: false)] = .some(alert)
        let store = try AlertStore(path: path, time: 0)
        try store.commit(changes, time: 0)
        let found = try #require(try store.load().alerts.first?.evidence)
        #expect(found.windowShares.map(\.bitPattern) == numbers.map(\.bitPattern))
        #expect(found.value.isNaN)
        #expect(found.rows == .max)
    }

    @Test
    func `keeps its log and its file small`() throws {
        var options = AlertStore.Options()
        options.checkpointBytes = 64 << 10
        let store = try AlertStore(path: path, time: 0, options: options)
        var changes = AlertChanges.none
        for number in 0..<200 {
            let comment = String(repeating: "x", count: 5_000)
            changes = .none
            changes.silences["\(number)"] = .some(silence("\(number)", comment: comment))
            try store.commit(changes, time: 0)
            #expect(try bytes("-wal") < 256 << 10)
        }
        changes = .none
        for number in 0..<200 { changes.silences["\(number)"] = .some(nil) }
        try store.commit(changes, time: 0)
        for _ in 0..<5 { try store.commit(.none, time: 0) }
        try store.close()
        #expect(try bytes("") < 512 << 10)
        let next = try AlertStore(path: path, time: 0)
        #expect(next.events == [])
        #expect(try next.load().silences == [])
    }
}
