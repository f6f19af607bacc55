// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Sidecar
import Testing

struct NotificationSenderTests {
    @Test(arguments: [
        ("https://hooks.slack.com/services/T0/B0/key", true),
        ("https://host", true),
        ("http://127.0.0.1:9093", true),
        ("http://[::1]:9093/x", true),
        ("http://localhost/x", true),
        ("http://alertmanager:9093", false),
        ("http://10.0.0.1/", false),
        ("ftp://host/", false),
        ("https://user:word@host/", false),
        ("https://host/#part", false),
        ("https:///path", false),
        ("https://host/with blank", false),
        ("hooks.slack.com/services", false),
        ("", false),
    ])
    func `takes https, and http to loopback`(url: String, isTaken: Bool) {
        let address = try? WebAddress(url, allowsHTTP: false)
        #expect((address != nil) == isTaken)
    }

    @Test
    func `takes http elsewhere when it is allowed`() throws {
        #expect(throws: WebAddressError.unencrypted) {
            try WebAddress("http://alertmanager:9093", allowsHTTP: false)
        }
        #expect(throws: Never.self) {
            try WebAddress("http://alertmanager:9093", allowsHTTP: true)
        }
    }

    @Test
    func `shows no more of a URL than its host`() throws {
        let url = "https://hooks.slack.com/services/T0/B0/key?also=this"
        #expect(WebAddress.redacted(url) == "https://hooks.slack.com/…")
        #expect("\(try WebAddress(url, allowsHTTP: false))" == "https://hooks.slack.com/…")
        #expect(WebAddress.redacted("https://host:8443") == "https://host:8443")
        #expect(WebAddress.redacted("no url at all") == "…")
    }

    @Test(arguments: [
        "169.254.169.254", "169.254.0.1", "100.100.100.200", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "fe80::1", "ff02::1", "::", "fd00:ec2::254", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "fd00:ec2::23",
        "fd20:ce::254", "fd00:c1::a9fe:a9fe", "168.63.129.16",
    ])
    func `refuses addresses where no receiver is`(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.refusal != nil)
    }

    @Test(arguments: [
        "127.0.0.1", "10.0.0.7", "192.168.1.1", "100.64.0.1", "8.8.8.8", "::1", "fd12::7",
        "2001:db8::1", "::ffff:10.0.0.7",
    ])
    func `takes addresses where a receiver may be`(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.refusal == nil)
    }

    @Test
    func `knows loopback`() {
        #expect(NetworkAddress("127.8.8.8")?.isLoopback == true)
        #expect(NetworkAddress("::ffff:127.0.0.1")?.isLoopback == true)
        #expect(NetworkAddress("::1")?.isLoopback == true)
        #expect(NetworkAddress("128.0.0.1")?.isLoopback == false)
        #expect(NetworkAddress("localhost") == nil)
    }

    @Test
    func `signs as the standard's own example does`() throws {
        // standardwebhooks.com, "Signature scheme", and the test of its libraries.
        let signature = try WebhookSignature(secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let value = signature.value(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8)
        )
        #expect(value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test
    func `signs with every secret while one is rotated`() throws {
        let old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let new = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
        let body = Array("{}".utf8)
        let both = try WebhookSignature(secrets: "\(new)\n\(old)\n")
            .value(id: "a", timestamp: 1, body: body)
        let single = try [new, old].map {
            try WebhookSignature(secrets: $0).value(id: "a", timestamp: 1, body: body)
        }
        #expect(both == single.joined(separator: " "))
    }

    @Test(arguments: [
        ("whsec_short", 1), ("whsec_!", 1), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw x", 2),
    ])
    func `says which secret is none`(secrets: String, number: Int) {
        #expect(throws: WebhookSecretError(number: number)) {
            try WebhookSignature(secrets: secrets)
        }
    }
}

struct ReceiverAnswerTests {
    private func judge(
        _ status: Int,
        _ body: String = "",
        retryAfter: String? = nil,
        kind: ReceiverSettings.Kind = .webhook
    ) -> NotificationSender.Result {
        NotificationSender.judge(
            NotificationSender.Answer(
                status: status,
                retryAfter: retryAfter,
                body: Array(body.utf8)
            ),
            kind,
            hiding: ["T0/B0/secret", "secret"],
            now: 784_111_777
        )
    }

    @Test(arguments: ["ok", "ok\n", #"{"ok":true}"#])
    func `Slack has a message when it says so`(body: String) {
        #expect(judge(200, body, kind: .slack).outcome == .delivered)
    }

    @Test(arguments: ["", "no_text", #"{"ok":false}"#, #"{"ok":"#, "okay"])
    func `Slack's 200 with another text is an error`(body: String) {
        guard case .rejected = judge(200, body, kind: .slack).outcome else {
            Issue.record("\(body) was taken")
            return
        }
        #expect(judge(200, body).outcome == .delivered)
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 504])
    func `what may pass is tried again`(status: Int) {
        guard case .failed(_, nil) = judge(status).outcome else {
            Issue.record("\(status) is not tried again")
            return
        }
    }

    @Test(arguments: [300, 301, 307, 308, 400, 401, 403, 404, 405, 413, 422])
    func `what will not pass is not tried again`(status: Int) {
        guard case .rejected = judge(status).outcome else {
            Issue.record("\(status) is tried again")
            return
        }
    }

    @Test
    func `410 is the end`() {
        guard case .gone = judge(410).outcome else {
            Issue.record("410 is not the end")
            return
        }
    }

    @Test(arguments: [
        ("17", 17.0), (" 0 ", 0), ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0),
    ])
    func `a wish to be left alone is seconds or a date`(value: String, seconds: Double) {
        guard case .failed(_, let after) = judge(429, retryAfter: value).outcome else {
            Issue.record("429 is not tried again")
            return
        }
        #expect(after == seconds)
    }

    @Test
    func `what a receiver says is told in one line without secrets`() {
        let answer = judge(
            404,
            "no service\n\u{7}T0/B0/secret and secret\n" + String(repeating: "x", count: 999)
        )
        #expect(answer.answer.hasPrefix("no service … and … xxx"))
        #expect(answer.answer.count == 200)
    }

    @Test
    func `a secret that another one is part of is not told in pieces`() {
        let answer = NotificationSender.judge(
            .init(status: 404, body: Array("no /abcdef/abcdefSECRET".utf8)),
            .webhook,
            hiding: ["abcdef", "abcdefSECRET"],
            now: 0
        )
        #expect(answer.answer == "no /…/…")
    }
}
