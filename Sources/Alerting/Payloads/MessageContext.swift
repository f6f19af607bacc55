// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a message says besides its alerts.
package struct MessageContext: Sendable, Equatable {
    /// Where the page is found, without a slash at the end; nil for no links to it.
    package var externalURL: String?
    /// Which pod or host speaks.
    package var instance: String?
    /// Which program speaks: `kedge/1.0`.
    package var producer: String

    /// Says who speaks.
    package init(externalURL: String? = nil, instance: String? = nil, producer: String) {
        var page = externalURL.map { Substring($0) }
        while page?.hasSuffix("/") == true { page?.removeLast() }
        self.externalURL = page.map { String($0) }
        self.instance = instance
        self.producer = producer
    }

    /// The page, looking at a model version and perhaps at one feature in one window of it.
    ///
    /// What makes a link too long is left out: first the feature, then all of it.
    ///
    /// - Returns: nil without an `externalURL` that is a link of the web.
    package func page(
        of group: AlertGroup,
        feature: String? = nil,
        window: String? = nil
    ) -> WebLink? {
        guard let externalURL else { return nil }
        let version = [("model", group.model), ("version", group.version)]
        let detail = [("feature", feature), ("window", window)]
        for parameters in [version + detail, version, []] {
            let length = parameters.reduce(0) { $0 + ($1.1?.utf8.count ?? 0) }
            guard length < WebLink.maximumBytes else { continue }
            let query = parameters.compactMap { name, value in
                value.map { "\(name)=\(WebLink.encoded($0))" }
            }.joined(separator: "&")
            let link = WebLink(externalURL + "/" + (query.isEmpty ? "" : "?\(query)"))
            if let link { return link }
        }
        return nil
    }

    /// The page, looking at what an alert is about.
    package func page(of alert: Alert) -> WebLink? {
        page(of: alert.key.group, feature: alert.key.feature, window: alert.window)
    }
}
