// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting

/// What a process calls itself where nobody has told it.
enum ProducerName {
    /// The host's name, which is the pod's in Kubernetes, and the number of the process.
    static func ofThisProcess() -> String { "\(HostName.current ?? "serve")/\(getpid())" }
}
