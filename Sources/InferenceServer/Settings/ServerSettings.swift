// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting

/// Everything the inference server is told, checked and complete.
///
/// A fresh value holds the defaults.
package struct ServerSettings: ProgramSettings {
    /// The directory of the models, `<name>/<version>/model.onnx` below it.
    package var models = "models"
    /// Where HTTP is served.
    package var listen = ListenAddress(host: "127.0.0.1", port: 8_080)
    /// The socket that predictions are logged to; nil logs none.
    package var logSocket: String?
    /// The most bytes of records that wait for the socket; beyond it the oldest are dropped.
    package var logQueueBytes = 4 << 20
    /// Whether records are kept until the socket's reader says that they are durable.
    package var logAcknowledge = false
    /// What the server calls itself to the socket's reader; nil for host and process.
    package var producer: String?
    /// The directory that is this process's own; nil keeps nothing over a restart.
    package var state: String?
    /// The file of the token that lets a client change state; nil lets none over the network.
    package var tokenFile: String?
    /// The model that answers when a request names none; nil asks for a name if there are several.
    package var defaultModel: String?
    /// How often the models are looked at for changes.
    package var pollEvery = Duration.seconds(5)
    /// Event loops; 0 for one a core.
    package var threads = 0
    /// Whether every request is told on standard error.
    package var accessLog = false
    /// How long requests are still taken after SIGTERM, while `/ready` says no.
    package var drain = Duration.seconds(5)
    /// What one request may ask for.
    package var limits = ServingLimits()
    /// Bytes of a request's header.
    package var headerBytes = 16 << 10
    /// Requests under way at once; a further one is answered 503.
    package var concurrency = 256

    /// Makes the defaults.
    package init() {}

    /// What the manual calls the program.
    package static let program = "the inference server"
    /// `kedge config` reads a sidecar's settings by itself.
    package static let configFlag: String? = "--server"

    /// The socket that takes commands, in the state directory; nil without one.
    package var adminSocket: String? { state.map(AdminSocket.path(inState:)) }
}
