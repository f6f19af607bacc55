// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting

extension ServerSettings {
    /// Every key of the file, in the order of the manual.
    package static let table = SettingsTable<ServerSettings>(
        serviceKeys + stateKeys + logKeys + lifeKeys + limitKeys
    )

    private static let serviceKeys: [SettingsKey<ServerSettings>] = [
        SettingsKey(
            "models",
            \.models,
            .path("a directory"),
            "The directory of the models, <name>/<version>/model.onnx below it."
        ),
        SettingsKey(
            "listen",
            \.listen,
            .address,
            "Where predictions and /metrics are served; port 0 takes any free one."
        ),
        SettingsKey(
            "default_model",
            \.defaultModel,
            .name("a model"),
            "The model that answers when a request names none; without it the only one that is served.",
            example: "delay"
        ),
        SettingsKey(
            "poll_every",
            \.pollEvery,
            .duration(.milliseconds(100)...(.seconds(3_600))),
            "How often the models are looked at for new and changed versions."
        ),
    ]

    private static let stateKeys: [SettingsKey<ServerSettings>] = [
        SettingsKey(
            "state",
            \.state,
            // The socket of the commands is in it, and its path must fit as well.
            .path("a directory", limit: AdminSocket.maximumStateBytes),
            "The directory that is this process's own, and locked by it: which versions are the "
                + "defaults, and the socket of kedge model. None keeps nothing over a restart.",
            example: "/var/lib/kedge-serve"
        ),
        SettingsKey(
            "token_file",
            \.tokenFile,
            .path("a file"),
            "The file of the token with which clients may load, unload, promote and roll back over "
                + "the network (Authorization: Bearer); without one nobody may.",
            example: "/etc/kedge/token"
        ),
    ]

    private static let logKeys: [SettingsKey<ServerSettings>] = [
        SettingsKey(
            "log_socket",
            \.logSocket,
            .path("the Unix socket", limit: SocketFile.maximumPathBytes),
            "The sidecar's socket, which every prediction is logged to; none logs nothing.",
            example: "/run/kedge/kedge.sock"
        ),
        SettingsKey(
            "log_queue",
            \.logQueueBytes,
            .bytes(65_536...1_073_741_824),
            "Records that wait for the socket; beyond it the oldest are dropped and counted."
        ),
        SettingsKey(
            "log_acknowledge",
            \.logAcknowledge,
            .boolean,
            "Whether records are kept until the sidecar says that they are durable, as many bytes "
                + "again as log_queue, and sent again after a lost connection; each is counted once."
        ),
        SettingsKey(
            "producer",
            \.producer,
            .name("a producer"),
            "What the server calls itself to the sidecar; the host's name and the process's number "
                + "by default.",
            example: "pod-7/serve"
        ),
        SettingsKey(
            "access_log",
            \.accessLog,
            .boolean,
            "Whether every request is told as a line of JSON on standard error."
        ),
    ]

    private static let lifeKeys: [SettingsKey<ServerSettings>] = [
        SettingsKey(
            "threads",
            \.threads,
            .integer(0...256),
            "Event loops that answer; 0 is one a core."
        ),
        SettingsKey(
            "drain",
            \.drain,
            .duration(.zero...(.seconds(3_600))),
            "How long requests are still taken after SIGTERM, while /ready says no."
        ),
    ]

    private static let limitKeys: [SettingsKey<ServerSettings>] = [
        SettingsKey(
            "limits.body",
            \.limits.bodyBytes,
            .bytes(1_024...1_073_741_824),
            "The body of a request; a larger one is answered 413."
        ),
        SettingsKey(
            "limits.header",
            \.headerBytes,
            .bytes(1_024...1_048_576),
            "The header of a request; a larger one is answered 431."
        ),
        SettingsKey(
            "limits.rows",
            \.limits.rows,
            .integer(1...10_000_000),
            "Rows of a request; more are refused."
        ),
        SettingsKey(
            "limits.concurrency",
            \.concurrency,
            .integer(1...1_000_000),
            "Requests under way at once; a further one is answered 503."
        ),
        SettingsKey(
            "limits.time",
            \.limits.time,
            .duration(.milliseconds(1)...(.seconds(3_600))),
            "How long a request may take from its first byte, and its answer from its last."
        ),
    ]
}
