// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting
import Sidecar
import Testing

struct SettingsFaultTests {
    /// A file and the messages of its faults.
    struct Case: CustomTestStringConvertible {
        let file: String
        let messages: [String]

        init(_ file: String, _ messages: String...) {
            self.file = file
            self.messages = messages
        }

        var testDescription: String { messages.first ?? file }
    }

    static let values: [Case] = [
        Case("clock: arival", "f:1:8: clock: expected arrival or event, found \"arival\""),
        Case(
            "listen: 80",
            "f:1:9: listen: expected host:port, with a port from 0 to 65535, found \"80\""
        ),
        Case(
            "\nevaluate_every: 15",
            "f:2:17: evaluate_every: expected a duration from 100ms to 1h, found \"15\""
        ),
        Case(
            "lateness: 1500ms",
            "f:1:11: lateness: expected a duration from 0s to 24h, in whole seconds, found \"1500ms\""
        ),
        Case(
            "min_rows: [1]",
            "f:1:11: min_rows: expected a whole number from 1 to 1000000000, found a list of 1"
        ),
        Case(
            "socket: {mode: 660}",
            "f:1:16: socket.mode: expected four octal digits from \"0000\" to \"0777\", found \"660\""
        ),
        Case(
            "socket: {mode: \"0668\"}",
            "f:1:16: socket.mode: expected four octal digits from \"0000\" to \"0777\", found \"0668\""
        ),
        Case("socket: /run/s", "f:1:9: socket: expected a mapping, found \"/run/s\""),
        Case(
            "thresholds: {ks_statistic: 0}",
            "f:1:28: thresholds.ks_statistic: expected a number above 0, at most 1, found \"0\""
        ),
        Case(
            "thresholds: {features: {t: {js_divergence: nan}}}",
            "f:1:44: thresholds.features.t.js_divergence: "
                + "expected a number above 0, at most 1, found \"nan\""
        ),
        Case(
            "references: r.json",
            "f:1:13: references: expected a list of 1 to 256, each "
                + "the path of a file or directory, 1 to 4095 bytes long, found \"r.json\""
        ),
        Case(
            "socket: {max_line: 1GiB}",
            "f:1:20: socket.max_line: expected a size from 256 to 16MiB, found \"1GiB\""
        ),
        Case("[]", "f:1:1: expected a mapping, found an empty list"),
    ]

    static let windows: [Case] = [
        Case(
            "windows: []",
            "f:1:10: windows: expected a list of 1 to 32, each a window, found an empty list"
        ),
        Case("windows: [{name: a}]", "f:1:11: windows[0]: missing; expected panes or rows"),
        Case(
            "windows: [{name: a, pane: 1m}]",
            "f:1:11: windows[0]: missing; expected panes or rows"
        ),
        Case(
            "windows: [{name: a, panes: 1, rows: 1}]",
            "f:1:11: windows[0]: expected a window by time (panes, pane) or by count (rows), "
                + "found panes and rows"
        ),
        Case(
            "windows: [{rows: 1}]",
            "f:1:11: windows[0].name: missing; "
                + "expected a name of 1 to 64 letters, digits, dots, dashes and underscores"
        ),
        Case(
            "windows: [{name: a b, rows: 1}]",
            "f:1:18: windows[0].name: "
                + "expected a name of 1 to 64 letters, digits, dots, dashes and underscores, found \"a b\""
        ),
        Case(
            "windows: [{name: a, rows: 1}, {name: a, rows: 2}]",
            "f:1:31: windows[1].name: given twice, first at f:1:11"
        ),
        Case(
            "windows: [{name: a, rows: 10000001}]",
            "f:1:27: windows[0].rows: expected a whole number from 1 to 10000000, found \"10000001\""
        ),
        Case(
            "windows: [{name: a, panes: 0, pane: 500ms}]",
            "f:1:28: windows[0].panes: expected a whole number from 1 to 100000, found \"0\"",
            "f:1:37: windows[0].pane: expected a duration from 1s to 366d, in whole seconds, "
                + "found \"500ms\""
        ),
    ]

