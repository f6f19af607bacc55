// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting

/// Why a model cannot be promoted, rolled back, loaded or unloaded.
package enum RepositoryActionError: Error, Sendable, Equatable {
    /// There is no model of that name.
    case unknownModel(String, known: [String])
    /// The model has no such version that can be served.
    case unknownVersion(model: String, version: String, known: [String], reason: String?)
    /// The model's default has always been this one; nil while it has none.
    case nothingBefore(model: String, version: String?)
    /// The model is unloaded.
    case unloaded(model: String)
    /// No version of the model answers as its default.
    case notLoaded(model: String, reasons: [String])
    /// The directory of the models cannot be listed.
    case unreadable(path: String, SystemError)
    /// The state directory does not take the change, so that it was not made.
    case notRecorded(FileWriteError)
}

extension RepositoryActionError: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        switch self {
        case .unknownModel(let name, let known):
            "there is no model \"\(name)\"; " + Self.list("there is", known)
        case .unknownVersion(let model, let version, let known, let reason):
            "model \"\(model)\" has no version \"\(version)\" that can be served"
                + (reason.map { " (\($0))" } ?? "") + "; " + Self.list("it has", known)
        case .nothingBefore(let model, let version?):
            "model \"\(model)\" had no default before version \(version)"
        case .nothingBefore(let model, nil): "model \"\(model)\" has no default"
        case .unloaded(let model): "model \"\(model)\" is unloaded; load it first"
        case .notLoaded(let model, let reasons):
            "model \"\(model)\" cannot be served: "
                + (reasons.isEmpty ? "it has no version" : reasons.joined(separator: "; "))
        case .unreadable(let path, let error): "\(path): cannot be read: \(error)"
        case .notRecorded(let error): "not done, since it cannot be recorded: \(error)"
        }
    }

    private static func list(_ verb: String, _ names: [String]) -> String {
        "\(verb) \(names.isEmpty ? "none" : names.joined(separator: ", "))"
    }
}
