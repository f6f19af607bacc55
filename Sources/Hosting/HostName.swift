// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What the machine is called, which in Kubernetes is the pod's name.
package enum HostName {
    /// The name that the system was given; nil when it has none.
    package static var current: String? {
        var system = utsname()
        // uname(2) fills the structure, each text of it ended by NUL; it fails for bad addresses.
        guard unsafe uname(&system) == 0 else { return nil }
        let name = unsafe withUnsafeBytes(of: &system.nodename) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return name.isEmpty ? nil : name
    }
}
