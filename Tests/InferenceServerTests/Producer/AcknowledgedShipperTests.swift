// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import PredictionLog
import TestSupport
import Testing

/// The line of a record as it is sent, without its newline.
private func line(_ number: Int) -> String {
    #"{"seq":\#(number + 1),"id":"\#(number)","pad":""}"#
}

extension Shipping {
    fileprivate var acknowledgements: LogFigures.Acknowledgements? {
        shipper.figures.acknowledgements
    }

    /// Waits until so many records are acknowledged.
    fileprivate func waitUntilAcknowledged(_ count: UInt64) throws {
        try eventually("\(count) are acknowledged") { acknowledgements?.acknowledged == count }
    }
}

extension Peer {
    /// The next lines.
    fileprivate func lines(_ count: Int) -> [String?] {
        (0..<count).map { _ in line() }
    }

    /// The hello, once it has been answered.
    fileprivate func greet(_ answer: String) -> String? {
        let hello = line()
        say(answer + "\n")
        return hello
    }
}

struct AcknowledgedShipperTests {
    @Test
    func `what was not acknowledged is sent again with its numbers`() async throws {
        let (shipping, (hellos, before, after)) = try await Shipping.run(inFlightLimit: 1 << 20) {
            path,
            shipping in
            var hellos: [String?] = []
            let before: [String?]
            do {
                let listener = try Listener(path)
                let peer = listener.accept()
                shipping.log(0..<10)
                hellos.append(peer.greet(#"{"hello":{"seq":0}}"#))
                before = peer.lines(10)
                peer.say("{\"ack\":2}\n{\"ack\":4}\n")
                try shipping.waitUntilAcknowledged(4)
            }
            try eventually("the loss is noticed") { !shipping.shipper.figures.isConnected }
            shipping.log(10..<12)
            let listener = try Listener(path)
            let peer = listener.accept()
            hellos.append(peer.greet(#"{"hello":{"seq":6}}"#))
            let after = peer.lines(6)
            peer.say("{\"ack\":12}\n")
            try shipping.waitUntilAcknowledged(12)
            return (hellos, before, after)
        }
        #expect(hellos[0]?.hasPrefix(#"{"hello":{"producer":"test","session":""#) == true)
        #expect(hellos[0]?.hasSuffix(#","ack":true}}"#) == true)
        #expect(hellos[0] == hellos[1])
        #expect(before == (0..<10).map(line))
        #expect(after == (6..<12).map(line))
        #expect(shipping.acknowledgements?.outstanding == 0)
        #expect(shipping.acknowledgements?.outstandingBytes == 0)
        #expect(shipping.shipper.figures.sent == 16)
        #expect(shipping.shipper.figures.dropped == 0)
    }

    @Test
    func `the shutdown waits for the last acknowledgement`() async throws {
        let (shipping, peer) = try await Shipping.run(inFlightLimit: 1 << 20) { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            shipping.log(0..<3)
            _ = peer.greet(#"{"hello":{"seq":0}}"#)
            _ = peer.lines(3)
            peer.say("{\"ack\":3}\n")
            return peer
        }
        #expect(peer.line() == nil)
        #expect(shipping.acknowledgements?.acknowledged == 3)
        #expect(shipping.shipper.figures.dropped == 0)
        #expect(shipping.log.lines(with: "not acknowledged").isEmpty)
    }

    @Test
    func `the shutdown counts as dropped, and tells, what is not acknowledged in time`()
        async throws
    {
        let (shipping, peer) = try await Shipping.run(inFlightLimit: 1 << 20) { path, shipping in
            let listener = try Listener(path)
            let peer = listener.accept()
            shipping.log(0..<3)
            _ = peer.greet(#"{"hello":{"seq":0}}"#)
            _ = peer.lines(3)
            peer.say("{\"ack\":1}\n")
            return peer
        }
        #expect(peer.line() == nil)
        #expect(shipping.acknowledgements?.acknowledged == 1)
        #expect(shipping.acknowledgements?.outstanding == 0)
        #expect(shipping.shipper.figures.dropped == 2)
        #expect(shipping.log.lines(with: "not acknowledged").count == 1)
    }

    @Test
    func `a sidecar that gives none is sent to without, which is told once`() async throws {
        let refusal = #"{"error":{"code":"ack_unsupported","message":"no"}}"#
        let (shipping, lines) = try await Shipping.run(inFlightLimit: 1 << 20) { path, shipping in
            var lines: [String?] = []
            for number in 0..<2 {
                let listener = try Listener(path)
                let peer = listener.accept()
                _ = peer.greet(refusal)
                shipping.log(number..<number + 1)
                lines.append(peer.line())
                try eventually("it is sent") { shipping.shipper.figures.sent == number + 1 }
            }
            return lines
        }
        #expect(lines == [line(0), line(1)])
        #expect(shipping.acknowledgements?.acknowledged == 0)
        #expect(shipping.acknowledgements?.outstanding == 0)
        #expect(shipping.shipper.figures.dropped == 0)
        #expect(shipping.log.lines(with: "gives no acknowledgements").count == 1)
    }

    @Test
    func `garbage ends the connection, and is told once`() async throws {
        let (shipping, (ends, record)) = try await Shipping.run(inFlightLimit: 1 << 20) {
            path,
            shipping in
            let listener = try Listener(path)
            shipping.log(0..<1)
            let ends = (0..<2).map { _ in
                let peer = listener.accept()
                _ = peer.greet("HTTP/1.1 400 Bad Request")
                return peer.line() == nil
            }
            let peer = listener.accept()
            _ = peer.greet(#"{"hello":{"seq":0}}"#)
            let record = peer.line()
            peer.say("{\"ack\":1}\n")
            try shipping.waitUntilAcknowledged(1)
            return (ends, record)
        }
        #expect(ends == [true, true])
        #expect(record == line(0))
        #expect(shipping.log.lines(with: "makes no sense").count == 1)
    }
}
