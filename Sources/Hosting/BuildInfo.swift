// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Exposition

/// What program this is.
package struct BuildInfo: Sendable, Equatable {
    /// The release, as in `0.1.0`.
    package var version: String
    /// The commit it was built from; empty when not known.
    package var revision: String

    /// Names a build.
    package init(version: String, revision: String) {
        self.version = version
        self.revision = revision
    }

    /// The least version of the compiler that can have built this.
    package static var swiftVersion: String {
        #if compiler(>=6.5)
        "6.5"
        #elseif compiler(>=6.4)
        "6.4"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }

    /// The operating system it was built for.
    package static var operatingSystem: String {
        #if os(Linux)
        "linux"
        #elseif os(macOS)
        "macos"
        #else
        "other"
        #endif
    }

    /// The processor it was built for.
    package static var architecture: String {
        #if arch(x86_64)
        "x86_64"
        #elseif arch(arm64)
        "arm64"
        #else
        "other"
        #endif
    }

    /// Writes `kedge_build_info`.
    package func write(to writer: inout ExpositionWriter) {
        let labels = Labels([
            "version": version,
            "revision": revision,
            "swiftversion": Self.swiftVersion,
            "os": Self.operatingSystem,
            "arch": Self.architecture,
        ])
        writer.family(Self.descriptor) { $0.sample(1, labels) }
    }

    private static let descriptor = MetricDescriptor(
        "kedge_build",
        .info,
        help: "What this program was built from, by and for."
    )
}
