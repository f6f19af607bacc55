// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting
package import Inference
package import Logging
import PredictionLog
import Synchronization

/// The models of a directory, `<name>/<version>/model.onnx`: loaded, checked, kept up to date, and
/// shown to requests as a catalog.
///
/// A version appears by being renamed into its model's directory. It is read once, hashed, compiled
/// and replayed on its golden rows, and only then in the catalog; requests under way finish on what
/// they began with. Looks and loads take one turn at a time, on the thread of the caller, which they
/// block; a promotion or rollback waits for no load, and is on the disk before it is in force.
package final class ModelRepository: Sendable {
    private let path: String
    private let file: StateFile<DefaultHistory>?
    private let board: CatalogBoard
    private let logger: Logger
    private let clock: @Sendable () -> Double

    /// Held during a look, loads included; taken before `state`.
    private let scanner: Mutex<RepositoryScanner>
    private let state: Mutex<RepositoryState>
    private let told = Mutex(Told())

    /// What was told of what no event tells.
    private struct Told: Sendable {
        var faults: Set<String> = []
        var ignored: Set<String> = []
        var isUnsaved = false
    }

    /// Makes a repository that has loaded nothing.
    ///
    /// - Parameters:
    ///   - path: The directory of the models.
    ///   - stateDirectory: Where the defaults are kept; nil keeps them until the end of the process.
    ///   - defaultModel: The model that answers when a request names none.
    ///   - board: Where requests find the catalog.
    ///   - limits: What a model file may hold.
    ///   - logger: Takes what was loaded, refused and changed.
    ///   - clock: The wall clock, in Unix seconds.
    package init(
        path: String,
        stateDirectory: String?,
        defaultModel: String? = nil,
        board: CatalogBoard,
        limits: ModelLimits = ModelLimits(),
        logger: Logger,
        clock: @escaping @Sendable () -> Double = wallClockSeconds
    ) {
        self.path = path
        file = stateDirectory.map { StateFile(path: $0 + "/models.json") }
        self.board = board
        self.logger = logger
        self.clock = clock
        scanner = Mutex(RepositoryScanner(path: path, limits: limits))
        state = Mutex(RepositoryState(history: DefaultHistory(), defaultModel: defaultModel))
    }

    /// Reads the defaults and loads all models, before anything is served.
    ///
    /// - Throws: `RepositoryStartError`: the directory or the state cannot be read, or nothing can
    ///   be served and something is wrong. An empty directory is waited for.
    package func loadAtStart() throws(RepositoryStartError) {
        try readHistory()
        let faults: [RepositoryListing.Fault]
        do throws(RepositoryListing.Fault) {
            faults = try look(isStart: true)
        } catch {
            throw .directory(path: error.path, error.reason)
        }
        let entries = board.catalog.entries
        if entries.allSatisfy({ $0.defaultVersion == nil }) {
            let refusals = entries.flatMap { entry in
                entry.unavailable.map { "\(entry.name)/\($0.version): \($0.reason)" }
            }
            let reasons = faults.map(\.description) + refusals
            guard reasons.isEmpty else { throw .nothingServed(reasons: reasons) }
            logger.warning("there is no model yet; watching for one", metadata: ["path": "\(path)"])
        }
    }

    /// Looks at the directory again, and loads what changed.
    package func poll() {
        do throws(RepositoryListing.Fault) {
            try look(isStart: false)
        } catch {
            // What is loaded is served on.
            tell([error])
        }
    }

    /// The defaults, and what they were.
    package var history: DefaultHistory { state.withLock { $0.history } }

    private func readHistory() throws(RepositoryStartError) {
        guard let file else {
            return logger.warning(
                "no state directory: promotions and rollbacks last until the restart"
            )
        }
        do throws(StateFileError) {
            let (history, discarded) = try file.load(now: clock())
            state.withLock { state in
                state = RepositoryState(history: history, defaultModel: state.defaultModel)
            }
            guard let discarded else { return }
            logger.error(
                "the recorded default versions cannot be trusted and are set aside",
                metadata: ["file": "\(discarded.path)", "fault": "\(discarded.reason)"]
            )
        } catch {
            throw .state(error)
        }
    }
}

// MARK: - Actions

extension ModelRepository {
    /// Makes a version the default of its model, and records it.
    ///
    /// - Returns: The default before, which is the version itself when it was that already, and now.
    /// - Throws: `RepositoryActionError`; nothing has changed then.
    @discardableResult
    package func promote(
        _ model: String,
        to version: String
    ) throws(RepositoryActionError) -> (from: String?, to: String) {
        let time = RFC3339.format(clock())
        return try change(model) { state throws(RepositoryActionError) in
            (from: try state.promote(model, to: version, at: time)?.text, to: version)
        }
    }

    /// Makes the default before the default again, and records it.
    ///
    /// - Returns: The default before and now.
    /// - Throws: `RepositoryActionError`; nothing has changed then.
    @discardableResult
    package func rollBack(
        _ model: String
    ) throws(RepositoryActionError) -> (from: String?, to: String) {
        let time = RFC3339.format(clock())
        return try change(model) { state throws(RepositoryActionError) in
            let change = try state.rollBack(model, at: time)
            return (from: change.from.text, to: change.to.text)
        }
    }

