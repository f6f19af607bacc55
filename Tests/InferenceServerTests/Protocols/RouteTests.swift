// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// Paths, methods, pages and changes of state.
struct RouteTests {
    private static func server(token: String? = nil, isReady: Bool = true) throws -> SampleServer {
        SampleServer(
            [try SampleModel.flights()],
            unavailable: [ModelCatalog.Unavailable(version: "3", reason: "<b>broken</b>")],
            isReady: isReady,
            token: token
        )
    }

    @Test(arguments: [
        "/", "/health", "/ready", "/metrics", "/version", "/openapi.json", "/api/v1/models",
        "/ping",
        "/v2", "/v2/", "/v2/health/live", "/v2/health/ready", "/v2/models/delay",
        "/v2/models/delay/ready", "/v2/models/delay/versions/1",
        "/v2/models/delay/versions/1/ready", "/v1/models", "/v1/models/delay",
    ])
    func `what is read answers GET and HEAD alike and nothing else`(path: String) throws {
        let server = try Self.server()
        let reply = server.get(path)
        #expect(reply.status == 200)
        #expect(server.ask("HEAD", path).answer == reply.answer)
        #expect(reply.summary.outcome == nil)
        for method in ["POST", "PUT", "DELETE", "get"] {
            let refused = server.ask(method, path)
            #expect(refused.status == 405)
            #expect(refused.field("Allow") == "GET, HEAD")
        }
    }

    @Test(arguments: [
        "/predict", "/predict/batch", "/invocations", "/v2/models/delay/infer",
        "/v2/repository/index", "/v2/repository/models/delay/load", "/v1/models/delay:predict",
        "/api/v1/models/delay/promote",
    ])
    func `what is posted answers nothing else`(path: String) throws {
        let refused = try Self.server().get(path)
        #expect(refused.status == 405)
        #expect(refused.field("Allow") == "POST")
    }

    @Test(arguments: [
        ("/nix", "error"), ("//", "error"), ("/health/", "error"), ("/predict/", "detail"),
        ("/predict/x", "detail"), ("/predictx", "error"), ("/v2/nix", "error"),
        ("/v2/models", "error"), ("/v2/models/", "error"), ("/v2/models//ready", "error"),
        ("/v2/models/delay/versions", "error"), ("/v2/models/delay/versions//ready", "error"),
        ("/v2/models/delay/ready/", "error"), ("/v2/models/delay%2Finfer", "error"),
        ("/v2/models/%ZZ", "error"), ("/v2/models/%", "error"), ("/v2/models/%FF", "error"),
        ("/v2/models/delay/versions/1/versions/1", "error"), ("/v2/repository", "error"),
        ("/v2/repository/models//load", "error"), ("/v1/models/", "error"),
        ("/v1/models/:predict", "error"), ("/invocations/x", "message"), ("", "error"),
        ("health", "error"), ("/api/v1", "error"), ("/api/v1/models/delay", "error"),
    ])
    func `unknown paths are 404 in the dialect of their prefix`(path: String, key: String) throws {
        let reply = try Self.server().get(path)
        #expect(reply.status == 404)
        #expect(try reply.json[key] != nil)
    }

    @Test
    func `an encoded name is the name`() throws {
        let server = SampleServer([try SampleModel.flights(name: "a b/c:é")])
        let reply = server.get("/v2/models/a%20b%2Fc:%c3%A9")
        #expect(try reply.json["name"] == .string("a b/c:é"))
        #expect(try server.get("/v1/models/a%20b%2Fc:%c3%A9").json["ready"] == .boolean(true))
    }

    @Test
    func `health and readiness`() throws {
        let ready = try Self.server()
        let draining = try Self.server(isReady: false)
        #expect(try ready.get("/health").json == .object(["status": .string("ok")]))
        #expect(try ready.get("/v2/health/live").json == .object(["live": .boolean(true)]))
        #expect(try ready.get("/v2/health/ready").json == .object(["ready": .boolean(true)]))
        #expect(ready.get("/ping").text == "\n")
        #expect(draining.get("/health").status == 200)
        #expect(draining.get("/ready").status == 503)
        #expect(draining.get("/v2/health/live").status == 200)
        #expect(draining.get("/v2/health/ready").status == 503)
        #expect(draining.get("/v2/models/delay/ready").status == 503)
        #expect(draining.get("/ping").status == 404)
        #expect(draining.post("/predict", SampleRows.features).status == 200)
        let empty = SampleServer([])
        #expect(empty.get("/ready").status == 503)
        #expect(empty.get("/v2/models/delay/ready").status == 404)
        #expect(empty.post("/predict", SampleRows.features).status == 422)
        #expect(empty.get("/").text.contains("No model"))
    }

