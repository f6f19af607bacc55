// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

/// What a directory of models holds: `<name>/<version>/` with a `model.onnx` in it.
///
/// Links are followed, as a ConfigMap needs it. A name that begins with a dot, a version that is no
/// `VersionNumber`, and what is no directory are nothing of ours. A version without its `model.onnx`
/// is being written and is not listed yet.
struct RepositoryListing: Sendable {
    /// The directories of a model's versions.
    struct Model: Sendable {
        let name: String
        /// In numeric order; nil when the directory cannot be listed.
        var versions: [VersionNumber: VersionFiles]?
    }

    /// A directory that is there and cannot be listed.
    struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        let path: String
        let reason: SystemError

        /// One sentence, the path first.
        var description: String { "\(path): cannot be read: \(reason)" }
    }

    /// The models in the order of their names; those without a version are not among them.
    private(set) var models: [Model] = []
    /// Paths that were met and mean nothing here.
    private(set) var ignored: [String] = []
    /// Models' directories that cannot be listed.
    private(set) var faults: [Fault] = []

    /// Lists a directory of models.
    ///
    /// - Throws: `Fault` when the directory itself cannot be listed.
    /// - Complexity: A listing a model and a few `stat` a version.
    init(of path: String) throws(Fault) {
        let names: [String]
        do throws(SystemError) { names = try DirectoryListing.names(in: path) } catch {
            throw Fault(path: path, reason: error)
        }
        for name in names {
            let directory = "\(path)/\(name)"
            guard Self.isName(name), Self.isDirectory(directory) else {
                ignored.append(directory)
                continue
            }
            read(name, directory)
        }
    }

    /// Lists the versions of one model.
    ///
    /// - Throws: `Fault` when its directory cannot be listed.
    static func versions(
        of path: String
    ) throws(Fault) -> (versions: [VersionNumber: VersionFiles], ignored: [String]) {
        var versions: [VersionNumber: VersionFiles] = [:]
        var ignored: [String] = []
        do throws(SystemError) {
            for name in try DirectoryListing.names(in: path) {
                let directory = "\(path)/\(name)"
                guard let version = VersionNumber(name), isDirectory(directory) else {
                    ignored.append(directory)
                    continue
                }
                versions[version] = VersionFiles(directory: directory)
            }
        } catch {
            throw Fault(path: path, reason: error)
        }
        return (versions, ignored)
    }

    private mutating func read(_ name: String, _ directory: String) {
        do throws(Fault) {
            let (versions, ignored) = try Self.versions(of: directory)
            self.ignored += ignored
            let written = versions.filter { $0.value.hasModel }
            if written.isEmpty, versions.isEmpty { self.ignored.append(directory) }
            if !written.isEmpty { models.append(Model(name: name, versions: written)) }
        } catch {
            faults.append(error)
            models.append(Model(name: name, versions: nil))
        }
    }

    /// Whether a name can be a model's: it stands in URLs, labels and messages.
    private static func isName(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy { scalar in
            // The replacement character stands for bytes that were no UTF-8.
            scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "\u{FFFD}"
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        (try? FileStamp(of: path))?.kind == .directory
    }
}
