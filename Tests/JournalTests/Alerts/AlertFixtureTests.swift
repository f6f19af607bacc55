// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation
import Journal
import TestSupport
import Testing

/// Files of the alerts that released versions wrote: each stays readable.
///
/// `Tests/Fixtures/alerts/README.md` says how one is made.
struct AlertFixtureTests {
    @Test(arguments: ["v1"])
    func `opens what a released version wrote, and goes on with it`(version: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(AlertStore.fileName)
        let file = try Fixture.bytes("alerts/\(version).sqlite")
        try Data(file).write(to: URL(filePath: path))
        let store = try AlertStore(path: path, time: 0)
        #expect(store.events == [])
        #expect(AlertModel(try store.load()) == (try AlertSample().model))
        try store.commit(.none, time: 1)
        #expect(AlertModel(try store.load()) == (try AlertSample().model))
    }

    @Test
    func `writes what the fixture of its version holds`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path(AlertStore.fileName)
        var options = AlertStore.Options()
        options.pageBytes = 512
        let store = try AlertStore(path: path, time: 0, options: options)
        try store.commit(AlertSample().changes, time: 1_240)
        #expect(AlertModel(try store.load()) == (try AlertSample().model))
        try store.close()
        // How a fixture is made before a release.
        if let target = ProcessInfo.processInfo.environment["KEDGE_WRITE_ALERTS_FIXTURE"] {
            try Data(contentsOf: URL(filePath: path)).write(to: URL(filePath: target))
        }
    }
}
