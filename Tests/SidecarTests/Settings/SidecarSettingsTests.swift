// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import Hosting
import Sidecar
import Testing

struct SidecarSettingsTests {
    @Test
    func `nothing said is the defaults`() throws {
        let settings = try ResolvedSettings<SidecarSettings>().settings
        #expect(settings == SidecarSettings())
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 9_095))
        #expect(settings.socket.path == "/run/kedge/kedge.sock")
        #expect(settings.socket.mode == 0o660)
        #expect(settings.evaluateEvery == .seconds(15))
        #expect(settings.monitor.clock == .arrival)
        #expect(settings.monitor.minimumRows == 200)
        #expect(settings.monitor.latenessSeconds == 60)
        #expect(settings.monitor.expireSeconds == 86_400)
        #expect(settings.monitor.thresholds == Thresholds())
        #expect(
            settings.monitor.windows == [
                WindowDefinition(name: "1h", extent: .panes(count: 60, seconds: 60)),
                WindowDefinition(name: "10k", extent: .rows(10_000)),
            ]
        )
    }

    @Test
    func `a file sets every key`() throws {
        let settings = try resolve(Self.everything)
        #expect(settings.listen == ListenAddress(host: "::1", port: 0))
        #expect(settings.state == "/var/lib/kedge")
        #expect(settings.tokenFile == "/etc/kedge/token")
        #expect(settings.historySeconds == 7 * 86_400)
        #expect(settings.references == ["a.json", "b, c"])
        #expect(settings.socket.path == "/run/k.sock")
        #expect(settings.socket.mode == 0o600)
        #expect(settings.socket.group == "serving")
        #expect(settings.socket.allowedUsers == [0, 65_532])
        #expect(settings.socket.connections == 9)
        #expect(settings.socket.idle == nil)
        #expect(settings.socket.lineBytes == 131_072)
        #expect(settings.monitor.clock == .event)
        #expect(settings.evaluateEvery == .milliseconds(500))
        #expect(settings.monitor.minimumRows == 7)
        #expect(settings.monitor.latenessSeconds == 90)
        #expect(settings.monitor.expireSeconds == 172_800)
        #expect(settings.monitor.thresholds.ksStatistic == 0.2)
        #expect(settings.monitor.thresholds.jsDivergence == 0.05)
        #expect(
            settings.monitor.thresholds.features == [
                "temp": .init(ksStatistic: 0.6),
                "odd: name": .init(ksStatistic: 0.25, jsDivergence: 1),
            ]
        )
        #expect(
            settings.monitor.windows == [
                WindowDefinition(name: "day", extent: .panes(count: 24, seconds: 3_600)),
                WindowDefinition(name: "5k", extent: .rows(5_000)),
            ]
        )
        #expect(settings.limits == MonitorLimits(monitors: 2, features: 3, categories: 4))
        #expect(settings.metricsFeatures == 5)
    }

    @Test(arguments: [everything, "", "windows: [{name: a, rows: 1}]"])
    func `what config show prints reads back to the same`(file: String) throws {
        let settings = try resolve(file)
        #expect(try resolve(settings.yaml) == settings)
    }

    @Test(arguments: [
        "yes", "no", "null", "~", "0660", "1e3", "12:30", "-", "#", "a # b", "a: b", "'", "\"",
        "\\",
        "\u{7}", "\u{2028}", "\u{85}", "x\u{FEFF}", "ü", "🪝", " a ", "[a]", "{a", "*a", "&a", "!a",
        "%a", "@a", "`a", "a,b", "2026-11-21", "0x1f", ".inf", "1_000", "a\nb", "\u{E000}", "?",
        "? a",
        "=", "<<", "a:", "./a", "../a-b_c.d",
    ])
    func `any name of a feature and any path is shown so that it reads back`(text: String) throws {
        var settings = SidecarSettings()
        settings.references = [text, "other"]
        settings.state = text
        settings.monitor.thresholds.features = [text: .init(ksStatistic: 0.5)]
        #expect(try resolve(settings.yaml) == settings)
    }

    @Test
    func `a key with nothing behind it keeps its default`() throws {
        let file = "state:\nsocket:\nthresholds:\n  features: ~\nmin_rows: null\n"
        #expect(try resolve(file) == SidecarSettings())
    }

    @Test
    func `flags win over the environment, the environment over the file`() throws {
        let file = SettingsFile(
            name: "f",
            bytes: Array("min_rows: 1\nlateness: 1s\nexpire: 1m".utf8)
        )
        let resolved = try ResolvedSettings<SidecarSettings>(
            file: file,
            environment: ["KEDGE_MIN_ROWS": "2", "KEDGE_LATENESS": "2s", "HOME": "/"],
            flags: SettingsFlag.parse(["--min-rows", "3", "--evaluate-every=1s"])
        )
        #expect(resolved.settings.monitor.minimumRows == 3)
        #expect(resolved.settings.monitor.latenessSeconds == 2)
        #expect(resolved.settings.monitor.expireSeconds == 60)
        #expect(resolved.settings.evaluateEvery == .seconds(1))
        #expect(
            resolved.places == [
                "min_rows": .flag("--min-rows"), "lateness": .variable("KEDGE_LATENESS"),
                "expire": .file("f", line: 3, column: 9),
                "evaluate_every": .flag("--evaluate-every"),
            ]
        )
    }

    @Test
    func `lists and mappings come from the environment and from flags as well`() throws {
        let resolved = try ResolvedSettings<SidecarSettings>(
            environment: [
                "KEDGE_WINDOWS": "[{name: a, rows: 5}]",
                "KEDGE_THRESHOLDS_FEATURES": "{temp: {ks_statistic: 0.6}}",
                "KEDGE_SOCKET_MODE": "0600",
                "KEDGE_SOCKET_ALLOW_UIDS": "1,2",
                "KEDGE_REFERENCES": "[\"a,b\"]",
            ],
            flags: SettingsFlag.parse([
                "--reference", "r1.json", "--references", "r2.json,r3.json", "--socket", "/s",
            ])
        )
        let settings = resolved.settings
        #expect(settings.monitor.windows == [WindowDefinition(name: "a", extent: .rows(5))])
        #expect(settings.monitor.thresholds.features == ["temp": .init(ksStatistic: 0.6)])
        #expect(settings.socket.mode == 0o600)
        #expect(settings.socket.allowedUsers == [1, 2])
        #expect(settings.socket.path == "/s")
        #expect(settings.references == ["r1.json", "r2.json", "r3.json"])
        let windows = try ResolvedSettings<SidecarSettings>(
            flags: SettingsFlag.parse([
                "--windows", "{name: a, rows: 5}", "--windows", "[{name: b, panes: 2, pane: 1h}]",
            ])
        ).settings.monitor.windows
        #expect(windows.map(\.name) == ["a", "b"])
    }

    @Test
    func `names of variables and flags follow from the key, and no two are the same`() {
        let keys = SidecarSettings.table.descriptions
        #expect(keys.contains { $0.variable == "KEDGE_SOCKET_MAX_CONNECTIONS" })
        #expect(keys.contains { $0.flags == ["--socket-max-connections"] })
        #expect(Set(keys.map(\.variable)).count == keys.count)
        #expect(Set(keys.flatMap(\.flags)).count == keys.flatMap(\.flags).count)
    }

    @Test
    func `the bundled file is the manual, and is valid`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let text = try String(
            contentsOf: root.appending(path: "config/sidecar.yaml"),
            encoding: .utf8
        )
        #expect(text == SettingsManual<SidecarSettings>.yaml)
        #expect(try resolve(text) == SidecarSettings())
        for key in SidecarSettings.table.descriptions {
            let name = key.path.split(separator: ".").last ?? ""
            #expect(text.contains("\(name):"))
            #expect(SettingsManual<SidecarSettings>.markdown.contains("| `\(key.path)` |"))
            #expect(SettingsManual<SidecarSettings>.flagHelp.contains(key.flags[0]))
        }
    }

    @Test
    func `every example of the manual is valid`() throws {
        let examples = SidecarSettings.table.descriptions.compactMap { key in
            key.example.map { (key: key.variable, value: $0) }
        }
        #expect(examples.count == 10)
        let receivers = try #require(examples.first { $0.key == "KEDGE_RECEIVERS" })
        for example in examples {
            // Routes name receivers.
            let environment = [receivers.key: receivers.value]
                .merging([example.key: example.value]) { $1 }
            #expect(
                try ResolvedSettings<SidecarSettings>(environment: environment).settings
                    != SidecarSettings()
            )
        }
    }

    private func resolve(_ text: String) throws -> SidecarSettings {
        try ResolvedSettings<SidecarSettings>(
            file: SettingsFile(name: "f", bytes: Array(text.utf8))
        ).settings
    }

    static let everything = """
        listen: "[::1]:0"
        state: /var/lib/kedge
        token_file: /etc/kedge/token
        references: [a.json, "b, c"]
        socket: {path: /run/k.sock, mode: 0600, group: serving, allow_uids: [0, 65532]
          , max_connections: 9, idle: never, max_line: 128KiB}
        clock: event
        evaluate_every: 500ms
        history: 7d
        min_rows: 7
        lateness: 1m30s
        expire: 2d
        thresholds:
          ks_statistic: .2
          js_divergence: 5e-2
          features:
            temp: {ks_statistic: 0.6}
            "odd: name": {ks_statistic: 0.25, js_divergence: 1}
        windows:
          - {name: day, panes: 24, pane: 1h}
          - name: 5k
            rows: 5000
        limits: {monitors: 2, features: 3, categories: 4, metrics_features: 5}
        """
}
