// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import Sidecar

extension BuildInfo {
    /// This program; who packages it may set `KEDGE_REVISION` to the commit.
    static var current: BuildInfo {
        BuildInfo(
            version: "0.1.0",
            revision: ProcessInfo.processInfo.environment["KEDGE_REVISION"] ?? ""
        )
    }
}
