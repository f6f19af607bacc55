// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import InferenceServer
import TestSupport

/// Models of the fixtures, as a repository would serve them.
enum SampleModel {
    static let flightNames = [
        "dep_delay", "sched_dep_hour", "distance", "temp", "humid", "wind_speed", "precip", "visib",
        "pressure", "plane_age",
    ]

    /// A classifier of two classes over one matrix of ten numbers; humidity has a range.
    static func flights(
        version: String = "1",
        threshold: Double? = nil,
        name: String = "delay"
    ) throws -> ServedModel {
        let model = try load("models/delay/1/model.onnx")
        var features = flightNames.enumerated().map { column, name in
            ServedFeature(name: name, kind: .numeric, input: 0, column: column)
        }
        features[4].minimum = 0
        features[4].maximum = 100
        return ServedModel(
            name: name,
            version: version,
            digest: "sha256:flights",
            model: model,
            features: features,
            threshold: threshold,
            logged: .probability(1)
        )
    }

    /// A classifier whose inputs are columns: numbers and texts.
    static func mixed(name: String = "mixed") throws -> ServedModel {
        let model = try load("onnx/pipeline-mixed-onehot-logistic.onnx")
        let features = model.inputs.enumerated().map { index, input in
            ServedFeature(
                name: input.name,
                kind: input.element == .string ? .categorical : .numeric,
                input: index,
                column: 0
            )
        }
        return ServedModel(
            name: name,
            version: "1",
            digest: "sha256:mixed",
            model: model,
            features: features,
            logged: .label
        )
    }

    /// Any other fixture of one matrix, its features named `x` and their column.
    static func matrix(_ fixture: String, logged: ServedModel.LoggedPrediction) throws
        -> ServedModel
    {
        let model = try load("onnx/\(fixture).onnx")
        return ServedModel(
            name: "matrix",
            version: "3",
            digest: "sha256:matrix",
            model: model,
            features: (0..<model.inputs[0].width).map { column in
                ServedFeature(name: "x\(column)", kind: .numeric, input: 0, column: column)
            },
            logged: logged
        )
    }

    /// A fixture of the repository of one matrix, its features named `x` and their column.
    static func published(
        _ fixture: String,
        threshold: Double? = nil,
        name: String = "m"
    ) throws -> ServedModel {
        let model = try load("repository/\(fixture).onnx")
        return ServedModel(
            name: name,
            version: "1",
            digest: "sha256:published",
            model: model,
            features: (0..<model.inputs[0].width).map { column in
                ServedFeature(name: "x\(column)", kind: .numeric, input: 0, column: column)
            },
            threshold: threshold,
            logged: .label
        )
    }

    private static func load(_ path: String) throws -> Model {
        let bytes = try Fixture.bytes(path)
        return try Model(onnx: bytes.span)
    }
}
