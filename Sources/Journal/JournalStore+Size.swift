// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension JournalStore {
    /// The bytes of the file and its log.
    package var fileBytes: Int {
        [path, path + "-wal", path + "-shm"].reduce(0) { sum, path in
            var status = stat()
            // stat(2) fills the structure, and says so when it does not.
            return unsafe stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }
}
