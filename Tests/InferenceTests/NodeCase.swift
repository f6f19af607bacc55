// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import TestSupport

/// A model with inputs and the outputs that somebody else's program gives for them.
struct NodeCase: Decodable {
    /// A file of such cases.
    struct File: Decodable {
        var cases: [NodeCase]
    }

    /// A tensor: its elements as little-endian bytes in base64, or as texts.
    struct Value: Decodable {
        var element: String
        var shape: [Int]
        var values: Data?
        var texts: [String]?
    }

    var name: String
    var model: Data
    var inputs: [Value]
    var outputs: [Value]

    /// Whether it is one of the operators with labels and probabilities.
    var isClassifier: Bool {
        name.hasPrefix("TreeEnsembleClassifier") || name.hasPrefix("LinearClassifier")
    }

    static func file(_ path: String) throws -> [NodeCase] {
        try JSONDecoder().decode(File.self, from: Data(Fixture.bytes(path))).cases
    }

    /// Runs the model, and says what is wrong with its outputs.
    ///
    /// Floats are equal within an absolute and relative tolerance, other elements exactly.
    /// - Parameters:
    ///   - tolerance: For floats.
    ///   - only: The one output that counts; nil for all.
    /// - Returns: nil, or a sentence.
    func fault(tolerance: Double, only: Int? = nil) -> String? {
        do {
            let found = try Plan.compile(bytes: [UInt8](model)).run(inputs.map(\.tensor))
            guard found.count == outputs.count else { return "\(name): \(found.count) outputs" }
            for (index, (found, value)) in zip(found, outputs).enumerated()
            where only ?? index == index {
                let expected = value.tensor
                guard found.element == expected.element, found.shape == expected.shape else {
                    return """
                        \(name): \(found.element) \(found.shape), \
                        expected \(expected.element) \(expected.shape)
                        """
                }
                guard found.isClose(to: expected, tolerance) else {
                    return "\(name): \(found.brief), expected \(expected.brief)"
                }
            }
            return nil
        } catch {
            return "\(name): \(error)"
        }
    }
}

extension NodeCase.Value {
    var tensor: Tensor {
        guard let element = ElementType(rawValue: element) else {
            return Tensor(.float, shape: [0])
        }
        var tensor = Tensor(element, shape: shape)
        tensor.strings = texts ?? []
        let bytes = [UInt8](values ?? Data())
        switch element {
        case .float:
            tensor.floats = bytes.words(of: 4).map {
                Float(bitPattern: UInt32(truncatingIfNeeded: $0))
            }
        case .double: tensor.doubles = bytes.words(of: 8).map { Double(bitPattern: $0) }
        case .int64: tensor.integers = bytes.words(of: 8).map { Int64(bitPattern: $0) }
        case .string: break
        }
        return tensor
    }
}

extension [UInt8] {
    fileprivate func words(of size: Int) -> [UInt64] {
        stride(from: 0, to: count, by: size).map { start in
            (0..<size).reduce(0) { $0 | UInt64(self[start + $1]) << UInt64(8 * $1) }
        }
    }
}

extension Tensor {
    /// Whether elements equal others of the same type; NaN equals NaN.
    fileprivate func isClose(to other: Tensor, _ tolerance: Double) -> Bool {
        guard element == .float || element == .double else {
            return integers == other.integers && strings == other.strings
        }
        return zip(numbers, other.numbers).allSatisfy { found, expected in
            found == expected || found.isNaN && expected.isNaN
                || abs(found - expected) <= tolerance * max(1, abs(expected))
        }
    }

    fileprivate var brief: String {
        element == .string ? "\(strings.prefix(12))" : "\(numbers.prefix(12))"
    }
}
