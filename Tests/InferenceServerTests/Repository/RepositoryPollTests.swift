// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

struct RepositoryPollTests {
    @Test(.mustEnd)
    func `a service that polls finds what is renamed into place`() async throws {
        let sample = try SampleRepository()
        try sample.publish("m/1", "constant-1")
        let poll = RepositoryPoll(try sample.started(), every: .milliseconds(5))
        let task = Task { try await poll.run() }
        try sample.publish("m/2", "constant-2")
        for await line in sample.log.stream where line.contains("model_version=2") { break }
        #expect(sample.board.versions("m") == ["1", "2"])
        task.cancel()
        try await task.value
    }

    @Test
    func `renames under a poll loop are seen whole or not at all`() async throws {
        let sample = try SampleRepository()
        try sample.publish("m/1", "constant-1", golden: #"{"rows":[[0]],"prediction":[1]}"#)
        let repository = try sample.started()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    repository.poll()
                    let entry = try #require(sample.board.entry("m"))
                    try #require(entry.unavailable == [])
                    for served in entry.versions {
                        let number = try #require(Int(served.version))
                        try #require(try served.value("[0]") == Float(Self.value(of: number)))
                    }
                }
            }
            group.addTask {
                for version in 2...40 {
                    let value = Self.value(of: version)
                    try sample.publish(
                        "m/\(version)",
                        "constant-\(value)",
                        golden: #"{"rows":[[0]],"prediction":[\#(value)]}"#
                    )
                    if version > 4 { try sample.remove("m/\(version - 3)") }
                }
            }
            // The poll loop ends first only by a failure.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
        repository.poll()
        #expect(sample.board.versions("m") == ["1", "38", "39", "40"])
    }

    @Test
    func `promotions, rollbacks and looks at the same time leave one consistent state`()
        async throws
    {
        let sample = try SampleRepository()
        for version in 1...3 { try sample.publish("m/\(version)", "constant-\(version)") }
        let repository = try sample.started()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for round in 0..<25 {
                        if task == 0 {
                            repository.poll()
                        } else if round.isMultiple(of: 3) {
                            _ = try? repository.rollBack("m")
                        } else {
                            _ = try? repository.promote("m", to: "\((task + round) % 3 + 1)")
                        }
                    }
                }
            }
        }
        let shown = sample.board.defaultVersion("m")
        #expect(shown == repository.history.records["m"]?.current.text)
        // What a restart finds is what was in force.
        let restarted = try sample.started()
        #expect(sample.board.defaultVersion("m") == shown)
        #expect(restarted.history == repository.history)
    }

    private static func value(of version: Int) -> Int { (version - 1) % 3 + 1 }
}
