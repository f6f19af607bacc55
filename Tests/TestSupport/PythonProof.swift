// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The Python programs of the tests: other people's clients of the server in
/// `Tests/EndToEndTests/python`, and the checks of our own producer in `Tests/Producers/python`.
package enum PythonProof {
    /// The checks of one pytest module against a server.
    ///
    /// - Parameters:
    ///   - module: Its name without `.py`, as `test_triton_client`.
    ///   - server: What it asks.
    /// - Returns: pytest's exit code, which is 0 only if there were checks and all passed, and what it
    ///   printed.
    /// - Throws: What starting Python throws.
    package static func run(
        _ module: String,
        against server: RunningServer
    ) throws -> (status: Int32, output: String) {
        try run(
            pytest: "Tests/EndToEndTests/python/\(module).py",
            ["--server", server.address, "--token", server.token],
            in: server.directory
        )
    }

    /// The checks of a pytest module or folder.
    ///
    /// - Parameters:
    ///   - path: It, seen from the package.
    ///   - options: What its `conftest.py` asks for.
    ///   - directory: Where its output is kept.
    /// - Returns: As above.
    /// - Throws: What starting Python throws.
    package static func run(
        pytest path: String,
        _ options: [String] = [],
        in directory: TemporaryDirectory
    ) throws -> (status: Int32, output: String) {
        let file = Fixture.packageRoot.appending(path: path)
        let process = try start(
            ["-m", "pytest", "--quiet", "--tb=short", "-p", "no:cacheprovider", file.path]
                + options,
            name: file.deletingPathExtension().lastPathComponent,
            in: directory
        )
        let status = process.exitCode()
        return (status, process.output + process.errors)
    }

    /// The tests of a folder by what Python has itself: no pytest, no package.
    package static func run(
        unittest folder: String,
        in directory: TemporaryDirectory
    ) throws -> (status: Int32, output: String) {
        let process = try RunningProcess(
            URL(filePath: "/usr/bin/python3"),
            [
                "-W", "error", "-m", "unittest", "discover", "-s",
                Fixture.packageRoot.appending(path: folder).path,
            ],
            in: directory.url,
            name: "unittest",
            environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        )
        let status = process.exitCode()
        return (status, process.output + process.errors)
    }

    /// Starts a script of `Tests/EndToEndTests/python`.
    package static func start(
        script: String,
        _ arguments: [String],
        name: String,
        in directory: TemporaryDirectory
    ) throws -> RunningProcess {
        try start([path(script)] + arguments, name: name, in: directory)
    }

    private static func start(
        _ arguments: [String],
        name: String,
        in directory: TemporaryDirectory
    ) throws -> RunningProcess {
        // The environment of `make test`; without one, whatever python3 is.
        let environment = Fixture.packageRoot.appending(path: ".venv/bin/python")
        let hasEnvironment = FileManager.default.isExecutableFile(atPath: environment.path)
        return try RunningProcess(
            hasEnvironment ? environment : URL(filePath: "/usr/bin/env"),
            (hasEnvironment ? [] : ["python3"]) + arguments,
            in: directory.url,
            name: name,
            environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        )
    }

    private static func path(_ file: String) -> String {
        Fixture.packageRoot.appending(path: "Tests/EndToEndTests/python/\(file)").path
    }
}
