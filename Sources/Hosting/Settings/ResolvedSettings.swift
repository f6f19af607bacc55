// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Settings with where each was said: in the file, the environment, the flags, or nowhere.
package struct ResolvedSettings<Settings: ProgramSettings>: Sendable, Equatable {
    /// What is in force.
    package let settings: Settings
    /// Where a key was said last, by its path; a key that is not here has its default.
    package let places: [String: SettingsPlace]

    /// Reads all sources; a later one wins over an earlier one, key by key.
    ///
    /// What an earlier source says must be right even when a later one says otherwise.
    ///
    /// - Parameters:
    ///   - file: The settings file, if any.
    ///   - environment: All variables; those that do not begin with `KEDGE_` are not looked at, nor
    ///     those that no key is near to: Kubernetes puts `KEDGE_SERVICE_HOST` and its like there.
    ///   - flags: In the order of the command line.
    /// - Throws: A `SettingsError` with every fault of every source.
    package init(
        file: SettingsFile? = nil,
        environment: [String: String] = [:],
        flags: [SettingsFlag] = []
    ) throws(SettingsError) {
        var sources = SettingsSources<Settings>()
        if let file { sources.read(file) }
        sources.read(environment)
        sources.read(flags)
        var faults = sources.reading.faults
        if faults.isEmpty { faults = sources.settings.faults(at: sources.reading.places) }
        guard faults.isEmpty else { throw SettingsError(faults: faults) }
        settings = sources.settings
        places = sources.reading.places
    }
}
