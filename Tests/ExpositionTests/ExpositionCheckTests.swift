// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// The checker itself is checked: each of these pages has one fault that it must name.
struct ExpositionCheckTests {
    @Test(arguments: [
        ("# HELP a A.\n# TYPE a gauge\na 1", "not ended"),
        ("# HELP a A.\n# TYPE a gauge\na 1\na 2\n", "a [] comes twice"),
        (
            "# HELP a A.\n# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n",
            "comes twice"
        ),
        ("# HELP a A.\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n", "a label of a comes twice"),
        (
            "# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b gauge\nb 1\na{x=\"2\"} 1\n",
            "outside a family"
        ),
        (
            "# HELP a A.\n# TYPE a gauge\n# HELP b B.\n# TYPE b gauge\n# HELP a A.\n", "comes back"
        ),
        ("# HELP a A.\n# TYPE a gauge\n# TYPE a gauge\na 1\n", "a second TYPE"),
        ("# TYPE a gauge\na 1\n# HELP a A.\n", "behind its samples"),
        ("# TYPE a gauge\na 1\n", "no HELP"),
        ("# HELP a A.\na 1\n", "no TYPE"),
        ("a 1\n", "outside a family"),
        ("# HELP a A.\n# TYPE a counter\na 1\n", "does not end in _total"),
        ("# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n", "ends in _total"),
        ("# HELP a_total A.\n# TYPE a_total counter\na_total -1\n", "the counter a_total is -1"),
        ("# HELP a_total A.\n# TYPE a_total counter\na_total NaN\n", "the counter a_total is nan"),
        ("# HELP a A.\n# TYPE a info\na_info 1\n", "info is no type"),
        ("# HELP a A.\n# TYPE a gauge\na 1 1700000000\n", "not one value"),
        ("# HELP a A.\n# TYPE a gauge\na nan\n", "not one value"),
        ("# HELP a A.\n# TYPE a gauge\na{} 1\n", "no name"),
        ("# HELP a A.\n# TYPE a gauge\na{x=\"\\q\"} 1\n", "unknown escape"),
        ("# HELP a A.\n# TYPE a gauge\na{x=\"1} 1\n", "no '\"'"),
        ("# HELP a A.\n# TYPE a gauge\na{x=\"1\",} 1\n", "no name"),
        ("# HELP a A.\n# TYPE a gauge\n\na 1\n", "no name"),
        ("# a remark\n", "says nothing"),
        ("# EOF\n", "older format"),
        ("# HELP a A.\n# TYPE a gauge\n# UNIT a seconds\n", "UNIT in the older format"),
    ])
    func `names the fault of a text page`(page: String, fault: String) {
        let faults = ExpositionCheck(page, dialect: .text).faults
        #expect(faults.contains { $0.contains(fault) }, "\(faults)")
    }

    @Test(arguments: [
        ("# TYPE a gauge\n# HELP a A.\na 1\n", "no # EOF"),
        ("# TYPE a gauge\n# HELP a A.\na 1\n# EOF\na{x=\"2\"} 1\n", "follows # EOF"),
        ("# TYPE a counter\n# HELP a A.\na 1\n# EOF\n", "outside a family"),
        ("# TYPE a_total counter\n# HELP a_total A.\na_total 1\n# EOF\n", "ends in _total"),
        ("# TYPE a info\n# HELP a A.\na_info 2\n# EOF\n", "the info a_info is 2"),
        ("# TYPE a gauge\n# UNIT a seconds\n# HELP a A.\na 1\n# EOF\n", "end in its unit"),
    ])
    func `names the fault of an OpenMetrics page`(page: String, fault: String) {
        let faults = ExpositionCheck(page, dialect: .openMetrics).faults
        #expect(faults.contains { $0.contains(fault) }, "\(faults)")
    }

    @Test(arguments: [
        ("h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", "canonical"),
        ("h_bucket{le=\"2.0\"} 1\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 1\n", "ascend"),
        ("h_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 3\nh_count 1\n", "cumulative"),
        ("h_bucket{le=\"1.0\"} 1\nh_sum 3\nh_count 1\n", "no last bucket"),
        ("h_bucket{le=\"+Inf\"} 1\nh_sum 3\nh_count 2\n", "+Inf is not the count"),
        ("h_bucket{le=\"+Inf\"} 1\nh_count 1\n", "no sum"),
    ])
    func `names the fault of a histogram`(samples: String, fault: String) {
        let page = "# HELP h H.\n# TYPE h histogram\n" + samples
        let faults = ExpositionCheck(page, dialect: .text).faults
        #expect(faults.contains { $0.contains(fault) }, "\(faults)")
    }

    @Test
    func `finds nothing in a good page`() {
        let page = """
            # HELP a_total A.
            # TYPE a_total counter
            a_total{x="\\\\\\"\\n"} 1e+06
            a_total{x="2"} +Inf
            # HELP g G.
            # TYPE g gauge
            g NaN
            # HELP h H.
            # TYPE h histogram
            h_bucket{x="1",le="0.5"} 1
            h_bucket{x="1",le="+Inf"} 2
            h_sum{x="1"} 3
            h_count{x="1"} 2

            """
        let check = ExpositionCheck(page, dialect: .text)
        #expect(check.faults == [])
        #expect(check.types == ["a_total": "counter", "g": "gauge", "h": "histogram"])
        #expect(check.value("a_total", ["x": "\\\"\n"]) == 1e6)
        #expect(check.value("a_total", ["x": "3"]) == nil)
    }
}
