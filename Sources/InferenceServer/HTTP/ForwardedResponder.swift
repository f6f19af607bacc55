// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import HTTPTypes
import Hosting
import Hummingbird
import NIOCore
import NIOPosix

/// What Hummingbird answers with: the same function as the connection's own, off the event loop.
struct ForwardedResponder: HTTPResponder {
    /// Bodies under this size travel as they are: a packet holds them anyway.
    static let smallestCompressedBytes = 1_024

    let pipeline: RequestPipeline
    let bodyBytes: Int
    let isAdministrator: Bool
    /// Where requests go that take long; they are as many as may be under way.
    let pool: NIOThreadPool

    func respond(to request: Request, context: ForwardedContext) async throws -> Response {
        let body = try await request.body.collect(upTo: bodyBytes)
        var head = RequestHead(request.head)
        head.isAdministrator = isAdministrator
        head.client = context.client
        head.arrival = .now
        return Response(try await answer(head, body), isHead: request.head.method == .head)
    }

    private func answer(_ head: RequestHead, _ body: ByteBuffer) async throws -> ServerAnswer {
        if let refusal = pipeline.admit(head) { return refusal }
        guard pipeline.isSlow(head, bodyBytes: body.readableBytes) else {
            return pipeline.answer(admitted: head, body: body.readableBytesUInt8Span)
        }
        do {
            let pipeline = pipeline
            return try await pool.runIfActive {
                let answer = pipeline.answer(admitted: head, body: body.readableBytesUInt8Span)
                return Self.compressed(answer, for: head)
            }
        } catch {
            // The pool has not run it.
            pipeline.giveUp()
            throw error
        }
    }

    /// The answer, gzipped when the client takes that and it pays.
    private static func compressed(_ answer: ServerAnswer, for head: RequestHead) -> ServerAnswer {
        guard head.method != "POST", answer.status == 200,
            answer.body.count >= smallestCompressedBytes
        else { return answer }
        var answer = answer
        answer.fields.append((name: "Vary", value: "Accept, Accept-Encoding"))
        guard ContentCoding.negotiate(acceptEncoding: head.acceptEncoding) == .gzip,
            let body = try? Gzip.compress(answer.body)
        else { return answer }
        answer.body = body
        answer.fields.append((name: "Content-Encoding", value: "gzip"))
        return answer
    }
}

/// What is known of a request beside itself.
struct ForwardedContext: Hummingbird.RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address of the client; nil on a Unix socket.
    let client: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        client = source.channel.remoteAddress?.ipAddress
    }
}

extension RequestHead {
    /// Takes over what Hummingbird has read.
    fileprivate init(_ request: HTTPRequest) {
        let target = request.path ?? "/"
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        self.init(
            method: request.method.rawValue,
            path: String(target[..<(mark ?? target.endIndex)]),
            query: mark.map { String(target[target.utf8.index(after: $0)...]) }
        )
        let fields = request.headerFields
        contentType = fields[.contentType]
        contentEncoding = fields[.contentEncoding]
        accept = fields[.accept]
        acceptEncoding = fields[.acceptEncoding]
        authorization = fields[.authorization]
        traceparent = HTTPField.Name("traceparent").flatMap { fields[$0] }
        inferenceHeaderLength = HTTPField.Name("Inference-Header-Content-Length")
            .flatMap { fields[$0] }
    }
}

extension Response {
    /// An answer as Hummingbird sends it; that to HEAD says how long its body would be.
    fileprivate init(_ answer: ServerAnswer, isHead: Bool) {
        var headers = HTTPFields()
        headers[.contentType] = answer.contentType
        headers[.contentLength] = String(answer.body.count)
        for field in answer.fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            headers.append(HTTPField(name: name, value: field.value))
        }
        self.init(
            status: HTTPResponse.Status(code: answer.status),
            headers: headers,
            body: isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }
}
