// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Testing

struct MetricNameTests {
    @Test
    func `takes the names of the old character set`() {
        let names: [MetricName] = ["kedge_drift_psi", "_x9", "A"]
        #expect(names.map(\.text) == ["kedge_drift_psi", "_x9", "A"])
        let labels: [LabelName] = ["model_version", "_a"]
        #expect(labels.map(\.text) == ["model_version", "_a"])
    }

    @Test
    func `refuses a metric name with a dash`() async {
        await #expect(processExitsWith: .failure) { _ = MetricName("drift-psi") }
    }

    @Test
    func `refuses a metric name with a suffix that its kind adds`() async {
        await #expect(processExitsWith: .failure) { _ = MetricName("records_total") }
    }

    @Test
    func `refuses a label name that begins with a digit`() async {
        await #expect(processExitsWith: .failure) { _ = LabelName("9lives") }
    }

    @Test
    func `refuses a label name that Prometheus reserves`() async {
        await #expect(processExitsWith: .failure) { _ = LabelName("le") }
    }

    @Test
    func `refuses a unit that the name does not end in`() async {
        await #expect(processExitsWith: .failure) {
            _ = MetricDescriptor("kedge_age", .gauge, unit: .seconds, help: "An age.")
        }
    }
}
