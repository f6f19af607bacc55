// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Testing

private let text = "text/plain; version=0.0.4; charset=utf-8"
private let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
private let escaped = openMetrics + "; escaping=underscores"

/// What Prometheus 2.42 sends.
private let prometheus2 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
/// What Prometheus 3.0 sends by default.
private let prometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    + "application/openmetrics-text;version=0.0.1;q=0.5,"
    + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
/// What Prometheus 3 sends with native histograms.
private let protobufFirst =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
    + "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,"
    + "application/openmetrics-text;version=0.0.1;q=0.4,"
    + "text/plain;version=1.0.0;escaping=underscores;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
/// What a Prometheus that prefers text sends.
private let textFirst =
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,"
    + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.3"
/// What a browser sends.
private let browser =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

struct NegotiationTests {
    @Test(arguments: [
        (nil, text), ("", text), ("*/*", text), (browser, text), ("application/json", text),
        (prometheus2, openMetrics), (prometheus3, escaped), (protobufFirst, escaped),
        (textFirst, text),
        ("text/plain", text), ("text/plain;version=0.0.4", text), ("text/*", text),
        ("text/plain;version=1.0.0", text),
        ("application/openmetrics-text", openMetrics),
        ("Application/OpenMetrics-Text; Version=1.0.0", openMetrics),
        ("application/openmetrics-text;version=\"1.0.0\"", openMetrics),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", openMetrics),
        ("application/openmetrics-text;version=0.0.1", text),
        ("application/openmetrics-text;version=2.0.0", text),
        ("application/*", text),
        ("application/openmetrics-text,text/plain", openMetrics),
        ("text/plain,application/openmetrics-text", openMetrics),
        ("application/openmetrics-text;q=0.4,text/plain;q=0.5", text),
        ("application/openmetrics-text;q=0.4,*/*;q=0.5", text),
        ("application/openmetrics-text;q=0.501,text/plain;q=0.5", openMetrics),
        ("application/openmetrics-text;q=0.4,text/plain;q=0.1,*/*;q=0.9", openMetrics),
        ("application/openmetrics-text;q=0", text),
        ("application/openmetrics-text;q=0,text/plain;q=0", text),
        ("text/plain;q=0,application/openmetrics-text;q=0.001", openMetrics),
        ("application/openmetrics-text;version=1.0.0;escaping=dots", escaped),
        ("application/openmetrics-text;x=\"a,b;q=0\";q=0.9,text/plain;q=0.8", openMetrics),
        (#"text/plain;q=0.8;x="\"",application/openmetrics-text"#, openMetrics),
        ("application/openmetrics-text;q=much,text/plain", openMetrics),
        ("application/openmetrics-text;q=1.5 , text/plain;q=1.000", openMetrics),
        (",, ;q=1,application/openmetrics-text;;", openMetrics),
        ("application/openmetrics-text;x=\"never closed,text/plain", openMetrics),
    ])
    func `chooses the format and says so`(accept: String?, contentType: String) {
        let choice = ExpositionChoice.negotiate(accept: accept)
        #expect(choice.contentType == contentType)
        #expect(choice.format == (contentType == text ? .text004 : .openMetrics100))
    }

    @Test(arguments: [
        (nil, ContentCoding.identity), ("", .identity), ("gzip", .gzip), ("GZip", .gzip),
        ("x-gzip", .gzip), ("gzip, deflate, br", .gzip), ("deflate, br", .identity), ("*", .gzip),
        ("identity", .identity), ("gzip;q=0", .identity), ("gzip;q=0.000", .identity),
        ("gzip;q=0.001", .gzip), ("gzip; q=0.5, identity; q=0.8", .identity),
        ("gzip;q=0.8, identity;q=0.8", .gzip), ("identity;q=0", .identity),
        ("*;q=0", .identity), ("*;q=0, gzip", .gzip), ("gzip;q=0, *", .identity),
        ("identity, *;q=0.5", .identity), ("gzip;q=0, x-gzip;q=1", .gzip), ("zipgzip", .identity),
    ])
    func `compresses where it is wanted`(accept: String?, coding: ContentCoding) {
        #expect(ContentCoding.negotiate(acceptEncoding: accept) == coding)
    }
}
