// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting

/// A window as written, before it is known to be one by time or one by count.
private struct WindowDraft: Sendable {
    var name = ""
    var panes: Int?
    var pane: Int?
    var rows: Int?

    static let table = SettingsTable<WindowDraft>([
        SettingsKey("name", \.name, .label, "The name in reports and labels.", isRequired: true),
        SettingsKey(
            "panes",
            \.panes,
            .integer(WindowDefinition.paneCounts),
            "By time: how many panes, the open one included."
        ),
        SettingsKey(
            "pane",
            \.pane,
            .seconds(WindowDefinition.paneSeconds),
            "By time: how long a pane is; 1m when left out."
        ),
        SettingsKey(
            "rows",
            \.rows,
            .integer(1...10_000_000),
            "By count: how many records."
        ),
    ])
}

extension SettingsFormat where Value == WindowDefinition {
    /// A rolling window: a name, and either panes or rows.
    static var window: SettingsFormat {
        mapping("a window", WindowDraft.table, draft: WindowDraft()) { draft, node, key, reading in
            let extent: WindowDefinition.Extent
            switch (draft.panes, draft.pane, draft.rows) {
            case (let panes?, let pane, nil): extent = .panes(count: panes, seconds: pane ?? 60)
            case (nil, nil, let rows?): extent = .rows(rows)
            case (nil, _, nil):
                reading.report(.missing(expected: "panes or rows"), key: key, at: node.place)
                return nil
            case (_, _, _?):
                let problem = SettingsFault.Problem.unexpected(
                    found: "panes and rows",
                    expected: "a window by time (panes, pane) or by count (rows)"
                )
                reading.report(problem, key: key, at: node.place)
                return nil
            }
            return WindowDefinition(name: draft.name, extent: extent)
        } open: { window in
            switch window.extent {
            case .panes(let count, let seconds):
                WindowDraft(name: window.name, panes: count, pane: seconds)
            case .rows(let rows):
                WindowDraft(name: window.name, rows: rows)
            }
        }
    }
}
