// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Something that a look or an action changed, or found, and that is worth a line of the log.
enum RepositoryEvent: Sendable {
    /// A version is served from now on.
    case loaded(LoadedVersion)
    /// A version's files changed, and are served in the place of the old ones.
    case replaced(LoadedVersion)
    /// A version cannot be served; `keeps` tells whether what was loaded before still is.
    case refused(model: String, version: VersionNumber, VersionFault, keeps: Bool)
    /// A version is gone, and not served any more.
    case gone(model: String, version: VersionNumber)
    /// The directory of the version in use as default is gone; it is served all the same.
    case keptWithoutFiles(model: String, version: VersionNumber)
    /// Another version is the default.
    case changed(model: String, DefaultHistory.Change, from: VersionNumber?)
    /// The default cannot be served, and another version stands in for it, or none.
    case standIn(model: String, wanted: VersionNumber, served: VersionNumber?)
    /// The default can be served again.
    case restored(model: String, version: VersionNumber)
}
