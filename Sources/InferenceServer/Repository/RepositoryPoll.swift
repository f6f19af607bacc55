// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import ServiceLifecycle

/// Looks at a repository again and again, until the shutdown.
///
/// The files are polled: a ConfigMap swaps links, which no watch on a directory sees.
package struct RepositoryPoll: Service {
    private let repository: ModelRepository
    private let interval: Duration

    /// Polls a repository that was loaded at the start.
    ///
    /// - Parameter interval: The pause between two looks, over 0.
    package init(_ repository: ModelRepository, every interval: Duration) {
        self.repository = repository
        self.interval = interval
    }

    /// Polls until the shutdown begins.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: interval)
                // A look blocks on the disk, which is nothing for the tasks' threads.
                try await NIOThreadPool.singleton.runIfActive { repository.poll() }
            }
        }
    }
}
