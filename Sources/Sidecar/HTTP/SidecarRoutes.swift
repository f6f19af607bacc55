// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Exposition
import HTTPTypes
import Hosting
import Hummingbird
import Logging
import PredictionLog

/// The sidecar's HTTP interface.
///
/// Every answer to a GET comes from the published report, from what is remembered of references or
/// from counters: none of them evaluates anything. What changes state is a POST by somebody who may.
struct SidecarRoutes: Sendable {
    let board: ReportBoard
    let ingest: Ingest
    let metrics: MetricsPage
    let readiness: Readiness
    let journal: JournalKeeper?
    let references: ReferenceWatch
    let desk: AlertDesk
    let alertKeeper: AlertKeeper?
    let post: NotificationPost
    /// Nil lets nobody change state over the network.
    let token: TokenFile?
    let version: String
    let logger: Logger

    /// The path of the references: GET lists them, POST puts one in force.
    static let referencesPath = "/api/v1/references"

    /// The routes for a listener.
    ///
    /// - Parameter isAdministrator: Whether who connects may change state.
    /// - Returns: What answers its requests.
    func router(isAdministrator: Bool) -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        let answers = answers
        let gate = ChangeGate(token: token, isAdministrator: isAdministrator)
        let alerts = AlertRoutes(desk: desk, keeper: alertKeeper, post: post, gate: gate)
        var methods = answers.mapValues { _ in "GET, HEAD" }
        methods[Self.referencesPath] = "GET, HEAD, POST"
        methods.merge(AlertRoutes.methods) { $1 }
        router.add(middleware: ErrorShape(methods: methods, logger: logger))
        for (path, answer) in answers {
            router.get(RouterPath(path)) { request, _ in answer(request) }
        }
        alerts.add(to: router)
        let promotion = PromotionRoute(references: references, gate: gate)
        router.post(RouterPath(Self.referencesPath)) { request, _ in
            try await promotion.answer(request)
        }
        return router
    }

    /// What there is, by path.
    private var answers: [String: @Sendable (Request) -> HTTPAnswer] {
        [
            "/": { _ in landingPage() },
            "/metrics": { request in metrics.answer(accept: request.headers[.accept]) },
            "/health": { _ in .json { $0.status("ok") } },
            "/ready": { _ in ready() },
            "/api/v1/report": { _ in report() },
            "/api/v1/monitors": { _ in monitors() },
            Self.referencesPath: { _ in
                .json { ReferencesJSON.write(references.archive.history, to: &$0) }
            },
        ]
    }

    private func report() -> HTTPAnswer {
        let report = board.report
        let retired = references.archive.retired(at: wallClockSeconds())
        return .json { ReportJSON.write(report, retired: retired, to: &$0) }
    }

    private func monitors() -> HTTPAnswer {
        .json { MonitorsJSON.write(ingest.descriptions, to: &$0) }
    }

    private func ready() -> HTTPAnswer {
        guard readiness.isReady else {
            return .error(.serviceUnavailable, code: "not_ready", message: "the socket is not open")
        }
        guard let journal else { return .json { $0.status("ready") } }
        // A journal that fails takes no pod out of service: drift is still measured.
        let failure = journal.figures.failure
        return .json { writer in
            writer.object { writer in
                writer.key("status")
                writer.value("ready")
                writer.key("journal")
                writer.object { writer in
                    writer.key("status")
                    writer.value(failure == nil ? "ok" : "failing")
                    writer.key("reason")
                    if let failure { writer.value(failure) } else { writer.null() }
                }
            }
        }
    }

    private func landingPage() -> HTTPAnswer {
        let html = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Kedge</title></head>
            <body><h1>Kedge \(version)</h1>
            <p>Drift of every feature and of the prediction, against the reference.</p>
            <ul>
            <li><a href="/metrics">/metrics</a> for Prometheus</li>
            <li><a href="/api/v1/report">/api/v1/report</a> the last report</li>
            <li><a href="/api/v1/monitors">/api/v1/monitors</a> what is watched</li>
            <li><a href="/api/v1/alerts">/api/v1/alerts</a> what is wrong, and
            <a href="/api/v1/silences">/api/v1/silences</a> what is not told</li>
            <li><a href="/api/v1/references">/api/v1/references</a> what it is compared with</li>
            <li><a href="/health">/health</a>, <a href="/ready">/ready</a></li>
            </ul></body></html>

            """
        return HTTPAnswer(contentType: "text/html; charset=utf-8", body: Array(html.utf8))
    }
}
