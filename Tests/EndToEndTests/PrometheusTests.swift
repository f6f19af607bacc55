// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// A real Prometheus, promtool and the OpenMetrics parser of `prometheus_client`.
    @Suite
    struct PrometheusTests {
        @Test
        func `both formats are clean for promtool, prometheus_client and our own check`()
            async throws
        {
            let sidecar = try await fedSidecar()
            let text = try await sidecar.get("/metrics", headers: ["Accept": "text/plain"])
            #expect(text.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let open = try await sidecar.get(
                "/metrics",
                headers: ["Accept": "application/openmetrics-text; version=1.0.0"]
            )
            #expect(
                open.fields["content-type"]
                    == "application/openmetrics-text; version=1.0.0; charset=utf-8"
            )
            #expect(ExpositionCheck(text.body, dialect: .text).faults.isEmpty)
            #expect(ExpositionCheck(open.body, dialect: .openMetrics).faults.isEmpty)

            let directory = sidecar.directory
            try directory.write(text.body, to: "text.prom")
            try directory.write(open.body, to: "open.prom")
            let promtool = try shell("promtool check metrics < text.prom", in: directory)
            #expect(promtool.status == 0, "\(promtool.output)")
            #expect(promtool.output.isEmpty, "\(promtool.output)")
            let parser = """
                from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
                families = list(parse(open("open.prom").read()))
                assert any(family.name == "kedge_drift_ks_statistic" for family in families)
                print(len(families))
                """
            try directory.write(parser, to: "parse.py")
            let python = try shell("'\(Self.python)' parse.py", in: directory)
            #expect(python.status == 0, "\(python.output)")
        }

        @Test(arguments: ["text", "openmetrics"])
        func `Prometheus scrapes while records arrive and PromQL returns the oracle's values`(
            format: String
        ) async throws {
            let sidecar = try RunningSidecar(configuration: try Self.configuration())
            // Prometheus always asks for OpenMetrics first; the proxy takes that choice away.
            let proxy = try format == "text" ? TextOnlyProxy(for: sidecar) : nil
            let prometheus = try Prometheus(
                scraping: proxy?.base ?? sidecar.base,
                in: sidecar.directory
            )
            try await feed(sidecar, rows: 20_000)
            try await prometheus.wait(for: "kedge_window_rows{window=\"5k\"}", toBe: 5_000)
            let records = #"kedge_ingest_records_total{model="delay"}"#
            try await prometheus.wait(for: records, toBe: 20_000)
            let expected = try Flights.oracle("quiet")[3]
            for feature in ["temp", "dep_delay", "prediction", "pressure"] {
                let query = "kedge_drift_ks_statistic{feature=\"\(feature)\",window=\"5k\"}"
                let value = try #require(expected[feature]?["ks_statistic"])
                try await prometheus.wait(for: query, toBe: value)
            }
            for feature in ["carrier", "origin", "dest"] {
                let query = "kedge_drift_js_divergence{feature=\"\(feature)\",window=\"5k\"}"
                let value = try #require(expected[feature]?["js_divergence"])
                try await prometheus.wait(for: query, toBe: value)
            }
            let up = try await prometheus.query("min_over_time(up[1m])")
            #expect(up == 1, "a scrape failed")
        }

        private static var python: String {
            let environment = Fixture.packageRoot.appending(path: ".venv/bin/python").path
            return FileManager.default.isExecutableFile(atPath: environment)
                ? environment : "python3"
        }

        private static func configuration() throws -> String {
            """
            references: ["\(try Flights.exactReference())"]
            clock: event
            windows: [{name: 5k, rows: 5000}, {name: 7d, pane: 24h, panes: 7}]
            """
        }

        private func fedSidecar() async throws -> RunningSidecar {
            let sidecar = try RunningSidecar(configuration: try Self.configuration())
            try await feed(sidecar, rows: 10_000)
            try await sidecar.wait(
                for: #"kedge_window_rows{model="delay",model_version="1",window="5k"}"#,
                toBe: 5_000
            )
            return sidecar
        }

        private func feed(_ sidecar: RunningSidecar, rows: Int) async throws {
            let file = try Flights.head(rows, of: "quiet", in: sidecar.directory)
            let replay = try Kedge.run(
                [
                    "replay", "--input", file, "--socket", sidecar.socket, "--speed", "max",
                    "--reference", try Flights.exactReference(), "--ignore", "late",
                ],
                in: sidecar.directory.url
            )
            #expect(replay.status == 0, "\(replay.errors)")
        }

        private func shell(
            _ command: String,
            in directory: TemporaryDirectory
        ) throws -> (status: Int32, output: String) {
            let process = try RunningProcess(
                URL(filePath: "/bin/sh"),
                ["-c", "exec 2>&1; " + command],
                in: directory.url,
                name: "shell-\(UUID().uuidString.prefix(8))"
            )
            return (process.exitCode(), process.output)
        }
    }
}
