// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Hosting
import PredictionLog

/// The promotions as files of the state directory, `references/<milliseconds>-<digest>-<over>.json`:
/// each an ordinary reference file, written whole or not at all, whose name says the rest.
///
/// A promotion is in force once its name is there; of two of one model version the later counts, so
/// that a power cut between the writing of one and the removal of the other does no harm.
package struct PromotionDirectory: Sendable {
    /// What is said in a name for nothing.
    private static let nothing = "none"

    /// The directory.
    package let path: String

    /// Names the directory below a state directory; nothing is touched yet.
    package init(stateDirectory: String) {
        path = stateDirectory + "/references"
    }

    /// What was found.
    package struct Content: Sendable {
        /// The promotions that stand.
        package var promotions: [Promotion] = []
        /// What is wrong with other files; damaged ones are set aside.
        package var faults: [String] = []
    }

    /// Reads the promotions; removes what they have replaced, and what was never finished.
    ///
    /// - Parameter now: Unix seconds, for the names of files that are set aside.
    /// - Returns: Those that stand, and what is wrong with others.
    /// - Complexity: O(bytes of the files).
    package func load(now: Double) -> Content {
        var content = Content()
        let names: [String]
        do throws(SystemError) { names = try DirectoryListing.names(in: path) } catch {
            if error.code != ENOENT { content.faults.append("\(path): cannot be read: \(error)") }
            return content
        }
        for name in names {
            if name.hasSuffix(".tmp") { _ = unsafe unlink(path + "/" + name) }
            guard let label = Label(name) else { continue }
            // The limits of the settings are for what is new: this was taken under them once.
            switch ReferenceReader(limits: ReferenceFile.Limits()).read(path + "/" + name) {
            case .valid(let file) where file.digest == label.digest:
                let promotion = Promotion(file: file, time: label.time, over: label.over)
                content.add(promotion, removing: remove)
            case .valid:
                content.faults.append(setAside(name, "its name has another digest", now: now))
            case .faulty(.malformed(let error)):
                content.faults.append(setAside(name, "\(error)", now: now))
            case .faulty(let problem):
                content.faults.append(
                    ReferenceFault(path: path + "/" + name, problem: problem).description
                )
            }
        }
        return content
    }

    /// Writes a promotion; it is on the disk when this returns.
    ///
    /// - Throws: `FileWriteError`; then it is not there.
    package func save(_ promotion: Promotion) throws(FileWriteError) {
        if unsafe mkdir(path, 0o750) != 0, errno != EEXIST {
            throw FileWriteError(path: path, reason: SystemError(code: errno))
        }
        try AtomicFile.write(promotion.file.encoded(), to: path + "/" + Label(promotion).name)
    }

    /// Removes a promotion that has ended; one that cannot be removed is removed at the next start.
    package func remove(_ promotion: Promotion) {
        _ = unsafe unlink(path + "/" + Label(promotion).name)
    }

    private func setAside(_ name: String, _ reason: String, now: Double) -> String {
        let aside = "\(name).set-aside-\(RFC3339.format(now))"
        guard unsafe rename("\(path)/\(name)", "\(path)/\(aside)") == 0 else {
            return "\(path)/\(name): \(reason); cannot be set aside: \(SystemError(code: errno))"
        }
        return "\(path)/\(name): \(reason); it is set aside as \(aside)"
    }

    /// What the name of a file says.
    private struct Label {
        let milliseconds: Int
        let digest: String
        let over: String?

        var time: Double { Double(milliseconds) / 1_000 }

        var name: String {
            let over = Self.digits(over ?? PromotionDirectory.nothing)
            return "\(milliseconds)-\(Self.digits(digest))-\(over).json"
        }

        init(_ promotion: Promotion) {
            milliseconds = Int((promotion.time * 1_000).rounded())
            digest = promotion.file.digest
            over = promotion.over
        }

        /// Reads a name; nil for one that was not given here.
        init?(_ name: String) {
            guard name.hasSuffix(".json") else { return nil }
            let parts = name.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, let milliseconds = Int(parts[0]) else { return nil }
            self.milliseconds = milliseconds
            digest = "sha256:" + parts[1]
            over = parts[2] == PromotionDirectory.nothing ? nil : "sha256:" + parts[2]
            guard self.name == name else { return nil }
        }

        private static func digits(_ digest: String) -> Substring {
            digest.hasPrefix("sha256:") ? digest.dropFirst("sha256:".count) : digest[...]
        }
    }
}

extension PromotionDirectory.Content {
    /// Adds a promotion, or leaves it if there is a later one of its model version; removes the other.
    fileprivate mutating func add(_ promotion: Promotion, removing: (Promotion) -> Void) {
        let key = ModelVersion(promotion.file)
        guard let index = promotions.firstIndex(where: { ModelVersion($0.file) == key }) else {
            promotions.append(promotion)
            return
        }
        let (earlier, later) =
            promotions[index].time <= promotion.time
            ? (promotions[index], promotion) : (promotion, promotions[index])
        removing(earlier)
        promotions[index] = later
    }
}
