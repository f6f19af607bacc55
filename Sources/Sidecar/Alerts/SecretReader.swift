// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting

/// Reads what a `SecretSource` names, whenever it is used, so that a rotated secret needs no restart.
struct SecretReader: Sendable {
    /// Longer files are no secrets.
    static let maximumBytes = 16_384
    /// Longer files are no certificates: those of the whole web take a quarter of it.
    static let maximumCertificateBytes = 1_048_576

    /// The variables of the process.
    let environment: [String: String]

    /// The text without blanks around it; waits for the disk.
    ///
    /// - Throws: `SecretError`, which names the source and never its content.
    func read(_ source: SecretSource) throws(SecretError) -> String {
        let text: String
        switch source {
        case .literal(let literal): text = literal
        case .variable(let name):
            guard let value = environment[name] else {
                throw SecretError(source: "the variable \(name)", reason: "it is not set")
            }
            text = value
        case .file(let path): text = try read(path)
        }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !trimmed.isEmpty else {
            throw SecretError(source: source.name, reason: "it is empty")
        }
        return trimmed
    }

    /// The certificates in a file, which are no secret but are read in the same way.
    ///
    /// - Throws: `SecretError`.
    func readCertificates(_ path: String) throws(SecretError) -> [UInt8] {
        let bytes = try read(path, limit: Self.maximumCertificateBytes)
        guard bytes.count <= Self.maximumCertificateBytes else {
            throw SecretError(source: path, reason: "it is longer than certificates are")
        }
        return bytes
    }

    private func read(_ path: String) throws(SecretError) -> String {
        let bytes = try read(path, limit: Self.maximumBytes)
        guard bytes.count <= Self.maximumBytes, let text = String(validating: bytes, as: UTF8.self)
        else { throw SecretError(source: path, reason: "it is no text of a secret's length") }
        return text
    }

    private func read(_ path: String, limit: Int) throws(SecretError) -> [UInt8] {
        do throws(SystemError) {
            return try OpenFile(reading: path).readAll(limit: limit)
        } catch {
            throw SecretError(source: path, reason: "\(error)")
        }
    }
}

extension SecretSource {
    /// Where it is, for messages.
    fileprivate var name: String {
        switch self {
        case .literal: "the configuration"
        case .file(let path): path
        case .variable(let name): "the variable \(name)"
        }
    }
}

/// A secret that cannot be had.
struct SecretError: Error, Equatable, CustomStringConvertible {
    /// Where it should be.
    let source: String
    /// Why it is not.
    let reason: String

    var description: String { "\(source): \(reason)" }
}
