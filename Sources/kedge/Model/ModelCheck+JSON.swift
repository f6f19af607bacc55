// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import InferenceServer
import PredictionLog

extension ModelCheck {
    /// All checks as one document: `{"ok":…,"models":[…]}`.
    static func json(_ checks: [ModelCheck]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { document in
            document.key("ok")
            document.value(checks.allSatisfy(\.failures.isEmpty))
            document.key("models")
            document.array { list in
                for check in checks { check.write(to: &list) }
            }
        }
        writer.newline()
        return writer.bytes
    }

    private func write(to list: inout JSONWriter) {
        list.object { member in
            member.key("model")
            member.value(version.model)
            member.key("version")
            member.value(version.version)
            member.key("path")
            member.value(version.path)
            member.key("ok")
            member.value(failures.isEmpty)
            member.key("failures")
            member.array { list in
                for failure in failures { list.value(failure) }
            }
            if case .success(let loaded) = version.result { member.write(loaded) }
            if let rows { member.write(rows) }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ loaded: LoadedVersion) {
        key("digest")
        value(loaded.served.digest)
        key("operators")
        value(loaded.summary.nodeCount)
        key("trees")
        value(loaded.summary.treeCount)
        key("tree_nodes")
        value(loaded.summary.treeNodeCount)
        key("features")
        array { list in
            for feature in loaded.served.features { list.write(feature) }
        }
        key("outputs")
        array { list in
            for output in loaded.served.model.outputs { list.value(output.name) }
        }
        if case .classifier(_, _, let classes) = loaded.served.model.purpose {
            key("classes")
            array { list in
                for label in classes { list.value(label.text) }
            }
        }
        key("threshold")
        value(loaded.served.threshold)
        key("golden")
        guard let golden = loaded.golden else { return null() }
        object { member in
            member.key("rows")
            member.value(golden.rows)
            member.key("greatest_difference")
            member.value(golden.greatestDifference)
            member.key("tolerance")
            member.value(golden.tolerance)
        }
    }

    private mutating func write(_ feature: ServedFeature) {
        object { member in
            member.key("name")
            member.value(feature.name)
            member.key("kind")
            member.value(feature.kind.rawValue)
            if let minimum = feature.minimum {
                member.key("minimum")
                member.value(minimum)
            }
            if let maximum = feature.maximum {
                member.key("maximum")
                member.value(maximum)
            }
            if let categories = feature.categories {
                member.key("categories")
                member.array { list in
                    for category in categories { list.value(category) }
                }
            }
        }
    }

    fileprivate mutating func write(_ rows: LabelledRows) {
        key("data")
        object { member in
            member.key("refused_rows")
            member.value(rows.refused.count)
            member.key("unlabelled_rows")
            member.value(rows.unlabelled.count)
            switch rows.quality {
            case .classifier(let quality):
                member.key("rows")
                member.value(quality.rows)
                member.key("accuracy")
                member.value(quality.accuracy)
                member.key("auc")
                member.value(quality.rocArea)
                member.key("log_loss")
                member.value(quality.logLoss)
            case .regressor(let quality):
                member.key("rows")
                member.value(quality.rows)
                member.key("mean_absolute_error")
                member.value(quality.meanAbsoluteError)
                member.key("root_mean_squared_error")
                member.value(quality.rootMeanSquaredError)
            case nil:
                member.key("rows")
                member.value(0)
            }
        }
    }
}
