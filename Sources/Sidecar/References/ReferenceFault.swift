// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting

/// What is wrong with one configured file or directory; those beside it are used all the same.
package struct ReferenceFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Problem: Sendable, Equatable {
        /// The file or directory cannot be opened, listed or read.
        case unreadable(SystemError)
        /// It is neither a file nor a directory.
        case notAFile
        /// It is no sound reference file.
        case malformed(ReferenceFileError)
        /// Another file already has the reference of this model version.
        case duplicate(model: String, version: String, of: String)
        /// More files than are looked at; those after it are not.
        case tooManyFiles(limit: Int)
    }

    /// The path that was looked at.
    package let path: String
    /// What is wrong with it.
    package let problem: Problem

    /// Names what is wrong with a path.
    package init(path: String, problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// One sentence, the path first.
    package var description: String {
        switch problem {
        case .unreadable(let error): "\(path): cannot be read: \(error)"
        case .notAFile: "\(path): neither a file nor a directory"
        case .malformed(let error): "\(path): \(error)"
        case .duplicate(let model, let version, let other):
            "\(path): has model \(model), version \(version), as has \(other), which is in force"
        case .tooManyFiles(let limit): "\(path): more than \(limit) files; the rest is not read"
        }
    }
}
