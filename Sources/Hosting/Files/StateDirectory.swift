// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The state directory, held by this process alone until the value is released.
///
/// The lock is `flock(2)` on `kedge.lock` inside the directory: the kernel drops it with the
/// process, so a `SIGKILL` leaves nothing to clean up.
package final class StateDirectory: Sendable {
    /// The directory.
    package let path: String
    private let descriptor: Int32

    /// Creates the directory when it is absent and locks it.
    ///
    /// - Throws: `StateDirectoryError` when it cannot be created or another process holds it.
    package init(path: String) throws(StateDirectoryError) {
        if unsafe mkdir(path, 0o750) != 0, errno != EEXIST {
            throw .unusable(path: path, SystemError(code: errno))
        }
        let lock = path + "/kedge.lock"
        let descriptor = unsafe open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .unusable(path: lock, SystemError(code: errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemError(code: errno)
            close(descriptor)
            if error == SystemError(code: EWOULDBLOCK) { throw .locked(path: path) }
            throw .unusable(path: lock, error)
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}

/// Why the state directory cannot be used.
package enum StateDirectoryError: Error, Equatable, CustomStringConvertible {
    case unusable(path: String, SystemError)
    case locked(path: String)

    package var description: String {
        switch self {
        case .unusable(let path, let error):
            "state: cannot create or open \(path): \(error)"
        case .locked(let path):
            "state: \(path) is in use by another kedge process"
        }
    }
}