    /// Loads a model that was unloaded, and looks for new and mended versions of it.
    ///
    /// - Throws: `RepositoryActionError` when it cannot be served afterwards.
    package func load(_ model: String) throws(RepositoryActionError) {
        do throws(RepositoryListing.Fault) {
            try look(isStart: false) { scanner, state in
                scanner.forgetRefused(model)
                state.allowLoading(model)
            }
        } catch {
            throw .unreadable(model: model, path: error.path, error.reason)
        }
        try state.withLock { state throws(RepositoryActionError) in
            let entry = state.catalog.entries.first { $0.name == model }
            guard let entry else { throw state.unknownModel(model) }
            guard entry.defaultVersion == nil else { return }
            let reasons = entry.unavailable.map { "version \($0.version): \($0.reason)" }
            throw .notLoaded(model: model, reasons: reasons)
        }
    }

    /// Stops serving a model until it is loaded, or the process restarts; requests under way finish.
    ///
    /// - Throws: `RepositoryActionError` when there is no such model.
    package func unload(_ model: String) throws(RepositoryActionError) {
        try scanner.withLock { scanner throws(RepositoryActionError) in
            try state.withLock { state throws(RepositoryActionError) in
                try state.unload(model)
                board.show(state.catalog)
            }
            scanner.forget(model)
        }
        logger.notice("model unloaded", metadata: ["model": "\(model)"])
    }

    /// Changes a default: on the disk, then for requests.
    private func change<Result>(
        _ model: String,
        _ body: (inout RepositoryState) throws(RepositoryActionError) -> Result
    ) throws(RepositoryActionError) -> Result {
        try state.withLock { state throws(RepositoryActionError) in
            var next = state
            let result = try body(&next)
            if next.history != state.history {
                do throws(FileWriteError) { try file?.save(next.history) } catch {
                    throw .notRecorded(error)
                }
            }
            let before = state.history.records[model]
            state = next
            board.show(state.catalog)
            if let change = next.history.records[model]?.changes.last,
                before != next.history.records[model]
            {
                logger.tell(.changed(model: model, change, from: before?.current))
            }
            return result
        }
    }
}

// MARK: - Looking

extension ModelRepository {
    /// Looks at all files, loads what changed, and shows what there is now.
    ///
    /// One look at a time: of two that overlap, the one that saw less must not show last.
    ///
    /// - Returns: The models' directories that cannot be listed.
    /// - Throws: When the directory of the models cannot be listed.
    @discardableResult
    private func look(
        isStart: Bool,
        after prepare: (inout RepositoryScanner, inout RepositoryState) -> Void = { _, _ in }
    ) throws(RepositoryListing.Fault) -> [RepositoryListing.Fault] {
        try scanner.withLock { scanner throws(RepositoryListing.Fault) in
            let before = state.withLock { state in
                prepare(&scanner, &state)
                return state
            }
            let look = try scanner.look(
                now: clock(),
                skipping: before.unloaded,
                counters: before.counters
            )
            let time = RFC3339.format(clock())
            let (events, hasChanged) = state.withLock { state in
                let history = state.history
                let events = state.apply(look, at: time, isStart: isStart)
                board.show(state.catalog)
                return (events, state.history != history)
            }
            for event in events { logger.tell(event) }
            tell(look.faults)
            tellIgnored(look.ignored)
            if hasChanged || told.withLock({ $0.isUnsaved }) { record() }
            return look.faults
        }
    }

    /// Records first defaults; a disk that does not take them now is asked again at the next look.
    private func record() {
        guard let file else { return }
        let fault = state.withLock { state in
            do throws(FileWriteError) {
                try file.save(state.history)
                return FileWriteError?.none
            } catch {
                return error
            }
        }
        let isNews = told.withLock { told in
            defer { told.isUnsaved = fault != nil }
            return !told.isUnsaved
        }
        if let fault, isNews {
            logger.error(
                "the default versions cannot be recorded",
                metadata: ["fault": "\(fault)"]
            )
        }
    }

    private func tell(_ faults: [RepositoryListing.Fault]) {
        let texts = Set(faults.map(\.description))
        let news = told.withLock { told in
            defer { told.faults = texts }
            return texts.subtracting(told.faults)
        }
        for text in news.sorted() {
            logger.error("models not looked at", metadata: ["fault": "\(text)"])
        }
    }

    private func tellIgnored(_ paths: [String]) {
        let news = told.withLock { told in
            defer { told.ignored = Set(paths) }
            return Set(paths).subtracting(told.ignored)
        }
        for path in news.sorted() {
            logger.debug("not a model or version", metadata: ["path": "\(path)"])
        }
    }
}

/// Why a repository cannot be started.
package enum RepositoryStartError: Error, Sendable, Equatable {
    /// The directory of the models cannot be listed.
    case directory(path: String, SystemError)
    /// The recorded defaults cannot be read.
    case state(StateFileError)
    /// There are versions, and none of them can be served.
    case nothingServed(reasons: [String])
}

extension RepositoryStartError: CustomStringConvertible {
    /// One sentence; a line for each version that cannot be served.
    package var description: String {
        switch self {
        case .directory(let path, let error): "models: \(path) cannot be read: \(error)"
        case .state(let error): "state: \(error)"
        case .nothingServed(let reasons):
            (["models: none can be served"] + reasons).joined(separator: "\n  ")
        }
    }
}
