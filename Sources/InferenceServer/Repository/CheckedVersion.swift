// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Hosting
import Inference

/// A version that was loaded to see whether it can be: what `kedge model check` looks at.
package struct CheckedVersion: Sendable {
    /// The model's name, of its directory or file.
    package let model: String
    /// The version, of its directory; nil for a file.
    package let version: String?
    /// The version's directory, or the file.
    package let path: String
    /// What was loaded, or why not.
    package let result: Result<LoadedVersion, VersionFault>

    /// Loads everything that a path means: a model file, the directory of a version, of a model with
    /// its versions, or of models.
    ///
    /// - Returns: The versions by model and number; never empty.
    /// - Throws: `CheckTargetError` when the path leads to nothing of the kind.
    /// - Complexity: That of loading each; blocks on the disk.
    package static func all(at path: String) throws(CheckTargetError) -> [CheckedVersion] {
        let kind: FileStamp.Kind
        do throws(SystemError) { kind = try FileStamp(of: path).kind } catch {
            throw .unreadable(path: path, error)
        }
        let place = absolute(path)
        if kind == .file { return [checkFile(place)] }
        let files = VersionFiles(directory: place)
        if files.hasModel {
            let parent = String(place.prefix(upTo: place.lastIndex(of: "/") ?? place.startIndex))
            return [check(files, model: name(of: parent), version: name(of: place))]
        }
        let found: [CheckedVersion]
        do throws(RepositoryListing.Fault) {
            let versions = try RepositoryListing.versions(of: place).versions
            if versions.values.contains(where: \.hasModel) {
                return checkAll(versions, model: name(of: place))
            }
            found = try RepositoryListing(of: place).models.flatMap { model in
                checkAll(model.versions ?? [:], model: model.name)
            }
        } catch {
            throw .unreadable(path: error.path, error.reason)
        }
        guard !found.isEmpty else { throw .nothing(path: path) }
        return found
    }

    private static func checkAll(
        _ versions: [VersionNumber: VersionFiles],
        model: String
    ) -> [CheckedVersion] {
        versions.sorted { $0.key < $1.key }.map { version, files in
            check(files, model: model, version: version.text)
        }
    }

    private static func check(
        _ files: VersionFiles,
        model: String,
        version: String
    ) -> CheckedVersion {
        let result = Result { () throws(VersionFault) in
            try VersionLoader.load(files.read(), model: model, version: version)
        }
        return CheckedVersion(
            model: model,
            version: version,
            path: files.directory,
            result: result
        )
    }

    private static func checkFile(_ path: String) -> CheckedVersion {
        let file = name(of: path)
        let model = file.hasSuffix(".onnx") ? String(file.dropLast(5)) : file
        let result = Result { () throws(VersionFault) in
            let content = try VersionFiles.readModel(at: path)
            return try VersionLoader.load(content, model: model, version: "0")
        }
        return CheckedVersion(model: model, version: nil, path: path, result: result)
    }

    /// The path from the root, without dots, so that its last parts are names.
    ///
    /// Links are left: the name of a version is that of the link. Only `..` needs them resolved.
    private static func absolute(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        let isFromRoot = path.hasPrefix("/")
        if isFromRoot, !parts.contains("..") { return "/" + parts.joined(separator: "/") }
        // realpath(3) allocates its answer, which is ours to free.
        guard let resolved = unsafe realpath(parts.contains("..") ? path : ".", nil) else {
            return path
        }
        defer { unsafe free(resolved) }
        let place = unsafe String(cString: resolved)
        return parts.contains("..")
            ? place : ([place] + parts.map(String.init)).joined(separator: "/")
    }

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

/// Why there is nothing to check at a path.
package enum CheckTargetError: Error, Sendable, Equatable {
    /// It cannot be looked at or listed.
    case unreadable(path: String, SystemError)
    /// There is no model.
    case nothing(path: String)
}

extension CheckTargetError: CustomStringConvertible {
    /// One sentence, the path first.
    package var description: String {
        switch self {
        case .unreadable(let path, let error): "\(path): cannot be read: \(error)"
        case .nothing(let path):
            "\(path): no model; expected an ONNX file, a directory with model.onnx, or directories "
                + "<version>/model.onnx or <model>/<version>/model.onnx in it"
        }
    }
}
