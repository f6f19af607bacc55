// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A `kedge sidecar` in its own directory, on a free port.
package final class RunningSidecar: ServesHTTP {
    package let directory: TemporaryDirectory
    package let process: RunningProcess
    package let socket: String
    package let base: URL

    /// Starts a sidecar and waits until it takes records and answers HTTP.
    ///
    /// - Parameters:
    ///   - configuration: YAML beside `listen`, `socket` and `state`, which are set here.
    ///   - arguments: Further arguments, as `["--clock", "event"]`.
    ///   - directory: Where socket, state and logs go; a new one when absent.
    ///   - name: What its files are called; two in one directory have two names.
    /// - Throws: What starting it throws, or `NeverHappened` with its log.
    package init(
        configuration: String,
        arguments: [String] = [],
        in directory: TemporaryDirectory? = nil,
        name: String = "sidecar"
    ) throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        socket = directory.path("kedge.sock")
        let file = try directory.write(configuration, to: "\(name).yaml")
        process = try RunningProcess(
            Kedge.binary,
            [
                "sidecar", "--config", file, "--listen", "127.0.0.1:0", "--socket", socket,
                "--state", directory.path("state"),
            ] + arguments,
            in: directory.url,
            name: name
        )
        try process.waitForErrors(containing: "listening for prediction logs")
        base = try process.servedAddress()
    }
}
