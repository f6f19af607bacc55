// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Sidecar
import Testing

struct SilenceRequestTests {
    private static let now = 1_790_000_000.0

    private func silence(_ json: String) throws(SilenceRequestError) -> Silence {
        try SilenceRequest(decoding: Array(json.utf8)).silence(now: Self.now)
    }

    @Test
    func `reads what Alertmanager's clients send`() throws {
        let silence = try silence(
            """
            {"id":"","matchers":[{"name":"feature","value":"hum*","isRegex":false,"isEqual":true},
            {"name":"severity","value":"critical","isEqual":false}],
            "startsAt":"2026-09-21T14:13:20.000Z","endsAt":"2026-09-21T16:13:20Z",
            "createdBy":"ops","comment":"new sensor","more":[1,{}]}
            """
        )
        #expect(
            silence.matchers == [
                Silence.Matcher("feature", "hum*"),
                Silence.Matcher("severity", "critical", isEqual: false),
            ]
        )
        #expect(silence.id.utf8.count == 16)
        #expect(silence.startsAt == Self.now)
        #expect(silence.endsAt == Self.now + 7_200)
        #expect(silence.createdBy == "ops")
        #expect(silence.comment == "new sensor")
        #expect(silence.state(at: Self.now) == .active)
    }

    private static let rest = #""endsAt":"2026-09-22T00:00:00Z","comment":"c""#

    @Test(arguments: [
        ("[]", "the body is no silence"),
        ("{}", "expected matchers"),
        ("{\"matchers\":[],\(rest)}", "expected matchers"),
        (
            "{\"matchers\":[{\"name\":\"feature\",\"value\":\"*\"}],\(rest)}",
            "the matchers fit every alert"
        ),
        (
            "{\"matchers\":[{\"name\":\"featur\",\"value\":\"t\"}],\(rest)}",
            "found the label \"featur\", expected one of alertname, feature"
        ),
        ("{\"matchers\":[{\"name\":\"feature\"}],\(rest)}", "expected a value"),
        (
            "{\"matchers\":[{\"name\":\"feature\",\"value\":\"t\",\"isRegex\":true}],\(rest)}",
            "found isRegex"
        ),
        (
            #"{"matchers":[{"name":"feature","value":"t"}],"comment":"c"}"#,
            "expected endsAt"
        ),
        (
            #"{"matchers":[{"name":"feature","value":"t"}],"endsAt":"2026-09-22T00:00:00Z"}"#,
            "expected comment"
        ),
        (
            #"{"matchers":[{"name":"feature","value":"t"}],"endsAt":"soon","comment":"c"}"#,
            "endsAt: found \"soon\""
        ),
        (
            #"{"matchers":[{"name":"feature","value":"t"}],"endsAt":"2020-01-01T00:00:00Z","comment":"c"}"#,
            "endsAt is not in the future"
        ),
        (
            #"{"matchers":[{"name":"feature","value":"t"}],"endsAt":"2036-01-01T00:00:00Z","comment":"c"}"#,
            "expected a silence of at most 366 days"
        ),
        ("{\"id\":\"config-0\",\"matchers\":[],\(rest)}", "expected an id"),
    ])
    func `says what is wrong`(json: String, message: String) {
        do throws(SilenceRequestError) {
            _ = try silence(json)
            Issue.record("\(json) was taken")
        } catch {
            #expect("\(error)".contains(message))
        }
    }
}
