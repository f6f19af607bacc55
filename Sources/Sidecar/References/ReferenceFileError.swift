// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
package import PredictionLog

/// Why bytes are no reference file.
///
/// Offsets are in bytes from the start of the file.
package enum ReferenceFileError: Error, Sendable, Equatable {
    /// What there is too much of.
    package enum Item: String, Sendable {
        case bytes, features, knots, categories, counts
    }

    /// The text is no JSON, or has a value of another kind than the format.
    case malformed(ScanFault)
    /// The first key is not `format`; this is no reference file.
    case noFormat(offset: Int)
    /// The format is one that this version does not read.
    case format(found: Int, expected: Int)
    /// A key that the format does not have here.
    case unknownKey(String, offset: Int)
    /// A key for the second time.
    case duplicateKey(String, offset: Int)
    /// The object that ends at the offset lacks a key.
    case missingKey(String, offset: Int)
    /// A value of the right kind that means nothing.
    case value(key: String, expected: String, offset: Int)
    /// More than the limit.
    case tooMany(Item, limit: Int, offset: Int)
    /// The content contradicts itself; `feature` is nil for the reference as a whole.
    case invalid(ReferenceError, feature: String?, offset: Int)
    /// The content is not the one that the digest was taken of.
    case digest(found: String, expected: String)
}

extension ReferenceFileError: CustomStringConvertible {
    /// One sentence, without the path.
    package var description: String {
        switch self {
        case .malformed(let fault): "\(fault)"
        case .noFormat(let offset):
            "no reference file: expected \"format\" first, before byte \(offset)"
        case .format(let found, let expected):
            "format \(found); this version of kedge reads format \(expected)"
        case .unknownKey(let key, let offset): "unknown key \"\(key)\" before byte \(offset)"
        case .duplicateKey(let key, let offset): "second \"\(key)\" before byte \(offset)"
        case .missingKey(let key, let offset): "no \"\(key)\" in the object before byte \(offset)"
        case .value(let key, let expected, let offset):
            "expected \(expected) for \"\(key)\" before byte \(offset)"
        case .tooMany(let item, let limit, let offset):
            "more than \(limit) \(item.rawValue), at byte \(offset)"
        case .invalid(let error, let feature?, let offset):
            "feature \"\(feature)\", before byte \(offset): \(error)"
        case .invalid(let error, nil, _): "\(error)"
        case .digest(let found, let expected):
            "the content is not what its digest says: expected \(expected), found \(found)"
        }
    }
}
