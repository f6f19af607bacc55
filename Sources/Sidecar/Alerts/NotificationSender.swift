// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Alerting
import AsyncHTTPClient
import Foundation
import Hosting
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends one request to one receiver and judges the answer.
///
/// Nothing is followed or repeated here. Names are looked up first, and addresses that no receiver
/// has are refused, whatever the name says the next time.
package struct NotificationSender: Sendable {
    /// An answer's body beyond is not read.
    static let answerBytes = 65_536
    /// How long a receiver that has begun to answer is listened to: the status says what became of
    /// the message, and how slowly the rest comes does not matter.
    static let patienceWithWords = Duration.seconds(2)

    /// Reads URLs and keys.
    let secrets: SecretReader
    /// What requests call the program.
    let userAgent: String
    /// Where names are looked up and secrets read.
    let calls = BlockingCalls()
    /// The event loops that requests use.
    let group: any EventLoopGroup

    /// What came of a request.
    package struct Result: Sendable, Equatable {
        /// Whether the receiver has it.
        package var outcome: DeliveryOutcome
        /// The status of the answer; nil without one.
        package var status: Int?
        /// What the receiver said, in one line without secrets.
        package var answer = ""
    }

    /// What is to be sent, apart from where to.
    struct Content: Sendable {
        /// The body.
        var body: [UInt8]
        /// Further fields of the header.
        var fields: [(name: String, value: String)] = []
    }

    /// Sends to a receiver.
    ///
    /// - Parameters:
    ///   - receiver: Where to, and what counts as success.
    ///   - makeContent: Makes the content, given the receiver's secret if it has one.
    /// - Returns: What came of it; whatever goes wrong is told there.
    func send(
        to receiver: ReceiverSettings,
        _ makeContent: @Sendable (_ secret: String?) throws -> Content
    ) async -> Result {
        var hidden: [String] = []
        var place = ""
        do {
            let means = try await Timeout.run(within: receiver.timeout) { try await read(receiver) }
            hidden = Self.secrets(in: means.url) + (means.secret.map { [$0] } ?? [])
            let address = try WebAddress(means.url, allowsHTTP: receiver.allowsHTTP)
            place = "\(address): "
            let content = try makeContent(means.secret)
            let target = receiver.kind == .alertmanager ? Self.alertsPath(means.url) : means.url
            let request = Request(
                target: target,
                host: address.host,
                content: content,
                trust: try means.certificates.map(Self.trust),
                isSlack: receiver.kind == .slack
            )
            let answer = try await exchange(request, with: receiver)
            return Self.judge(answer, receiver.kind, hiding: hidden)
        } catch {
            let reason = place + Self.oneLine(Self.text(of: error, receiver), hiding: hidden)
            return Result(outcome: .failed(reason: reason, after: nil))
        }
    }

    /// What a request takes that may have to be read from files.
    private struct Means: Sendable {
        var url: String
        var secret: String?
        /// The authorities that are believed, as PEM; nil for those of the system.
        var certificates: [UInt8]?
    }

    private func read(_ receiver: ReceiverSettings) async throws -> Means {
        let secrets = secrets
        return try await calls.run(receiver.name) {
            Means(
                url: try secrets.read(receiver.url),
                secret: try receiver.secret.map(secrets.read),
                certificates: try receiver.certificates.map(secrets.readCertificates)
            )
        }
    }

    private static func trust(_ pem: [UInt8]) throws -> NIOSSLTrustRoots {
        .certificates(try NIOSSLCertificate.fromPEMBytes(pem))
    }

    /// What is sent where.
    private struct Request: Sendable {
        var target: String
        /// The name or address that the certificate must be of.
        var host: String
        var content: Content
        var trust: NIOSSLTrustRoots?
        var isSlack: Bool
    }

    /// One exchange, with the first address that can be reached, until the answer has begun.
    private func exchange(
        _ request: Request,
        with receiver: ReceiverSettings
    ) async throws -> Answer {
        let deadline = ContinuousClock.now + receiver.timeout
        let host = request.host
        let addresses =
            if let address = NetworkAddress(host) {
                [address]
            } else {
                try await Timeout.run(within: receiver.timeout) {
                    try await calls.run(receiver.name) { try NetworkAddress.lookup(host) }
                }
            }
        if let refused = addresses.first(where: { $0.refusal != nil }), let why = refused.refusal {
            throw RefusedAddress(address: refused.description, reason: why)
        }
        var last: any Error = HostLookupError(reason: "it has no address")
        for candidate in addresses {
            do {
                return try await exchange(request, at: candidate, until: deadline)
            } catch let error as NIOConnectionError {
                last = error
            } catch let error as IOError where error.errnoCode == ECONNREFUSED {
                last = error
            } catch let error as AsyncHTTPClient.HTTPClientError where error == .connectTimeout {
                last = error
            }
        }
        throw last
    }

    private func exchange(
        _ request: Request,
        at address: NetworkAddress,
        until deadline: ContinuousClock.Instant
    ) async throws -> Answer {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw TimedOut() }
        var configuration = AsyncHTTPClient.HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(min(left, .seconds(5))))
        )
        configuration.httpVersion = .http1Only
        // Whoever is not there is tried again by whoever asked, and not for seconds right now.
        configuration.connectionPool.retryConnectionEstablishment = false
        if NetworkAddress(request.host) == nil {
            configuration.dnsOverride = [request.host: address.description]
        }
        if let trust = request.trust {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = trust
            configuration.tlsConfiguration = tls
        }
        let client = AsyncHTTPClient.HTTPClient(
            eventLoopGroupProvider: .shared(group),
            configuration: configuration
        )
        let answer: Swift.Result<Answer, any Error>
        do {
            answer = .success(try await exchange(request, with: client, within: left))
        } catch {
            answer = .failure(error)
        }
        // What became of the request says more than what goes wrong with the end.
        try? await client.shutdown()
        return try answer.get()
    }

    private func exchange(
        _ request: Request,
        with client: AsyncHTTPClient.HTTPClient,
        within limit: Duration
    ) async throws -> Answer {
        var message = HTTPClientRequest(url: request.target)
        message.method = .POST
        message.headers.add(name: "User-Agent", value: userAgent)
        message.headers.add(name: "Content-Type", value: "application/json")
        for (name, value) in request.content.fields {
            message.headers.add(name: name, value: value)
        }
        let body = request.content.body
        message.body = .bytes(body, length: .known(Int64(body.count)))
        let response = try await client.execute(message, timeout: TimeAmount(limit))
        let words = Words()
        do {
            try await Timeout.run(within: Self.patienceWithWords) {
                for try await piece in response.body where !words.add(piece.readableBytesView) {
                    return
                }
            }
        } catch {
            // Slack says in the body whether it has the message.
            let isSuccess = (200...299).contains(response.status.code)
            if request.isSlack, isSuccess, words.bytes.isEmpty { throw error }
        }
        return Answer(
            status: Int(response.status.code),
            retryAfter: response.headers.first(name: "Retry-After"),
            body: words.bytes
        )
    }

    /// What a receiver has said so far.
    private final class Words: Sendable {
        private let state = Mutex<[UInt8]>([])

        var bytes: [UInt8] { state.withLock(\.self) }

        /// Adds what came.
        ///
        /// - Returns: Whether there is room for more.
        func add(_ piece: ByteBufferView) -> Bool {
            state.withLock { bytes in
                bytes.append(contentsOf: piece.prefix(answerBytes - bytes.count))
                return bytes.count < answerBytes
            }
        }
    }

    /// Alertmanager's API behind the address of its page.
    private static func alertsPath(_ url: String) -> String {
        guard var parts = URLComponents(string: url) else { return url }
        var path = Substring(parts.percentEncodedPath)
        while path.hasSuffix("/") { path.removeLast() }
        parts.percentEncodedPath = path + "/api/v2/alerts"
        return parts.string ?? url
    }
}

/// An address to which nothing is sent.
struct RefusedAddress: Error, CustomStringConvertible {
    let address: String
    let reason: String

    var description: String { "nothing is sent to \(address): \(reason)" }
}
