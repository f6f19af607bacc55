// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting

/// The files of a version that are served from, and what the system knew of them at one moment.
struct VersionFiles: Sendable, Equatable {
    /// A file of a version's directory.
    enum Name: String, Sendable, CaseIterable {
        case model = "model.onnx"
        case description = "model.yaml"
        case golden = "golden.json"

        /// The most bytes that are read of it.
        var limit: Int {
            switch self {
            case .model: 256 << 20
            case .description: 1 << 20
            case .golden: 64 << 20
            }
        }
    }

    /// The version's directory.
    let directory: String
    private let stamps: [Name: FileStamp]

    /// Looks at the files of a directory; one that cannot be looked at is not there.
    init(directory: String) {
        self.directory = directory
        stamps = Dictionary(
            uniqueKeysWithValues: Name.allCases.compactMap { name in
                (try? FileStamp(of: "\(directory)/\(name.rawValue)")).map { (name, $0) }
            }
        )
    }

    /// Whether the model itself is there.
    var hasModel: Bool { stamps[.model] != nil }

    /// Whether a further change would give some file another stamp; `now` is in Unix seconds.
    func isSettled(now: Double) -> Bool {
        stamps.values.allSatisfy { $0.isSettled(now: now) }
    }

    /// The files that are there, each read once, whole.
    ///
    /// - Throws: `VersionFault`: no plain file, unreadable, or over its limit.
    /// - Complexity: O(bytes).
    func read() throws(VersionFault) -> VersionContent {
        guard let model = try read(.model) else {
            throw .file(name: Name.model.rawValue, .unreadable(SystemError(code: ENOENT)))
        }
        return VersionContent(
            model: model,
            description: try read(.description),
            golden: try read(.golden)
        )
    }

    /// A model file that stands for itself, without a version's other files.
    ///
    /// - Throws: As `read()`.
    static func readModel(at path: String) throws(VersionFault) -> VersionContent {
        VersionContent(model: try read(.model, at: path), description: nil, golden: nil)
    }

    private func read(_ name: Name) throws(VersionFault) -> [UInt8]? {
        guard let stamp = stamps[name] else { return nil }
        // Opening a pipe would wait for its writer.
        guard stamp.kind == .file else { throw .file(name: name.rawValue, .notAFile) }
        return try Self.read(name, at: "\(directory)/\(name.rawValue)")
    }

    private static func read(_ name: Name, at path: String) throws(VersionFault) -> [UInt8] {
        do throws(SystemError) {
            let bytes = try OpenFile(reading: path).readAll(limit: name.limit)
            if bytes.count <= name.limit { return bytes }
        } catch {
            throw .file(name: name.rawValue, .unreadable(error))
        }
        throw .file(name: name.rawValue, .tooLarge(limit: name.limit))
    }
}

/// The bytes of a version: what is hashed is what is parsed, whatever happens to the files.
struct VersionContent: Sendable {
    let model: [UInt8]
    let description: [UInt8]?
    let golden: [UInt8]?
    /// The digest of the model file: `sha256:` and hexadecimal digits.
    let modelDigest: String
    /// The digests of all files: two contents are the same if these are.
    let digests: [String?]

    /// Takes the bytes of the files, and hashes them.
    ///
    /// - Complexity: O(bytes).
    init(model: [UInt8], description: [UInt8]?, golden: [UInt8]?) {
        self.model = model
        self.description = description
        self.golden = golden
        modelDigest = ContentDigest.text(of: model)
        digests = [
            modelDigest, description.map(ContentDigest.text), golden.map(ContentDigest.text),
        ]
    }
}