    @Test
    func `metadata names the graph's tensors`() throws {
        let server = SampleServer([try SampleModel.flights(), try SampleModel.mixed()])
        let root = try server.get("/v2").json
        #expect(root["name"] == .string("kedge"))
        #expect(root["version"] == .string("9.9.9"))
        #expect(
            root["extensions"]
                == .array([.string("binary_tensor_data"), .string("model_repository")])
        )
        let delay = try server.get("/v2/models/delay").json
        #expect(delay["platform"] == .string("onnx_onnxv1"))
        #expect(delay["versions"] == .array([.string("1")]))
        #expect(
            delay["inputs"]?[0]
                == .object([
                    "name": .string("features"), "datatype": .string("FP32"),
                    "shape": .array([.number(-1), .number(10)]),
                ])
        )
        #expect(delay["outputs"]?[0]?["shape"] == .array([.number(-1)]))
        #expect(delay["outputs"]?[1]?["shape"] == .array([.number(-1), .number(2)]))
        let mixed = try server.get("/v2/models/mixed").json
        #expect(mixed["inputs"]?.elements.contains { $0["datatype"] == .string("BYTES") } == true)
    }

    @Test
    func `the index and the catalog tell of versions that cannot be served`() throws {
        let server = try Self.server()
        let all = try server.post("/v2/repository/index", "").json
        #expect(all.elements.map { $0["state"] } == [.string("READY"), .string("UNAVAILABLE")])
        #expect(all[1]?["reason"] == .string("<b>broken</b>"))
        let ready = try server.post("/v2/repository/index", #"{"ready":true}"#).json
        #expect(ready.elements.count == 1)
        #expect(server.post("/v2/repository/index", "[]").status == 400)
        let catalog = try server.get("/api/v1/models").json
        #expect(catalog["default_model"] == .string("delay"))
        let versions = catalog["models"]?[0]?["versions"]
        #expect(versions?[0]?["digest"] == .string("sha256:flights"))
        #expect(versions?[0]?["features"]?.elements.count == 10)
        #expect(versions?[0]?["features"]?[4]?["maximum"] == .number(100))
        #expect(versions?[1]?["state"] == .string("unavailable"))
        let page = server.get("/").text
        #expect(page.contains("&lt;b&gt;broken"))
        #expect(!page.contains("<b>broken"))
    }

    @Test
    func `a change of state needs a token or the admin socket`() throws {
        let server = try Self.server(token: "Bearer x")
        let paths = [
            "/v2/repository/models/delay/load", "/v2/repository/models/delay/unload",
            "/api/v1/models/delay/promote", "/api/v1/models/delay/rollback",
        ]
        for path in paths {
            let nobody = server.post(path, "")
            #expect(nobody.status == 401)
            #expect(nobody.field("WWW-Authenticate") == "Bearer")
            #expect(server.post(path, "") { $0.authorization = "Bearer y" }.status == 403)
        }
        #expect(server.actions.all.isEmpty)
        let load = server.post(paths[0], "") { $0.authorization = "Bearer x" }
        #expect(load.status == 200)
        #expect(server.post(paths[1], "{}") { $0.isAdministrator = true }.status == 200)
        let promoted = server.post(paths[2], #"{"version":2}"#) { $0.isAdministrator = true }
        #expect(
            try promoted.json
                == .object([
                    "model": .string("delay"), "default": .string("2"), "previous": .string("1"),
                ])
        )
        #expect(server.post(paths[3], "") { $0.isAdministrator = true }.status == 409)
        #expect(
            server.actions.all == ["load delay", "unload delay", "promote delay", "rollback delay"]
        )
    }

    @Test(arguments: [
        ("/api/v1/models/delay/promote", "{}", 400), ("/api/v1/models/delay/promote", "", 400),
        ("/api/v1/models/delay/promote", #"{"version":"9"}"#, 404),
        ("/api/v1/models/nix/promote", #"{"version":"2"}"#, 404),
        ("/v2/repository/models/nix/load", "", 404), ("/v2/repository/models/delay/load", "x", 400),
        (
            "/v2/repository/models/delay/load",
            #"{"parameters":{"file:1/model.onnx":"AAAA"}}"#, 400
        ),
        ("/v2/repository/models/delay/load", #"{"parameters":{"config":"{}"}}"#, 400),
        ("/v2/repository/models/delay/unload", #"{"parameters":{"unload_dependents":true}}"#, 200),
    ])
    func `changes that cannot be made`(path: String, body: String, status: Int) throws {
        let reply = try Self.server().post(path, body) { $0.isAdministrator = true }
        #expect(reply.status == status)
        if status != 200 { #expect(try reply.json["error"] != nil) }
    }

    @Test
    func `slow requests are told beforehand`() throws {
        let endpoints = try Self.server().endpoints
        func isSlow(_ method: String, _ path: String, _ bytes: Int) -> Bool {
            endpoints.isSlow(RequestHead(method: method, path: path), bodyBytes: bytes)
        }
        #expect(!isSlow("POST", "/predict", 1_000))
        #expect(isSlow("POST", "/predict", 1 << 20))
        #expect(isSlow("POST", "/predict/batch", 20_000))
        #expect(!isSlow("GET", "/health", 0))
        #expect(isSlow("POST", "/v2/repository/models/delay/load", 0))
        #expect(isSlow("POST", "/api/v1/models/delay/promote", 20))
        #expect(isSlow("GET", "/metrics", 0))
    }
}
