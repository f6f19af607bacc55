// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Exposition
import Hosting
import Sidecar
import TestSupport
import Testing

struct MetricsDocumentTests {
    @Test(arguments: ExpositionFormat.allCases)
    func `the whole page is sound, and the same twice`(format: ExpositionFormat) throws {
        var document = MetricsDocument(build: BuildInfo(version: "0.1.0", revision: "abc"))
        var counters = IngestCounters()
        counters.versions = [RecordCounts(model: "delay", version: "1", records: 3)]
        var process = ProcessStatistics()
        process.cpuSeconds = 1.25
        let report = SampleReports.report([SampleReports.monitor(try SampleReports.reference())])
        let pages = (1...2).map { _ in
            document.render(format, report: report, counters: counters, process: process)
        }
        #expect(pages[0] == pages[1])
        let check = ExpositionCheck(
            String(decoding: pages[0], as: UTF8.self),
            dialect: format == .text004 ? .text : .openMetrics
        )
        #expect(check.faults == [])
        #expect(check.value("process_cpu_seconds_total") == 1.25)
        #expect(
            check.value("kedge_ingest_records_total", ["model": "delay", "model_version": "1"]) == 3
        )
        let build = check.samples.first { $0.name == "kedge_build_info" }
        #expect(build?.value == 1)
        #expect(build?.labels["version"] == "0.1.0")
        #expect(build?.labels["revision"] == "abc")
        #expect(
            build.map { Set($0.labels.keys) }
                == ["version", "revision", "swiftversion", "os", "arch"]
        )
    }
}
