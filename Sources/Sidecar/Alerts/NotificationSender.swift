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

/// Sends one request to one receiver and judges the answer.
///
/// Nothing is followed or repeated here. Names are looked up first, and addresses that no receiver
/// has are refused, whatever the name says the next time.
package struct NotificationSender: Sendable {
    /// An answer's body beyond is not read.
    static let answerBytes = 65_536
    /// How long a receiver that has taken a message is listened to.
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
            let (url, secret) = try await Timeout.run(within: receiver.timeout) {
                try await read(receiver)
            }
            hidden = Self.secrets(in: url) + (secret.map { [$0] } ?? [])
            let address = try WebAddress(url, allowsHTTP: receiver.allowsHTTP)
            place = "\(address): "
            let content = try makeContent(secret)
            let target = receiver.kind == .alertmanager ? Self.alertsPath(url) : url
            let answer = try await Timeout.run(within: receiver.timeout) {
                try await exchange(content, with: address, target, receiver)
            }
            return Self.judge(answer, receiver.kind, hiding: hidden)
        } catch {
            let reason = place + Self.oneLine(Self.text(of: error, receiver), hiding: hidden)
            return Result(outcome: .failed(reason: reason, after: nil))
        }
    }

    private func read(_ receiver: ReceiverSettings) async throws -> (url: String, secret: String?) {
        let secrets = secrets
        return try await calls.run(receiver.name) {
            (try secrets.read(receiver.url), try receiver.secret.map(secrets.read))
        }
    }

    /// One exchange, with the first address that can be reached.
    private func exchange(
        _ content: Content,
        with address: WebAddress,
        _ target: String,
        _ receiver: ReceiverSettings
    ) async throws -> Answer {
        let host = address.host
        let addresses =
            if let address = NetworkAddress(host) {
                [address]
            } else {
                try await calls.run(receiver.name) { try NetworkAddress.lookup(host) }
            }
        if let refused = addresses.first(where: { $0.refusal != nil }), let why = refused.refusal {
            throw RefusedAddress(address: refused.description, reason: why)
        }
        var last: any Error = HostLookupError(reason: "it has no address")
        for candidate in addresses {
            do {
                return try await exchange(content, at: candidate, of: host, target, receiver)
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
        _ content: Content,
        at address: NetworkAddress,
        of host: String,
        _ target: String,
        _ receiver: ReceiverSettings
    ) async throws -> Answer {
        var configuration = AsyncHTTPClient.HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(min(receiver.timeout, .seconds(5))))
        )
        configuration.httpVersion = .http1Only
        // Whoever is not there is tried again by whoever asked, and not for seconds right now.
        configuration.connectionPool.retryConnectionEstablishment = false
        if NetworkAddress(host) == nil { configuration.dnsOverride = [host: address.description] }
        if let path = receiver.certificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(path)
            configuration.tlsConfiguration = tls
        }
        let client = AsyncHTTPClient.HTTPClient(
            eventLoopGroupProvider: .shared(group),
            configuration: configuration
        )
        do {
            let answer = try await exchange(content, with: client, target, receiver)
            try await client.shutdown()
            return answer
        } catch {
            // What went wrong with the request says more than what goes wrong with the end.
            try? await client.shutdown()
            throw error
        }
    }

    private func exchange(
        _ content: Content,
        with client: AsyncHTTPClient.HTTPClient,
        _ target: String,
        _ receiver: ReceiverSettings
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: target)
        request.method = .POST
        request.headers.add(name: "User-Agent", value: userAgent)
        request.headers.add(name: "Content-Type", value: "application/json")
        for (name, value) in content.fields { request.headers.add(name: name, value: value) }
        request.body = .bytes(content.body, length: .known(Int64(content.body.count)))
        let response = try await client.execute(request, timeout: TimeAmount(receiver.timeout))
        let isSuccess = (200...299).contains(response.status.code)
        let body: [UInt8]
        if isSuccess, receiver.kind != .slack {
            // It has the message; how slowly it says more does not matter.
            let limit = min(receiver.timeout, Self.patienceWithWords)
            body = (try? await Timeout.run(within: limit) { try await Self.read(response) }) ?? []
        } else {
            body = try await Self.read(response)
        }
        return Answer(
            status: Int(response.status.code),
            retryAfter: response.headers.first(name: "Retry-After"),
            body: body
        )
    }

    private static func read(_ response: HTTPClientResponse) async throws -> [UInt8] {
        var body: [UInt8] = []
        for try await piece in response.body {
            body.append(contentsOf: piece.readableBytesView.prefix(answerBytes - body.count))
            if body.count == answerBytes { break }
        }
        return body
    }

    /// Alertmanager's API behind the address of its page.
    private static func alertsPath(_ url: String) -> String {
        guard var parts = URLComponents(string: url) else { return url }
        while parts.path.hasSuffix("/") { parts.path.removeLast() }
        parts.path += "/api/v2/alerts"
        return parts.string ?? url
    }
}

/// An address to which nothing is sent.
struct RefusedAddress: Error, CustomStringConvertible {
    let address: String
    let reason: String

    var description: String { "nothing is sent to \(address): \(reason)" }
}
