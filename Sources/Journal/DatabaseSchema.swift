// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What tells one of Kedge's databases from others' and from its own older versions.
struct DatabaseSchema: Sendable {
    /// What messages call it, after "the".
    let name: String
    /// What tells its file from others' (PRAGMA application_id).
    let applicationID: Int
    /// The newest version (PRAGMA user_version).
    let version: Int
    /// The way from every released version to the newest.
    let migrator: DatabaseMigrator
}
