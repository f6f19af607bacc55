// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Testing

struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:9095", "127.0.0.1", 9_095),
        ("0.0.0.0:0", "0.0.0.0", 0),
        ("localhost:65535", "localhost", 65_535),
        ("[::1]:80", "::1", 80),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
    ])
    func `reads and writes host and port`(text: String, host: String, port: Int) {
        let address = ListenAddress(text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address?.description == text)
    }

    @Test(arguments: [
        "", ":", ":80", "localhost", "localhost:", "localhost:65536", "localhost:-1",
        "localhost:+1", "::1:80", "[::1]", "[]:80", "[localhost]:80", "a b:80", "http://a:80",
    ])
    func `refuses what is no address`(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
