// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

/// The evaluation: counts of the windows to statistics and verdicts.
extension ModelMonitor {
    /// Reports what windows hold.
    ///
    /// - Parameters:
    ///   - windows: The windows; the time windows end with the pane that holds the report's time.
    ///   - open: The base panes that count besides what is folded in.
    ///   - time: The time of the report, in Unix seconds.
    /// - Returns: A report on every feature of every window.
    /// - Complexity: O(cells × windows); one allocation a feature and window, its bins.
    func report(
        of windows: WindowSet,
        open: [WindowSet.OpenPane],
        time: Double
    ) -> MonitorReport {
        var scratch: [UInt64] = []
        scratch.reserveCapacity(windows.layout.largestFeature)
        let reports = zip(settings.windows, windows.places).map { definition, place in
            switch place {
            case .time(let index):
                let content = TimeWindowContent(
                    windows.timeWindows[index],
                    open: open,
                    basePaneSeconds: windows.basePaneSeconds,
                    time: time
                )
                return evaluate(content, definition.name, isByTime: true, scratch: &scratch)
            case .count(let index):
                let content = windows.countWindows[index]
                return evaluate(content, definition.name, isByTime: false, scratch: &scratch)
            }
        }
        return MonitorReport(
            model: reference.model,
            version: reference.version,
            reference: digest,
            time: time,
            windows: reports
        )
    }

    /// Evaluates every feature of one window; `scratch` holds one feature's counts at a time.
    private func evaluate(
        _ content: some WindowContent,
        _ name: String,
        isByTime: Bool,
        scratch: inout [UInt64]
    ) -> WindowReport {
        var features: [FeatureReport] = []
        features.reserveCapacity(evaluators.count)
        for index in evaluators.indices {
            let cells = windows.layout.cells(of: index)
            scratch.removeAll(keepingCapacity: true)
            scratch.append(contentsOf: repeatElement(0, count: cells.count))
            content.add(cells, to: &scratch)
            features.append(judge(index, evaluators[index].statistics(of: scratch.span)))
        }
        let times = content.timeRange
        return WindowReport(
            window: name,
            isByTime: isByTime,
            rows: content.rows,
            from: times?.lowerBound,
            to: times?.upperBound,
            verdict: Verdict(features: features.lazy.map(\.verdict)),
            features: features
        )
    }

    /// The report on one feature, given its statistics.
    private func judge(_ index: Int, _ statistics: FeatureStatistics) -> FeatureReport {
        let feature = reference.features[index]
        let threshold = settings.thresholds.threshold(
            of: feature,
            statistics,
            minimumRows: settings.minimumRows
        )
        return FeatureReport(
            name: feature.name,
            kind: feature.kind,
            verdict: Verdict(
                statistics,
                threshold: threshold,
                minimumRows: settings.minimumRows
            ),
            statistics: statistics,
            threshold: threshold,
            minimumRows: settings.minimumRows
        )
    }
}