    static let keys: [Case] = [
        Case("lisen: a:1", "f:1:1: lisen: unknown; did you mean listen?"),
        Case("socket: {paht: /s}", "f:1:10: socket.paht: unknown; did you mean path?"),
        Case("path: /s", "f:1:1: path: unknown; did you mean socket.path?"),
        Case(
            "max-connections: 3",
            "f:1:1: max-connections: unknown; did you mean socket.max_connections?"
        ),
        Case("gadgets: []", "f:1:1: gadgets: unknown"),
        Case("windows: [{name: a, row: 1}]", "f:1:21: windows[0].row: unknown; did you mean rows?"),
        Case(
            "min_rows: 1\nclock: event\nmin_rows: 2",
            "f:3:1: min_rows: given twice, first at f:1:1"
        ),
        Case(
            "min_rows: 1\nmin_rows: 2\n'min_rows': 3",
            "f:2:1: min_rows: given twice, first at f:1:1",
            "f:3:1: min_rows: given twice, first at f:2:1"
        ),
        Case(
            "clock: nothing\nsocket: {path: a, \"path\": b}\nclock: event\nlisen: 1",
            "f:2:19: path: given twice, first at f:2:10",
            "f:3:1: clock: given twice, first at f:1:1",
            "f:4:1: lisen: unknown; did you mean listen?"
        ),
        Case(
            "[a]: 1\nlisen: 2",
            "f:1:1: expected a key, found a list or mapping",
            "f:2:1: lisen: unknown; did you mean listen?"
        ),
    ]

    static let syntax: [Case] = [
        Case(
            "a: [1",
            "f:2:1: no YAML: while parsing a flow sequence of line 1, "
                + "did not find expected ',' or ']'"
        ),
        Case(
            "clock: event\n\tmin_rows: 1",
            "f:2:1: no YAML: while scanning a plain scalar of line 1, "
                + "found a tab character that violates indentation"
        ),
        Case("a: \u{7}", "f:1:4: no YAML: control characters are not allowed"),
        Case(
            "clock: event\n---\nclock: event",
            "f:2:1: no YAML: expected a single document in the stream of line 1, "
                + "but found another document"
        ),
        Case(
            "a: &x [1]\nstate: *x",
            "f:1:1: a: unknown",
            "f:2:8: aliases are not supported; write the value out"
        ),
    ]

    @Test(arguments: values + windows + keys + syntax)
    func `a fault says where it is, what was found and what is expected`(example: Case) {
        #expect(messages(example.file) == example.messages)
    }

    @Test
    func `every fault of every source is told`() throws {
        let file = SettingsFile(
            name: "f",
            bytes: Array("clock: a\nlisen: 1\nwindows: [{name: '', rows: 0}]".utf8)
        )
        let error = #expect(throws: SettingsError.self) {
            try ResolvedSettings<SidecarSettings>(
                file: file,
                environment: ["KEDGE_LISTEN": "x", "KEDGE_CLOK": "event", "KEDGE_SOCKET": "/s"],
                flags: SettingsFlag.parse(["--mode", "1", "--expire", "0s", "--clock=event"])
            )
        }
        #expect(
            error?.faults.map { "\($0.place): \($0.key)" } == [
                "f:1:8: clock", "f:2:1: lisen", "f:3:18: windows[0].name",
                "f:3:28: windows[0].rows",
                "KEDGE_CLOK: ", "KEDGE_LISTEN: listen", "KEDGE_SOCKET: ", "--mode: ",
                "--expire: expire",
            ]
        )
    }

    @Test
    func `variables of others are left alone`() throws {
        let environment = [
            "KEDGE_SERVICE_HOST": "10.0.0.1", "KEDGE_PORT": "tcp://10.0.0.1:9095",
            "KEDGE_PORT_9095_TCP_ADDR": "10.0.0.1", "KEDGE_BINARY": "x", "XKEDGE_LISTEN": "x",
        ]
        #expect(
            try ResolvedSettings<SidecarSettings>(environment: environment).settings
                == SidecarSettings()
        )
    }

    @Test
    func `a flag that is given twice, or is none, or has no value is a fault`() {
        let error = #expect(throws: SettingsError.self) {
            try ResolvedSettings<SidecarSettings>(
                flags: SettingsFlag.parse(["--clock", "event", "--clock", "arrival"])
            )
        }
        #expect(error?.description == "--clock: clock: given twice, first at --clock")
        let syntax = #expect(throws: SettingsError.self) {
            try SettingsFlag.parse(["stray", "--clock=event", "-x", "--listen"])
        }
        #expect(
            syntax?.description == """
                stray: expected a flag such as --listen, found "stray"
                -x: expected a flag such as --listen, found "-x"
                --listen: missing; expected a value
                """
        )
    }

    @Test
    func `a file that is absent or no UTF-8 is one fault`() {
        let absent = #expect(throws: SettingsError.self) {
            try SettingsFile(reading: "/nonexistent/kedge.yaml")
        }
        #expect(
            absent?.description
                == "/nonexistent/kedge.yaml:1:1: cannot be read: No such file or directory"
        )
        let binary = #expect(throws: SettingsError.self) {
            try ResolvedSettings<SidecarSettings>(
                file: SettingsFile(name: "f", bytes: [0x61, 0xFF])
            )
        }
        #expect(binary?.description == "f:1:1: no UTF-8")
    }

    private func messages(_ text: String) -> [String] {
        do {
            _ = try ResolvedSettings<SidecarSettings>(
                file: SettingsFile(name: "f", bytes: Array(text.utf8))
            )
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }
}
