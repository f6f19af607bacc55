// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a process calls itself where nobody has told it.
enum ProducerName {
    /// The host's name, which is the pod's in Kubernetes, and the number of the process.
    static func ofThisProcess() -> String {
        var system = utsname()
        // uname(2) fills the structure, each text of it ended by NUL; it fails for bad addresses.
        guard unsafe uname(&system) == 0 else { return "serve/\(getpid())" }
        let host = unsafe withUnsafeBytes(of: &system.nodename) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return "\(host)/\(getpid())"
    }
}
