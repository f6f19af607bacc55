// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The HTTP address cannot be listened on.
package struct ListenError: Error, CustomStringConvertible {
    /// What cannot be listened on.
    package let address: ListenAddress
    /// What the system says.
    package let reason: String

    /// Names an address and what the system says about it.
    package init(address: ListenAddress, reason: String) {
        self.address = address
        self.reason = reason
    }

    /// One sentence.
    package var description: String { "listen: cannot listen on \(address): \(reason)" }
}
