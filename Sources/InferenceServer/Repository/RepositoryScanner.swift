// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Inference

/// Finds what is new in a directory of models, and loads it.
///
/// A look costs a few `stat` a version while nothing changes. Files with other stamps are read
/// again, and what counts is then their content: a ConfigMap that swaps its links to the same bytes
/// changes nothing.
struct RepositoryScanner: Sendable {
    /// What a look found of a version.
    enum Finding: Sendable {
        /// The same as at the last look.
        case unchanged
        /// A version that can be served, in the place of any of its number.
        case loaded(LoadedVersion)
        /// Files that cannot be served.
        case refused(VersionFault)
    }

    /// What a look found of the models.
    struct Look: Sendable {
        /// By model and version; what is absent is gone. Of a model whose directory could not be
        /// listed, nil: nothing is known.
        var models: [String: [VersionNumber: Finding]?] = [:]
        /// Directories that could not be listed.
        var faults: [RepositoryListing.Fault] = []
        /// Paths that mean nothing in a directory of models.
        var ignored: [String] = []
    }

    /// What is remembered of a version, so that it need not be loaded again.
    private struct Known: Sendable {
        /// nil if the files must be read anew: they changed just before, or while they were read.
        var files: VersionFiles?
        /// nil if they could not be read.
        var digest: String?
        var isRefused: Bool
    }

    private let path: String
    private let limits: ModelLimits
    private var known: [String: [VersionNumber: Known]] = [:]

    /// Makes a scanner that has not looked yet.
    init(path: String, limits: ModelLimits) {
        self.path = path
        self.limits = limits
    }

    /// Loads the refused versions of a model again at the next look.
    mutating func forgetRefused(_ model: String) {
        known[model] = known[model]?.filter { !$0.value.isRefused }
    }

    /// Loads all versions of a model again at the next look.
    mutating func forget(_ model: String) {
        known[model] = nil
    }

    /// Looks at all files, and loads those that changed; blocks on the disk.
    ///
    /// - Parameters:
    ///   - now: Unix seconds, by the clock of the file system.
    ///   - skipped: Models that are not to be loaded.
    ///   - counters: What is counted of a version that is in force.
    /// - Throws: When the directory of the models cannot be listed; nothing is known then.
    mutating func look(
        now: Double,
        skipping skipped: Set<String>,
        counters: (String, VersionNumber) -> ModelCounters?
    ) throws(RepositoryListing.Fault) -> Look {
        let listing = try RepositoryListing(of: path)
        var look = Look(faults: listing.faults, ignored: listing.ignored)
        var next: [String: [VersionNumber: Known]] = [:]
        for model in listing.models where !skipped.contains(model.name) {
            guard let versions = model.versions else {
                look.models[model.name] = .some(nil)
                next[model.name] = known[model.name]
                continue
            }
            var findings: [VersionNumber: Finding] = [:]
            for (version, files) in versions.sorted(by: { $0.key < $1.key }) {
                let before = known[model.name]?[version]
                if let before, before.files == files {
                    findings[version] = .unchanged
                    next[model.name, default: [:]][version] = before
                    continue
                }
                let counters = counters(model.name, version) ?? ModelCounters()
                let loaded = load(files, model.name, version, before, counters, now: now)
                findings[version] = loaded?.0
                next[model.name, default: [:]][version] = loaded?.1
            }
            look.models[model.name] = findings
        }
        known = next
        return look
    }

    private func load(
        _ files: VersionFiles,
        _ model: String,
        _ version: VersionNumber,
        _ before: Known?,
        _ counters: ModelCounters,
        now: Double
    ) -> (Finding, Known)? {
        var seen = Known(files: nil, digest: nil, isRefused: true)
        do throws(VersionFault) {
            guard let (content, files) = try wholeContent(of: files) else { return nil }
            seen.digest = content.digest
            seen.files = files.isSettled(now: now) ? files : nil
            if let before, before.digest == seen.digest {
                seen.isRefused = before.isRefused
                return (.unchanged, seen)
            }
            let loaded = try VersionLoader.load(
                content,
                model: model,
                version: version.text,
                limits: limits,
                counters: counters
            )
            seen.isRefused = false
            return (.loaded(loaded), seen)
        } catch {
            return (.refused(error), seen)
        }
    }

    /// The content of the files at one moment, and the files at that moment; nil when they go.
    ///
    /// A link that is swapped between two reads would mix the files of two versions.
    private func wholeContent(
        of files: VersionFiles
    ) throws(VersionFault) -> (content: VersionContent, files: VersionFiles)? {
        var files = files
        for _ in 0..<3 {
            let result = Result { () throws(VersionFault) in try files.read() }
            let now = VersionFiles(directory: files.directory)
            if now == files { return (try result.get(), files) }
            guard now.hasModel else { return nil }
            files = now
        }
        throw .file(name: VersionFiles.Name.model.rawValue, .changing)
    }
}
