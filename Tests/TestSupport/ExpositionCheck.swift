// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a page of metrics, stricter than any reader in use.
///
/// Besides the grammar: families contiguous and described, series unique, names that fit their
/// types, counters that count, histograms that add up, and nothing that Kedge never writes
/// (timestamps, exemplars).
package struct ExpositionCheck {
    /// Which of the two formats.
    package enum Dialect {
        case text
        case openMetrics
    }

    /// One series with its value.
    package struct Sample {
        package let name: String
        package let labels: [String: String]
        package let value: Double
    }

    /// Every series, in the order of the page.
    package private(set) var samples: [Sample] = []
    /// The type of every family, by its name in `# TYPE`.
    package private(set) var types: [String: String] = [:]
    /// One sentence for each breach; empty for a good page.
    package private(set) var faults: [String] = []

    private let dialect: Dialect
    private var open: Family?
    private var closed: Set<String> = []
    private var series: Set<[String]> = []
    private var hasEnded = false
    private var line = 0

    /// Reads a page and judges it.
    package init(_ page: String, dialect: Dialect) {
        self.dialect = dialect
        var lines = page.utf8.split(
            separator: UInt8(ascii: "\n"),
            omittingEmptySubsequences: false
        )
        if lines.popLast()?.isEmpty == false { fault("the last line is not ended") }
        for text in lines {
            line += 1
            take(text)
        }
        closeFamily()
        if dialect == .openMetrics, !hasEnded { fault("there is no # EOF") }
    }

    /// The value of the one series of this name and exactly these labels.
    package func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    private mutating func take(_ text: Substring.UTF8View) {
        if hasEnded { fault("something follows # EOF") }
        switch ExpositionLine(text) {
        case .end:
            hasEnded = dialect == .openMetrics
            if !hasEnded { fault("# EOF in the older format") }
        case .metadata(let keyword, let name, let rest): describe(name, keyword, rest)
        case .sample(let name, let labels, let value): add(name, labels, value)
        case .fault(let reason): fault(reason)
        }
    }

    private mutating func describe(_ name: String, _ keyword: String, _ rest: String) {
        if open?.name != name {
            closeFamily()
            if closed.contains(name) { fault("family \(name) comes back") }
            open = Family(name: name)
        }
        guard let family = open else { return }
        if !family.samples.isEmpty { fault("\(keyword) of \(name) behind its samples") }
        if family.described.contains(keyword) { fault("a second \(keyword) of \(name)") }
        open?.described.insert(keyword)
        switch keyword {
        case "TYPE":
            open?.type = rest
            types[name] = rest
            if !dialect.types.contains(rest) { fault("\(rest) is no type") }
            if dialect == .text, rest == "counter", !name.hasSuffix("_total") {
                fault("the counter \(name) does not end in _total")
            }
            if (dialect == .openMetrics) || rest != "counter", name.hasSuffix("_total") {
                fault("the family \(name) ends in _total")
            }
        case "UNIT":
            if dialect == .text { fault("UNIT in the older format") }
            if !name.hasSuffix("_" + rest) { fault("\(name) does not end in its unit \(rest)") }
        default:
            if rest.isEmpty { fault("\(name) has no help") }
        }
    }

    private mutating func add(_ name: String, _ labels: [ExpositionLine.Label], _ value: Double) {
        guard let family = open, dialect.sampleNames(family).contains(name) else {
            return fault("\(name) outside a family of its name")
        }
        if Set(labels.map(\.name)).count < labels.count { fault("a label of \(name) comes twice") }
        let pairs = labels.map { $0.name + "=" + $0.value }.sorted()
        if !series.insert([name] + pairs).inserted { fault("\(name) \(pairs) comes twice") }
        if family.type == "counter", !(value >= 0) { fault("the counter \(name) is \(value)") }
        if family.type == "info", value != 1 { fault("the info \(name) is \(value)") }
        let sample = Sample(
            name: name,
            labels: Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first },
            value: value
        )
        samples.append(sample)
        open?.samples.append(sample)
    }

    private mutating func closeFamily() {
        guard let family = open else { return }
        open = nil
        closed.insert(family.name)
        for keyword in ["TYPE", "HELP"] where !family.described.contains(keyword) {
            fault("\(family.name) has no \(keyword)")
        }
        if family.type == "histogram" { faults += HistogramCheck.faults(of: family) }
    }

    private mutating func fault(_ sentence: String) {
        faults.append("line \(line): \(sentence)")
    }
}

/// One family as far as it was read.
struct Family {
    var name: String
    var type = "unknown"
    var described: Set<String> = []
    var samples: [ExpositionCheck.Sample] = []
}

extension ExpositionCheck.Dialect {
    fileprivate var types: Set<String> {
        switch self {
        case .text: ["counter", "gauge", "histogram"]
        case .openMetrics: ["counter", "gauge", "histogram", "info"]
        }
    }

    /// The names that samples of a family may have.
    fileprivate func sampleNames(_ family: Family) -> Set<String> {
        switch (family.type, self) {
        case ("counter", .openMetrics): [family.name + "_total"]
        case ("info", _): [family.name + "_info"]
        case ("histogram", _): Set(["_bucket", "_sum", "_count"].map { family.name + $0 })
        default: [family.name]
        }
    }
}

/// Whether the buckets of a histogram add up.
private enum HistogramCheck {
    static func faults(of family: Family) -> [String] {
        let groups = Dictionary(grouping: family.samples) { $0.labels.filter { $0.key != "le" } }
        return groups.flatMap { labels, samples in
            faults(of: family.name, samples).map { "\(family.name) \(labels): \($0)" }
        }
    }

    private static func faults(
        of name: String,
        _ samples: [ExpositionCheck.Sample]
    ) -> [String] {
        var faults: [String] = []
        let buckets = samples.filter { $0.name == name + "_bucket" }
        let count = samples.first { $0.name == name + "_count" }?.value
        let bounds = buckets.map { $0.labels["le"] ?? "" }
        if bounds.contains(where: { $0 != "+Inf" && Double($0)?.description != $0 }) {
            faults.append("an le is not a canonical number")
        }
        let limits = bounds.map { $0 == "+Inf" ? .infinity : Double($0) ?? .nan }
        if !zip(limits, limits.dropFirst()).allSatisfy({ $0 < $1 }) {
            faults.append("the bounds do not ascend")
        }
        let values = buckets.map(\.value)
        if !zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 }) {
            faults.append("the buckets are not cumulative")
        }
        if bounds.last != "+Inf" { faults.append("there is no last bucket +Inf") }
        if count == nil || count != values.last { faults.append("+Inf is not the count") }
        if !samples.contains(where: { $0.name == name + "_sum" }) {
            faults.append("there is no sum")
        }
        return faults
    }
}
