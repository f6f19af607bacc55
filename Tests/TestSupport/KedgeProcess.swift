// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation
import Glibc
import Testing

/// A real program, started by a test and ended by its own pid.
///
/// Both output streams go to files, so that no reader is needed to keep the program going.
package final class RunningProcess {
    package let process = Process()
    package let directory: URL
    private let name: String

    /// Starts `executable`; its output goes to `<name>.out` and `<name>.err` in `directory`.
    package init(
        _ executable: URL,
        _ arguments: [String],
        in directory: URL,
        name: String,
        environment: [String: String] = [:],
        input: URL? = nil
    ) throws {
        self.directory = directory
        self.name = name
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = try input.map(FileHandle.init(forReadingFrom:)) ?? .nullDevice
        process.standardOutput = try Self.file(directory.appending(path: "\(name).out"))
        process.standardError = try Self.file(directory.appending(path: "\(name).err"))
        try Self.withNoSignalBlocked { try process.run() }
    }

    deinit {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    package var output: String { text("out") }
    package var errors: String { text("err") }

    /// Waits until standard error holds `text`.
    package func waitForErrors(containing text: String) throws {
        try eventually("\(name) says \(text)", else: { self.errors }) {
            try #require(process.isRunning || errors.contains(text), "\(name) ended: \(errors)")
            return errors.contains(text)
        }
    }

    /// Sends a signal and, unless told otherwise, waits for the end.
    ///
    /// - Returns: The exit code, or minus the number of the signal that ended it.
    @discardableResult
    package func end(_ signal: Int32 = SIGTERM) -> Int32 {
        if process.isRunning { kill(process.processIdentifier, signal) }
        return exitCode()
    }

    package func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for the end of the program.
    package func exitCode() -> Int32 {
        process.waitUntilExit()
        let status = process.terminationStatus
        return process.terminationReason == .uncaughtSignal ? -status : status
    }

    /// A program inherits which signals its starter's thread blocks, and the threads of a test
    /// runner block nearly all of them; a shell, a kubelet and a supervisor block none.
    private static func withNoSignalBlocked(_ body: () throws -> Void) rethrows {
        var (none, before) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    private func text(_ suffix: String) -> String {
        let data = try? Data(contentsOf: directory.appending(path: "\(name).\(suffix)"))
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    private static func file(_ url: URL) throws -> FileHandle {
        try Data().write(to: url)
        return try FileHandle(forWritingTo: url)
    }
}

/// The release binary of this package.
package enum Kedge {
    /// `KEDGE_BINARY`, or the binary of the release build that the tests belong to.
    package static var binary: URL {
        if let path = ProcessInfo.processInfo.environment["KEDGE_BINARY"] {
            return URL(filePath: path)
        }
        return Fixture.packageRoot.appending(path: ".build/release/kedge")
    }

    /// Runs a command to its end.
    package static func run(
        _ arguments: [String],
        in directory: URL,
        environment: [String: String] = [:],
        input: URL? = nil
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = try RunningProcess(
            binary,
            arguments,
            in: directory,
            name: "kedge-\(UUID().uuidString.prefix(8))",
            environment: environment,
            input: input
        )
        let status = process.exitCode()
        return (status, process.output, process.errors)
    }
}
