// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// Compares a request's tensors with the model and reads them row by row.
struct TensorReader {
    /// Where the value of a feature is found.
    private struct Column {
        let source: Int
        let column: Int
    }

    private let served: ServedModel
    /// The whole body; the JSON part is its beginning.
    private let jsonBytes: Int
    private var sources: [TensorSource] = []
    private var columns: [Column?]
    private var rows: Int?

    /// Begins a request.
    ///
    /// - Parameters:
    ///   - served: The model.
    ///   - jsonBytes: The length of the JSON part, behind which the binary tensors stand.
    init(for served: ServedModel, jsonBytes: Int) {
        self.served = served
        self.jsonBytes = jsonBytes
        columns = [Column?](repeating: nil, count: served.features.count)
    }

    /// Takes the inputs of a request.
    ///
    /// - Throws: `shape` for whatever does not fit the model, the first of it.
    mutating func take(
        _ inputs: [InferRequest.Input],
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ limits: ServingLimits
    ) throws(RequestFailure) {
        var binaryOffset = jsonBytes
        for input in inputs {
            let (features, target) = try features(of: input)
            let width = max(features.count, 1)
            let datatype = try datatype(of: input, for: target)
            let count = try elementCount(of: input, width: width, limits)
            let elements: TensorSource.Elements
            if let size = input.binaryBytes {
                guard input.dataOffset == nil else {
                    throw .shape("input '\(input.told)' has both data and binary_data_size")
                }
                guard size >= 0, size <= bytes.count - binaryOffset else {
                    throw .shape(
                        "input '\(input.told)' has \(size) binary bytes, "
                            + "\(bytes.count - binaryOffset) are left of the body"
                    )
                }
                let range = binaryOffset..<binaryOffset + size
                binaryOffset += size
                elements = try Self.binary(input, datatype, range, count, bytes)
            } else {
                elements = .json(try Self.offsets(of: input, datatype, count, &cursor))
            }
            try add(
                input,
                features,
                TensorSource(
                    name: input.name,
                    datatype: datatype,
                    elements: elements,
                    width: width
                )
            )
        }
        guard binaryOffset == bytes.count else {
            throw .shape("\(bytes.count - binaryOffset) bytes are left behind the last tensor")
        }
        if let missing = columns.firstIndex(where: { $0 == nil }) {
            throw .shape("input '\(nameOfInput(for: missing))' is missing")
        }
    }

    /// Reads the rows into a workbench.
    ///
    /// - Throws: `shape` for an element that is not of its tensor's type.
    func readRows(
        into bench: inout Workbench,
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ context: RequestContext
    ) throws(RequestFailure) {
        guard let rows else { throw .shape("the request has no inputs") }
        for row in 0..<rows {
            guard bench.stop == nil else { return }
            for (feature, column) in columns.enumerated() {
                guard let column else { continue }
                let source = sources[column.source]
                let index = row * source.width + column.column
                let value: FieldValue?
                do throws(ScanFault) {
                    value = try source.value(at: index, &cursor, bytes)
                } catch {
                    throw .json(error)
                }
                guard let value else {
                    throw .shape(
                        "element \(index) of input '\(source.name.prefix(100))' is no "
                            + source.datatype.rawValue
                    )
                }
                bench.reader.set(value, at: feature)
            }
            bench.takeRow(RowPlace(instance: row), in: bytes, context)
        }
    }
}

// MARK: - One tensor

extension TensorReader {
    /// The features that a tensor holds, by their columns, and the model's input that they go to: a
    /// tensor is named like an input of the graph or like a single feature.
    private func features(
        of input: InferRequest.Input
    ) throws(RequestFailure) -> ([Int], ModelInput) {
        let model = served.model
        if let index = model.inputs.firstIndex(where: { $0.name == input.name }) {
            var features = [Int](repeating: -1, count: model.inputs[index].width)
            for (feature, described) in served.features.enumerated()
            where described.input == index && features.indices ~= described.column {
                features[described.column] = feature
            }
            return (features, model.inputs[index])
        }
        guard let feature = served.features.firstIndex(where: { $0.name == input.name }),
            model.inputs.indices ~= served.features[feature].input
        else {
            let known = model.inputs.map { "'\($0.name)'" }.prefix(10).joined(separator: ", ")
            throw .shape("no input '\(input.told)'; the model's are \(known)")
        }
        return ([feature], model.inputs[served.features[feature].input])
    }

    private func datatype(
        of input: InferRequest.Input,
        for target: ModelInput
    ) throws(RequestFailure) -> Datatype {
        guard let datatype = Datatype(rawValue: input.datatype) else {
            throw .shape("input '\(input.told)' has an unknown datatype")
        }
        guard datatype.fits(target) else {
            throw .shape(
                "input '\(input.told)' is \(datatype.rawValue), expected "
                    + Datatype(of: target).rawValue
            )
        }
        if datatype == .fp16, input.binaryBytes == nil {
            throw .shape("input '\(input.told)' is FP16, which has no form in JSON")
        }
        return datatype
    }

