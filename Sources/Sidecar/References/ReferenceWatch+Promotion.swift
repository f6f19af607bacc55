// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Hosting
import Logging
import Synchronization

extension ReferenceWatch {
    /// What came of a promotion.
    struct Promoted: Sendable, Equatable {
        /// The model.
        let model: String
        /// The version of the model.
        let version: String
        /// The digest of the reference that is in force now.
        let digest: String
        /// The digest of the one before; nil without one.
        let previous: String?
    }

    /// Puts the reference of a file in force.
    ///
    /// It is on the disk before it is in force. One that is already changes nothing. Blocks on the
    /// disk.
    /// - Parameter bytes: The whole file.
    /// - Returns: What is in force now, and what was before.
    /// - Throws: `PromotionError`; nothing has changed then.
    func promote(_ bytes: [UInt8]) throws(PromotionError) -> Promoted {
        guard let promotions else { throw .noState }
        let file: ReferenceFile
        do throws(ReferenceFileError) {
            file = try ReferenceFile(decoding: bytes.span, limits: limits)
        } catch {
            throw .faulty(error)
        }
        let result = state.withLock { state in
            Result { () throws(PromotionError) in try promote(file, promotions, &state) }
        }
        return try result.get()
    }

    private func promote(
        _ file: ReferenceFile,
        _ promotions: PromotionDirectory,
        _ state: inout State
    ) throws(PromotionError) -> Promoted {
        // A change of a file that was not seen yet must not come after this promotion.
        look(&state)
        let key = ModelVersion(file)
        let previous = state.archived?.first { ModelVersion($0.file) == key }?.file.digest
        let promoted = Promoted(
            model: key.model,
            version: key.version,
            digest: file.digest,
            previous: previous
        )
        if previous == file.digest { return promoted }
        let source = MonitorSet.Source(reference: file.reference, digest: file.digest)
        if let refusal = ingest.refusal(of: source) { throw .refused(refusal) }
        let promotion = state.store.promotion(of: file, at: wallClockSeconds())
        do throws(FileWriteError) {
            try promotions.save(promotion)
        } catch {
            logger.error("promotion not kept", metadata: ["fault": "\(error)"])
            throw .notKept(error.reason)
        }
        settle(state.store.promote(promotion), &state)
        return promoted
    }
}

/// Why a reference was not promoted.
enum PromotionError: Error, Sendable, Equatable {
    /// There is no state directory.
    case noState
    /// The bytes are no sound reference file.
    case faulty(ReferenceFileError)
    /// It would not be monitored.
    case refused(MonitorRefusal)
    /// It could not be written.
    case notKept(SystemError)
}

extension PromotionError: CustomStringConvertible {
    /// One sentence, without a path.
    var description: String {
        switch self {
        case .noState:
            "promotions are kept in the state directory, and this sidecar has none: set 'state'"
        case .faulty(let error): "this is no reference to be used: \(error)"
        case .refused(let refusal): "\(refusal)"
        case .notKept(let error): "the reference could not be kept: \(error)"
        }
    }

    /// The word of an error's `code`.
    var code: String {
        switch self {
        case .noState: "no_state"
        case .faulty(.tooMany(.bytes, _, _)): "body_too_large"
        case .faulty: "invalid_reference"
        case .refused: "not_monitored"
        case .notKept: "not_kept"
        }
    }

    /// The status of the answer.
    var status: Int {
        switch self {
        case .noState, .refused: 409
        case .faulty(.tooMany(.bytes, _, _)): 413
        case .faulty: 400
        case .notKept: 503
        }
    }
}
