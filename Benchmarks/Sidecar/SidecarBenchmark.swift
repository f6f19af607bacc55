// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import Foundation
import Glibc

/// The sidecar as a process, measured from outside: ingest, scrape, memory, start.
///
///     SidecarBenchmark [--binary PATH] [--rounds N] [--records N]
@main
struct SidecarBenchmark {
    static func main() throws {
        let arguments = Arguments(CommandLine.arguments)
        let ingest = try Run(numericFeatures: 10, arguments)
        try ingest.measureStart()
        try ingest.measureIngest(rounds: arguments.rounds, records: arguments.records)
        let wide = try Run(numericFeatures: 28, arguments)
        try wide.measureScrape(rounds: arguments.rounds * 4)
    }
}

struct Arguments {
    var binary = ".build/release/kedge"
    var rounds = 8
    var records = 1_000_000

    init(_ words: [String]) {
        for (name, value) in zip(words.dropFirst(), words.dropFirst(2)) {
            switch name {
            case "--binary": binary = value
            case "--rounds": rounds = Int(value) ?? rounds
            case "--records": records = Int(value) ?? records
            default: continue
            }
        }
    }
}

/// One sidecar with its reference and its traffic.
final class Run {
    /// How many different records there are.
    static let distinctRecords = 20_000

    let directory: URL
    let socket: String
    let payload: [UInt8]
    let sidecar: MeasuredProcess
    let port: UInt16
    let startSeconds: Double
    private var sent = 0

    init(numericFeatures: Int, _ arguments: Arguments) throws {
        directory = URL(filePath: NSTemporaryDirectory())
            .appending(path: "kedge-benchmark-\(getpid())-\(numericFeatures)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var workload = Workload(numericFeatures: numericFeatures)
        let csv = directory.appending(path: "train.csv")
        try Data(workload.trainingSet(rows: 10_000).utf8).write(to: csv)
        payload = workload.records(Self.distinctRecords)
        let reference = directory.appending(path: "reference.json").path
        try Self.run(
            arguments.binary,
            [
                "reference", "build", "--input", csv.path, "--model", "bench", "--version", "1",
                "--prediction", "prediction", "--output", reference,
            ]
        )
        socket = directory.appending(path: "kedge.sock").path
        let log = directory.appending(path: "log")
        sidecar = try MeasuredProcess(
            arguments.binary,
            [
                "sidecar", "--reference", reference, "--socket", socket,
                "--listen", "127.0.0.1:0", "--state", directory.appending(path: "state").path,
            ],
            log: log
        )
        port = try Self.port(in: log)
        while !FileManager.default.fileExists(atPath: socket) { usleep(200) }
        startSeconds = Self.seconds(sidecar.startedAt.duration(to: .now))
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    func measureStart() throws {
        print("start to listening       \(fixed(startSeconds * 1_000, 0)) ms")
        print("resident at start        \(fixed(sidecar.residentMebibytes, 1)) MiB")
    }

    /// Records per CPU second of the whole process, from 1 and from 64 producers, in turn.
    func measureIngest(rounds: Int, records: Int) throws {
        // Whole rounds over the distinct records are sent.
        let records = max(1, records / Self.distinctRecords) * Self.distinctRecords
        let bytes = Double(payload.count) / Double(Self.distinctRecords)
        print("record                   \(fixed(bytes, 0)) bytes, 12 features and a prediction")
        var rates: [Int: [Double]] = [:]
        var floors: [Double] = []
        for _ in 0..<rounds {
            for producers in [1, 64] {
                let seconds = try cpuSeconds { try send(records, from: producers) }
                rates[producers, default: []].append(Double(records) / seconds)
            }
            let repetitions = max(1, records / Self.distinctRecords)
            let seconds = floorSeconds(for: payload, repetitions: repetitions)
            floors.append(Double(repetitions * Self.distinctRecords) / seconds)
        }
        let one = median(rates[1] ?? [])
        let many = median(rates[64] ?? [])
        print("ingest, 1 producer       \(fixed(one / 1e6)) M records per CPU second")
        print("ingest, 64 producers     \(fixed(many / 1e6)) M records per CPU second")
        print("cost of 64 against 1     \(fixed(one / many)) ×")
        print("read and count newlines  \(fixed(median(floors) / 1e6)) M records per CPU second")
        print("resident after           \(fixed(sidecar.residentMebibytes, 1)) MiB")
    }

    /// The time of a gzipped scrape while records arrive.
    func measureScrape(rounds: Int) throws {
        try send(20_000, from: 1)
        let stop = directory.appending(path: "stop").path
        let (socket, payload) = (socket, payload)
        let background = Thread {
            guard let producer = try? StreamSocket(path: socket) else { return }
            while !FileManager.default.fileExists(atPath: stop) {
                guard (try? producer.send(payload[...])) != nil else { return }
            }
        }
        background.start()
        var times: [Double] = []
        var size = 0
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            size = try get("/metrics", gzip: true).count
            times.append(Self.seconds(start.duration(to: .now)) * 1_000)
            usleep(20_000)
        }
        try Data().write(to: URL(filePath: stop))
        print(
            "/metrics, 31 series sets × 2 windows, gzipped, under load: "
                + "\(fixed(median(times))) ms, \(size) bytes"
        )
    }

    /// Sends records from some connections and waits until `/metrics` has counted them all.
    private func send(_ records: Int, from producers: Int) throws {
        let sockets = try (0..<producers).map { _ in try StreamSocket(path: socket) }
        let repetitions = max(1, records / Self.distinctRecords)
        let share = Self.distinctRecords / producers
        let lineStarts = lineStarts
        for _ in 0..<repetitions {
            for (index, socket) in sockets.enumerated() {
                let last = index == producers - 1 ? Self.distinctRecords : (index + 1) * share
                try socket.send(payload[lineStarts[index * share]..<lineStarts[last]])
            }
        }
        sent += repetitions * Self.distinctRecords
        let line = "kedge_ingest_records_total{model=\"bench\",model_version=\"1\"} \(sent)\n"
        while !String(decoding: try get("/metrics", gzip: false), as: UTF8.self).contains(line) {
            usleep(5_000)
        }
    }

    private lazy var lineStarts: [Int] = {
        var starts = [0]
        for (index, byte) in payload.enumerated() where byte == 0x0A { starts.append(index + 1) }
        return starts
    }()

    private func cpuSeconds(_ body: () throws -> Void) rethrows -> Double {
        let before = sidecar.cpuSeconds
        try body()
        return sidecar.cpuSeconds - before
    }

    private func get(_ path: String, gzip: Bool) throws -> [UInt8] {
        let connection = try StreamSocket(port: port)
        let coding = gzip ? "Accept-Encoding: gzip\r\n" : ""
        let request = "GET \(path) HTTP/1.1\r\nHost: kedge\r\n\(coding)Connection: close\r\n\r\n"
        try connection.send(Array(request.utf8)[...])
        return connection.receive()
    }

    private static func run(_ binary: String, _ arguments: [String]) throws {
        let process = try Process.run(URL(filePath: binary), arguments: arguments)
        process.waitUntilExit()
        precondition(process.terminationStatus == 0, "kedge \(arguments) failed")
    }

    private static func port(in log: URL) throws -> UInt16 {
        while true {
            let text = try String(contentsOf: log, encoding: .utf8)
            if let range = text.range(of: #""address":"127.0.0.1:"#) {
                return UInt16(text[range.upperBound...].prefix { $0.isNumber }) ?? 0
            }
            usleep(500)
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