    /// The elements that a shape asks for: rows × width, or rows where the width is 1.
    private func elementCount(
        of input: InferRequest.Input,
        width: Int,
        _ limits: ServingLimits
    ) throws(RequestFailure) -> Int {
        let shape = input.shape
        let isRows = shape.count == 1 && width == 1
        guard let rows = shape.first, isRows || shape.count == 2 && shape[1] == width else {
            throw .shape(
                "input '\(input.told)' has the shape \(shape.prefix(8)), "
                    + "expected [-1, \(width)]"
            )
        }
        guard rows > 0, rows <= limits.rows else {
            throw .shape("input '\(input.told)' has \(rows) rows, 1 to \(limits.rows) are taken")
        }
        if let others = self.rows, others != rows {
            throw .shape("input '\(input.told)' has \(rows) rows, the inputs before it \(others)")
        }
        // Both are bounded: the rows by the limit, the width by the model.
        let (count, overflow) = rows.multipliedReportingOverflow(by: width)
        guard !overflow else { throw .shape("input '\(input.told)' is too large") }
        return count
    }

    /// Notes a tensor that was read.
    private mutating func add(
        _ input: InferRequest.Input,
        _ features: [Int],
        _ source: TensorSource
    ) throws(RequestFailure) {
        for (column, feature) in features.enumerated() where feature >= 0 {
            guard columns[feature] == nil else {
                throw .shape("input '\(input.told)' comes twice")
            }
            columns[feature] = Column(source: sources.count, column: column)
        }
        rows = input.shape.first
        sources.append(source)
    }

    private func nameOfInput(for feature: Int) -> String {
        let input = served.features[feature].input
        let inputs = served.model.inputs
        return inputs.indices ~= input ? inputs[input].name : served.features[feature].name
    }

    /// Where the elements of a tensor in JSON stand, nested or flat.
    private static func offsets(
        of input: InferRequest.Input,
        _ datatype: Datatype,
        _ count: Int,
        _ cursor: inout JSONCursor
    ) throws(RequestFailure) -> [Int] {
        guard let start = input.dataOffset else {
            throw .shape("input '\(input.told)' has no data")
        }
        var offsets: [Int] = []
        var found = 0
        do throws(ScanFault) {
            cursor.goBack(to: start)
            try flatten(&cursor, into: &offsets, limit: count, &found)
        } catch {
            throw .json(error)
        }
        guard found == count else {
            throw .shape(
                "input '\(input.told)' has \(found) elements, its shape asks for \(count)"
            )
        }
        return offsets
    }

    private static func flatten(
        _ cursor: inout JSONCursor,
        into offsets: inout [Int],
        limit: Int,
        _ found: inout Int
    ) throws(ScanFault) {
        try cursor.beginArray()
        while try cursor.nextElement() {
            if try cursor.kind() == .array {
                try flatten(&cursor, into: &offsets, limit: limit, &found)
            } else {
                if found < limit { offsets.append(cursor.offset) }
                found += 1
                try cursor.skipValue()
            }
        }
    }

    /// Where the elements of a binary tensor stand.
    private static func binary(
        _ input: InferRequest.Input,
        _ datatype: Datatype,
        _ range: Range<Int>,
        _ count: Int,
        _ bytes: Span<UInt8>
    ) throws(RequestFailure) -> TensorSource.Elements {
        if let size = datatype.byteCount {
            let (expected, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, range.count == expected else {
                throw .shape(
                    "input '\(input.told)' has \(range.count) binary bytes, "
                        + "\(count) elements of \(datatype.rawValue) take \(size) each"
                )
            }
            return .fixed(start: range.lowerBound)
        }
        var texts: [Range<Int>] = []
        var offset = range.lowerBound
        while offset < range.upperBound {
            let length = Int(bytes.littleEndian(at: offset, count: 4))
            let start = offset + 4
            guard texts.count < count, start <= range.upperBound, length <= range.upperBound - start
            else { throw .shape("input '\(input.told)' has texts that do not fit its bytes") }
            guard bytes.isUTF8(start..<start + length) else {
                throw .shape("element \(texts.count) of input '\(input.told)' is no UTF-8")
            }
            texts.append(start..<start + length)
            offset = start + length
        }
        guard texts.count == count else {
            throw .shape(
                "input '\(input.told)' has \(texts.count) elements, its shape asks for \(count)"
            )
        }
        return .texts(texts)
    }
}

extension InferRequest.Input {
    /// The name, as much as a message tells.
    fileprivate var told: String { String(name.prefix(100)) }
}

extension Span<UInt8> {
    /// Whether a range of it, which is inside, is UTF-8.
    func isUTF8(_ range: Range<Int>) -> Bool {
        (try? UTF8Span(validating: extracting(range))) != nil
    }
}
