// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

/// The settings of no program, with a key of each kind.
struct SampleSettings: ProgramSettings {
    /// What stands in a list.
    struct Rule: Sendable, Equatable {
        var name = ""
        var share = 1.0

        static let table = SettingsTable<Rule>([
            SettingsKey("name", \.name, .label, "What it is called.", isRequired: true),
            SettingsKey("share", \.share, .threshold, "How much of it."),
        ])
    }

    var listen = ListenAddress(host: "127.0.0.1", port: 1)
    var state: String?
    var files = ["a"]
    var bytes = 1_024
    var idle: Duration? = .seconds(1)
    var shares: [String: Double] = [:]
    var rules: [Rule] = []

    static let program = "the sample"
    static let configFlag: String? = nil

    static let table = SettingsTable<SampleSettings>([
        SettingsKey("listen", \.listen, .address, "Where it listens."),
        SettingsKey("state", \.state, .path("a directory"), "Its own.", example: "/var/lib/sample"),
        SettingsKey("files", \.files, .list(of: .path("a file"), counts: 1...9), "What it reads."),
        SettingsKey("limits.most_bytes", \.bytes, .bytes(1...1_048_576), "How much it reads."),
        SettingsKey(
            "limits.idle",
            \.idle,
            .durationOrNever(.seconds(1)...(.seconds(60))),
            "How long it waits."
        ),
        SettingsKey(
            "shares",
            \.shares,
            .dictionary(from: "names", to: .threshold),
            "The share of each name."
        ),
        SettingsKey(
            "rules",
            \.rules,
            .list(of: .mapping("a rule", Rule.table, empty: Rule()), counts: 0...9),
            "What it does."
        ),
    ])

    /// A file that sets every key, in block and in flow style.
    static let everything = """
        listen: "[::1]:0"
        state: /var/lib/kedge   # a comment
        files: [a.json, "b, c", 'it''s']
        limits: {most_bytes: 128KiB,
          idle: never}
        shares:
          temp: .2
          "odd: name": 5e-2
        rules:
          - {name: day, share: 0.5}
          - name: 5k
            share: 1
        """
}
