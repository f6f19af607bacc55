// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

/// The reference files of the configured paths: what is in force, kept up to date by polling.
///
/// A look costs one `stat` a file while nothing changes. A file whose stamp (device, inode, size,
/// times) is another is read again, and what counts is then its content: a ConfigMap that swaps its
/// links to the same bytes changes nothing.
package struct ReferenceStore: Sendable {
    /// The most files that are looked at.
    package static let maximumFiles = 4_096

    /// The configured files and directories.
    package var paths: [String]
    private let reader: ReferenceReader
    private var inventory: ReferenceInventory
    private var known: [String: Known] = [:]

    /// What is remembered of a file, so that it need not be read again.
    private struct Known: Sendable {
        /// nil if the file must be read anew: it changed while it was read, or just before.
        var stamp: FileStamp?
        var content: ReferenceInventory.Content
        /// The configured directory, or the path itself.
        var root: String
    }

    /// Makes a store that has not looked yet.
    ///
    /// - Parameters:
    ///   - paths: Files, and directories whose `*.json` are meant.
    ///   - limits: What a file may hold at most.
    ///   - promotions: Those that stand.
    package init(
        paths: [String],
        limits: ReferenceFile.Limits = ReferenceFile.Limits(),
        promotions: [Promotion] = []
    ) {
        self.paths = paths
        inventory = ReferenceInventory(promotions: promotions)
        reader = ReferenceReader(limits: limits)
    }

    /// The references in force since the last look.
    package var inForce: [ReferenceInventory.Holding] { inventory.inForce }

    /// A promotion of a reference as it would be now, over what the last look has found.
    package func promotion(of file: ReferenceFile, at time: Double) -> Promotion {
        inventory.promotion(of: file, at: time)
    }

    /// Puts a promotion in force.
    ///
    /// - Returns: What is different; no faults.
    package mutating func promote(_ promotion: Promotion) -> ReferenceUpdate {
        inventory.promote(promotion)
    }

    /// Looks at all files, and reads those that may have changed; blocks on the disk.
    ///
    /// - Parameter now: Unix seconds, by the clock of the file system.
    /// - Returns: What is new since the last look, and every standing fault. A configured path
    ///   that is absent or cannot be listed is a fault and leaves its references in force; a file
    ///   that is no longer in its directory takes its own along.
    package mutating func refresh(now: Double) -> ReferenceUpdate {
        var candidates: [(path: String, root: String)] = []
        var faults: [ReferenceFault] = []
        for root in paths {
            do throws(SystemError) {
                candidates += try files(of: root).map { ($0, root) }
            } catch {
                faults.append(ReferenceFault(path: root, problem: .unreadable(error)))
                candidates += known.filter { $0.value.root == root && $0.key != root }
                    .keys.sorted().map { ($0, root) }
                if known[root] != nil { candidates.append((root, root)) }
            }
        }
        if candidates.count > Self.maximumFiles {
            let problem = ReferenceFault.Problem.tooManyFiles(limit: Self.maximumFiles)
            faults.append(
                ReferenceFault(path: candidates[Self.maximumFiles].path, problem: problem)
            )
            candidates.removeLast(candidates.count - Self.maximumFiles)
        }
        return inventory.update(findings(candidates, now: now)).adding(faults)
    }

    /// The files that a configured path means.
    private func files(of root: String) throws(SystemError) -> [String] {
        let kind = try FileStamp(of: root).kind
        guard kind == .directory else { return [root] }
        let parent = root.hasSuffix("/") ? root : root + "/"
        return try DirectoryListing.names(in: root).filter { $0.hasSuffix(".json") }
            .map { parent + $0 }
    }

    /// What the files hold; a file that two paths lead to is meant once.
    private mutating func findings(
        _ candidates: [(path: String, root: String)],
        now: Double
    ) -> [ReferenceInventory.Finding] {
        var findings: [ReferenceInventory.Finding] = []
        var seen: Set<[UInt64]> = []
        var next: [String: Known] = [:]
        for (path, root) in candidates where next[path] == nil {
            let stamp: FileStamp
            do throws(SystemError) {
                stamp = try FileStamp(of: path)
            } catch {
                next[path] = Known(stamp: nil, content: .faulty(.unreadable(error)), root: root)
                findings.append(.init(path: path, content: .faulty(.unreadable(error))))
                continue
            }
            guard seen.insert([stamp.device, stamp.inode]).inserted else { continue }
            let file = look(at: path, stamp, root: root, now: now)
            next[path] = file
            findings.append(.init(path: path, content: file.content))
        }
        known = next
        return findings
    }

    /// What a file holds: as remembered if it cannot have changed.
    private func look(at path: String, _ stamp: FileStamp, root: String, now: Double) -> Known {
        if var file = known[path], file.stamp == stamp {
            file.root = root
            return file
        }
        let content = reader.read(path)
        let isWhole = (try? FileStamp(of: path)) == stamp
        if !isWhole, case .faulty = content, let old = known[path] {
            // Somebody is writing it: what it was stands until the next look.
            return Known(stamp: nil, content: old.content, root: root)
        }
        let isSettled = isWhole && stamp.isSettled(now: now)
        return Known(stamp: isSettled ? stamp : nil, content: content, root: root)
    }
}

extension ReferenceUpdate {
    /// The same with faults of configured paths before those of files.
    fileprivate func adding(_ more: [ReferenceFault]) -> ReferenceUpdate {
        var update = self
        // A path that is itself a file has been told as a file already.
        let told = Set(faults.map(\.path))
        update.faults = more.filter { !told.contains($0.path) } + faults
        return update
    }
}
