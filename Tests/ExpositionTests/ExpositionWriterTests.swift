// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import TestSupport
import Testing

private let requests = MetricDescriptor(
    "kedge_requests",
    .counter,
    help: #"A "quoted" word, a back\slash."#
)
private let size = MetricDescriptor("kedge_size_bytes", .gauge, unit: .bytes, help: "A size.")
private let build = MetricDescriptor("kedge_build", .info, help: "What runs.")

/// One page that uses everything the writer can do.
private func page(_ format: ExpositionFormat) -> String {
    var writer = ExpositionWriter(format)
    let model = Labels(["model": "delay"])
    writer.family(build) { $0.sample(1, Labels(["version": "0.1.0", "os": "linux"])) }
    writer.family(requests) { family in
        family.sample(count: .max, model, Labels(["outcome": "ok"]))
        family.sample(0.5, model, Labels(["outcome": "failed"]))
    }
    writer.single(size, 4_096)
    return String(decoding: writer.finish(), as: UTF8.self)
}

struct ExpositionWriterTests {
    @Test
    func `writes text 0.0.4 to the byte`() {
        #expect(
            page(.text004) == #"""
                # HELP kedge_build_info What runs.
                # TYPE kedge_build_info gauge
                kedge_build_info{version="0.1.0",os="linux"} 1
                # HELP kedge_requests_total A "quoted" word, a back\\slash.
                # TYPE kedge_requests_total counter
                kedge_requests_total{model="delay",outcome="ok"} 18446744073709551615
                kedge_requests_total{model="delay",outcome="failed"} 0.5
                # HELP kedge_size_bytes A size.
                # TYPE kedge_size_bytes gauge
                kedge_size_bytes 4096

                """#
        )
    }

    @Test
    func `writes OpenMetrics 1.0 to the byte`() {
        #expect(
            page(.openMetrics100) == #"""
                # TYPE kedge_build info
                # HELP kedge_build What runs.
                kedge_build_info{version="0.1.0",os="linux"} 1
                # TYPE kedge_requests counter
                # HELP kedge_requests A \"quoted\" word, a back\\slash.
                kedge_requests_total{model="delay",outcome="ok"} 18446744073709551615
                kedge_requests_total{model="delay",outcome="failed"} 0.5
                # TYPE kedge_size_bytes gauge
                # UNIT kedge_size_bytes bytes
                # HELP kedge_size_bytes A size.
                kedge_size_bytes 4096
                # EOF

                """#
        )
    }

    @Test(arguments: [(ExpositionFormat.text004, ""), (.openMetrics100, "# EOF\n")])
    func `writes nothing for families without samples`(format: ExpositionFormat, end: String) {
        var writer = ExpositionWriter(format)
        writer.family(requests) { _ in }
        writer.single(size, nil)
        #expect(String(decoding: writer.finish(), as: UTF8.self) == end)
    }

    @Test(arguments: [Double.nan, -1, -Double.infinity])
    func `leaves out a counter that no reader would take`(value: Double) {
        var writer = ExpositionWriter(.openMetrics100)
        writer.family(requests) { family in
            family.sample(value, Labels(["outcome": "odd"]))
            family.sample(7, Labels(["outcome": "ok"]))
        }
        let text = String(decoding: writer.finish(), as: UTF8.self)
        #expect(!text.contains("odd"))
        #expect(text.contains("kedge_requests_total{outcome=\"ok\"} 7\n"))
    }

    @Test
    func `leaves out an info other than one`() {
        var writer = ExpositionWriter(.openMetrics100)
        writer.family(build) { family in
            family.sample(0.0, Labels(["version": "a"]))
            family.sample(count: 2, Labels(["version": "b"]))
        }
        #expect(String(decoding: writer.finish(), as: UTF8.self) == "# EOF\n")
    }

    @Test
    func `keeps what was written when a family's body throws`() throws {
        struct Stop: Error {}
        var writer = ExpositionWriter(.text004)
        writer.single(size, 1)
        do {
            try writer.family(requests) { (family: inout FamilyWriter) throws(Stop) in
                family.sample(2)
                throw Stop()
            }
        } catch {}
        let text = String(decoding: writer.finish(), as: UTF8.self)
        #expect(
            text.hasSuffix(
                "kedge_size_bytes 1\n# HELP kedge_requests_total A \"quoted\" word, a back\\\\slash.\n# TYPE kedge_requests_total counter\nkedge_requests_total 2\n"
            )
        )
    }

    @Test(arguments: ExpositionFormat.allCases)
    func `passes its own check`(format: ExpositionFormat) throws {
        let check = ExpositionCheck(page(format), dialect: format.dialect)
        #expect(check.faults == [])
        #expect(
            check.value("kedge_requests_total", ["model": "delay", "outcome": "failed"]) == 0.5
        )
    }

    @Test
    func `refuses to write a family twice`() async {
        await #expect(processExitsWith: .failure) {
            var writer = ExpositionWriter(.text004)
            writer.single(MetricDescriptor("twice", .gauge, help: "Once."), 1)
            writer.single(MetricDescriptor("twice", .counter, help: "Again."), 2)
        }
    }
}

extension ExpositionFormat {
    /// The same format as the checker, which shares no code with the writer, calls it.
    var dialect: ExpositionCheck.Dialect {
        switch self {
        case .text004: .text
        case .openMetrics100: .openMetrics
        }
    }
}
