// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Logging

extension Logger {
    /// Writes the line of an event.
    func tell(_ event: RepositoryEvent) {
        switch event {
        case .loaded(let version): tell("model version loaded", version)
        case .replaced(let version): tell("model version loaded anew", version)
        case .refused(let model, let version, let fault, let keeps):
            let message: Message =
                keeps
                ? "changed model version refused; what was loaded before is served"
                : "model version not served"
            var metadata = Self.metadata(model, version)
            metadata["fault"] = "\(fault)"
            error(message, metadata: metadata)
        case .gone(let model, let version):
            info("model version gone", metadata: Self.metadata(model, version))
        case .keptWithoutFiles(let model, let version):
            warning(
                "the directory of the default version is gone; it is served until the restart",
                metadata: Self.metadata(model, version)
            )
        case .changed(let model, let change, let before):
            var metadata = Self.metadata(model, change.version)
            metadata["action"] = "\(change.action.rawValue)"
            if let before { metadata["before"] = "\(before)" }
            notice("default version", metadata: metadata)
        case .standIn(let model, let wanted, let served):
            var metadata = Self.metadata(model, wanted)
            metadata["served"] = served.map { "\($0)" } ?? "none"
            error("the default version cannot be served", metadata: metadata)
        case .restored(let model, let version):
            notice("the default version is served again", metadata: Self.metadata(model, version))
        }
    }

    private static func metadata(_ model: String, _ version: VersionNumber) -> Metadata {
        ["model": "\(model)", "model_version": "\(version)"]
    }

    private func tell(_ message: Message, _ version: LoadedVersion) {
        let served = version.served
        let metadata: Metadata = [
            "model": "\(served.name)", "model_version": "\(served.version)",
            "digest": "\(served.digest)", "features": "\(served.features.count)",
            "golden_rows": "\(version.golden?.rows ?? 0)",
        ]
        info(message, metadata: metadata)
        for remark in version.remarks {
            warning(
                "\(remark)",
                metadata: ["model": "\(served.name)", "model_version": "\(served.version)"]
            )
        }
    }
}
