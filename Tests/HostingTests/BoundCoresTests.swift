// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Testing

struct BoundCoresTests {
    @Test(
        arguments: [
            ("Name:\tkedge\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2),
            ("Cpus_allowed:\tff,ffffff01\n", 33),
            ("Cpus_allowed:\t0\n", nil),
            ("Name:\tkedge\n", nil),
        ] as [(String, Int?)]
    )
    func `counts the bits of the mask`(status: String, cores: Int?) {
        #expect(boundCores(status: status) == cores)
    }

    @Test
    func `this process has at least one`() throws {
        #expect(try #require(boundCores()) >= 1)
    }
}
