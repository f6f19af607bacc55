// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import InferenceServer
import Testing

struct ServerSettingsTests {
    private func resolve(_ text: String) throws -> ServerSettings {
        let file = SettingsFile(name: "f", bytes: Array(text.utf8))
        return try ResolvedSettings<ServerSettings>(file: file).settings
    }

    private static let everything = """
        models: /srv/models
        listen: "[::1]:0"
        default_model: fraud/eu
        poll_every: 500ms
        state: /var/lib/serve
        token_file: /etc/token
        log_socket: /run/k.sock
        log_queue: 64KiB
        log_acknowledge: true
        producer: pod-7/serve
        access_log: true
        threads: 3
        drain: 0s
        limits: {body: 1KiB, header: 2KiB, rows: 4, concurrency: 5, time: 6s}
        """

    @Test
    func `nothing said is the defaults`() throws {
        let settings = try ResolvedSettings<ServerSettings>().settings
        #expect(settings == ServerSettings())
        #expect(settings.models == "models")
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8_080))
        #expect(settings.logSocket == nil)
        #expect(settings.logQueueBytes == 4_194_304)
        #expect(!settings.logAcknowledge)
        #expect(settings.producer == nil)
        #expect(settings.state == nil)
        #expect(settings.adminSocket == nil)
        #expect(settings.tokenFile == nil)
        #expect(settings.defaultModel == nil)
        #expect(settings.pollEvery == .seconds(5))
        #expect(settings.threads == 0)
        #expect(!settings.accessLog)
        #expect(settings.drain == .seconds(5))
        #expect(settings.limits.bodyBytes == 8_388_608)
        #expect(settings.limits.rows == 10_000)
        #expect(settings.limits.time == .seconds(10))
        #expect(settings.headerBytes == 16_384)
        #expect(settings.concurrency == 256)
    }

    @Test
    func `a file sets every key, and what is shown of it reads back to the same`() throws {
        let settings = try resolve(Self.everything)
        #expect(settings.models == "/srv/models")
        #expect(settings.listen == ListenAddress(host: "::1", port: 0))
        #expect(settings.defaultModel == "fraud/eu")
        #expect(settings.pollEvery == .milliseconds(500))
        #expect(settings.state == "/var/lib/serve")
        #expect(settings.adminSocket == "/var/lib/serve/admin.sock")
        #expect(settings.tokenFile == "/etc/token")
        #expect(settings.logSocket == "/run/k.sock")
        #expect(settings.logQueueBytes == 65_536)
        #expect(settings.logAcknowledge)
        #expect(settings.producer == "pod-7/serve")
        #expect(settings.accessLog)
        #expect(settings.threads == 3)
        #expect(settings.drain == .zero)
        #expect(settings.limits.bodyBytes == 1_024)
        #expect(settings.headerBytes == 2_048)
        #expect(settings.limits.rows == 4)
        #expect(settings.concurrency == 5)
        #expect(settings.limits.time == .seconds(6))
        #expect(try resolve(settings.yaml) == settings)
        #expect(try resolve(ServerSettings().yaml) == ServerSettings())
    }

    @Test
    func `every key has its own variable and flag`() throws {
        let keys = ServerSettings.table.descriptions
        #expect(Set(keys.map(\.variable)).count == keys.count)
        #expect(Set(keys.flatMap(\.flags)).count == keys.count)
        let settings = try ResolvedSettings<ServerSettings>(
            environment: ["KEDGE_TOKEN_FILE": "/t", "KEDGE_LIMITS_BODY": "1MiB"],
            flags: SettingsFlag.parse([
                "--log-socket", "/s", "--drain=0s", "--access-log", "true", "--limits-body", "2MiB",
            ])
        ).settings
        #expect(settings.tokenFile == "/t")
        #expect(settings.logSocket == "/s")
        #expect(settings.drain == .zero)
        #expect(settings.accessLog)
        #expect(settings.limits.bodyBytes == 2_097_152)
    }

    @Test(arguments: [
        ("access_log: yes", "f:1:13: access_log: expected true or false, found \"yes\""),
        ("access_log:", ""),
        (
            "default_model: \"\"",
            "f:1:16: default_model: expected the name of a model, 1 to 255 bytes long, without "
                + "control characters, found \"\""
        ),
        (
            "producer: \"a\\nb\"",
            "f:1:11: producer: expected the name of a producer, 1 to 255 bytes long, without "
                + "control characters, found \"a\nb\""
        ),
        ("threads: 300", "f:1:10: threads: expected a whole number from 0 to 256, found \"300\""),
        (
            "limits: {rows: 0}",
            "f:1:16: limits.rows: expected a whole number from 1 to 10000000, found \"0\""
        ),
        ("logsocket: /s", "f:1:1: logsocket: unknown; did you mean log_socket?"),
        ("body: 1", "f:1:1: body: unknown; did you mean limits.body?"),
    ])
    func `a fault says where it is and what is expected`(file: String, message: String) {
        do throws(SettingsError) {
            _ = try ResolvedSettings<ServerSettings>(
                file: SettingsFile(name: "f", bytes: Array(file.utf8))
            )
            #expect(message == "")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test
    func `the path of the admin socket fits a socket's address`() throws {
        let longest = "/" + String(repeating: "d", count: 87)
        let socket = try resolve("state: \(longest)").adminSocket
        #expect(socket?.utf8.count == SocketFile.maximumPathBytes)
        #expect(throws: SettingsError.self) { try resolve("state: \(longest)d") }
    }

    @Test
    func `the bundled file is the manual, and is valid`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let text = try String(
            contentsOf: root.appending(path: "config/server.yaml"),
            encoding: .utf8
        )
        #expect(text == SettingsManual<ServerSettings>.yaml)
        #expect(try resolve(text) == ServerSettings())
        for key in ServerSettings.table.descriptions {
            #expect(SettingsManual<ServerSettings>.markdown.contains("| `\(key.path)` |"))
            #expect(SettingsManual<ServerSettings>.flagHelp.contains(key.flags[0]))
        }
    }

    @Test
    func `every example of the manual is valid`() throws {
        let examples = ServerSettings.table.descriptions.compactMap { key in
            key.example.map { [key.variable: $0] }
        }
        #expect(examples.count == 5)
        for environment in examples {
            let resolved = try ResolvedSettings<ServerSettings>(environment: environment)
            #expect(resolved.settings != ServerSettings())
        }
    }
}
