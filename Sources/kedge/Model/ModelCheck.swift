// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Glibc
import Hosting
import InferenceServer
import Sidecar

/// What `kedge model check` found of one version.
struct ModelCheck {
    let version: CheckedVersion
    /// The labelled rows, when they could be measured.
    private(set) var rows: LabelledRows?
    /// The reference that lies beside the model; nil without one.
    private(set) var reference: String?
    /// What makes the check fail, each a sentence that names the version.
    private(set) var failures: [String] = []

    /// Takes over how loading went, and looks at the reference beside the model.
    init(_ version: CheckedVersion) {
        self.version = version
        switch version.result {
        case .failure(let fault): fail("cannot be served: \(fault)")
        case .success(let loaded):
            if version.version != nil { checkReference(of: loaded) }
        }
    }

    /// What the version is called in messages.
    var name: String {
        version.version.map { "\(version.model)/\($0)" } ?? version.path
    }

    /// Notes that the check failed, and why.
    mutating func fail(_ reason: String) {
        failures.append("\(name): \(reason)")
    }

    /// Takes over measured rows, and holds them against the minima.
    ///
    /// A minimum is one of all rows: those that the model refuses are in production, too.
    mutating func measure(_ rows: LabelledRows, minAccuracy: Double?, minAUC: Double?) {
        self.rows = rows
        guard let quality = rows.quality else {
            let reason = rows.refused.first ?? rows.unlabelled.first ?? "the table is empty"
            return fail("no row could be measured: \(reason)")
        }
        if minAccuracy != nil || minAUC != nil, let first = rows.refused.first {
            let count = rows.refused.count
            fail("\(count) of \(count + quality.rows) rows were refused, the first: \(first)")
        }
        guard case .classifier(let classifier) = quality else {
            if minAccuracy != nil || minAUC != nil {
                fail("a regressor has no accuracy and no ROC curve")
            }
            return
        }
        if let minAccuracy, classifier.accuracy < minAccuracy {
            fail("accuracy \(classifier.accuracy) is below \(minAccuracy)")
        }
        guard let minAUC else { return }
        guard let area = classifier.rocArea else {
            return fail("there is no area under the ROC curve: a class has no row, or all rows")
        }
        if area < minAUC { fail("area under the ROC curve \(area) is below \(minAUC)") }
    }

    /// A pair that does not belong together would measure drift against the wrong training data.
    private mutating func checkReference(of loaded: LoadedVersion) {
        let path = version.path + "/reference.json"
        do throws(ReferenceFault) {
            let (reference, _) = try ReferenceFile.load(path)
            let served = loaded.served
            if reference.model != served.name || reference.version != served.version {
                fail(
                    "reference.json is of model \(reference.model), version \(reference.version)"
                )
            }
            self.reference =
                "\(reference.features.count) features, \(reference.rows) rows"
        } catch {
            if error.isAbsent { return }
            fail("\(error)")
        }
    }
}

extension ReferenceFault {
    /// Whether there is no file at all.
    fileprivate var isAbsent: Bool {
        guard case .unreadable(let error) = problem else { return false }
        return error.code == ENOENT
    }
}
