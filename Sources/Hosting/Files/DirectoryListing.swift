// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The names in a directory.
package enum DirectoryListing {
    /// The names in the order of their UTF-8 bytes, without those that begin with a dot.
    package static func names(in path: String) throws(SystemError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw SystemError(code: errno) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            // The entry is valid until the next call for this directory.
            guard let entry = unsafe readdir(directory) else {
                guard errno == 0 else { throw SystemError(code: errno) }
                break
            }
            // `d_name` is the last member, NUL-terminated, and may be longer than its declaration.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self)
                )
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
