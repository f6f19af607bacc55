// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import TestSupport
import Testing

private let latency = MetricDescriptor(
    "request_latency_seconds",
    .histogram,
    unit: .seconds,
    help: "How long."
)
private let bounds = Histogram.Bounds([0.00005, 0.5, 1])

/// A page of one histogram a label.
private func page(_ format: ExpositionFormat, _ histograms: [(Labels, Histogram)]) -> String {
    var writer = ExpositionWriter(format)
    writer.family(latency) { family in
        for (labels, histogram) in histograms { family.histogram(histogram, labels) }
    }
    return String(decoding: writer.finish(), as: UTF8.self)
}

struct HistogramTests {
    @Test
    func `writes text 0.0.4 to the byte`() {
        let histogram = Histogram(bounds: bounds, counts: [2, 0, 3, 1], sum: 4.25)
        #expect(
            page(.text004, [(.none, histogram)]) == #"""
                # HELP request_latency_seconds How long.
                # TYPE request_latency_seconds histogram
                request_latency_seconds_bucket{le="5e-05"} 2
                request_latency_seconds_bucket{le="0.5"} 2
                request_latency_seconds_bucket{le="1.0"} 5
                request_latency_seconds_bucket{le="+Inf"} 6
                request_latency_seconds_sum 4.25
                request_latency_seconds_count 6

                """#
        )
    }

    @Test
    func `writes OpenMetrics 1.0 to the byte`() {
        let histogram = Histogram(bounds: Histogram.Bounds([2]), counts: [0, 1], sum: 3)
        #expect(
            page(.openMetrics100, [(Labels(["model": "delay"]), histogram)]) == #"""
                # TYPE request_latency_seconds histogram
                # UNIT request_latency_seconds seconds
                # HELP request_latency_seconds How long.
                request_latency_seconds_bucket{model="delay",le="2.0"} 0
                request_latency_seconds_bucket{model="delay",le="+Inf"} 1
                request_latency_seconds_sum{model="delay"} 3
                request_latency_seconds_count{model="delay"} 1
                # EOF

                """#
        )
    }

    @Test(arguments: ExpositionFormat.allCases, UInt64(1)...20)
    func `adds up whatever is counted`(format: ExpositionFormat, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bounds = Histogram.Bounds(
            (0..<Int.random(in: 0...20, using: &random)).map {
                Double($0) * 1.5e-5
            }
        )
        let histograms = (0..<3).map { model in
            let counts = (0...bounds.values.count).map { _ in
                UInt64.random(in: 0...1_000, using: &random)
            }
            let sum = Double.random(in: 0...1e9, using: &random)
            return (
                Labels(["model": "m\(model)"]), Histogram(bounds: bounds, counts: counts, sum: sum)
            )
        }
        let check = ExpositionCheck(page(format, histograms), dialect: format.dialect)
        #expect(check.faults == [])
        #expect(check.types == ["request_latency_seconds": "histogram"])
        for (model, (_, histogram)) in histograms.enumerated() {
            let labels = ["model": "m\(model)"]
            let total = Double(histogram.counts.reduce(0, +))
            #expect(check.value("request_latency_seconds_count", labels) == total)
            #expect(check.value("request_latency_seconds_sum", labels) == histogram.sum)
        }
    }

    @Test
    func `writes no single samples, and no histogram in a family of another kind`() {
        var writer = ExpositionWriter(.text004)
        writer.family(latency) { family in
            family.sample(1)
            family.sample(count: 1)
        }
        writer.family(MetricDescriptor("size", .gauge, help: "Of what.")) { family in
            family.histogram(Histogram(bounds: bounds, counts: [0, 0, 0, 0], sum: 0))
        }
        #expect(writer.finish().isEmpty)
    }

    @Test(arguments: [[1, 1], [2, 1]])
    func `refuses bounds that do not ascend`(values: [Double]) async {
        await #expect(processExitsWith: .failure) { [values] in
            _ = Histogram.Bounds(values)
        }
    }

    @Test
    func `refuses bounds that are no finite numbers`() async {
        await #expect(processExitsWith: .failure) { _ = Histogram.Bounds([.nan]) }
        await #expect(processExitsWith: .failure) { _ = Histogram.Bounds([0, .infinity]) }
    }
}
