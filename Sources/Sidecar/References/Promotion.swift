// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

/// A reference that was put in force while the sidecar runs, and stands before the files.
package struct Promotion: Sendable, Equatable {
    /// The reference, with the digest.
    package let file: ReferenceFile
    /// When it was promoted, in Unix seconds, whole milliseconds.
    package let time: Double
    /// The digest of what a file had for the model version then; nil when none had anything.
    package let over: String?

    /// Describes a promotion.
    package init(file: ReferenceFile, time: Double, over: String?) {
        self.file = file
        self.time = (time * 1_000).rounded() / 1_000
        self.over = over
    }
}

/// Where a reference came from.
package enum ReferenceOrigin: Sendable, Equatable, CustomStringConvertible {
    /// A configured file, or one in a configured directory.
    case file(path: String)
    /// Somebody put it in force at a time, in Unix seconds.
    case promotion(time: Double)

    /// The path of the file; nil for a promotion.
    package var path: String? {
        switch self {
        case .file(let path): path
        case .promotion: nil
        }
    }

    /// The path, or that it was promoted.
    package var description: String { path ?? "a promotion" }
}

/// What a reference is for.
struct ModelVersion: Hashable, Sendable {
    let model: String
    let version: String

    init(_ file: ReferenceFile) {
        self.init(model: file.reference.model, version: file.reference.version)
    }

    init(model: String, version: String) {
        self.model = model
        self.version = version
    }
}
