// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How many cores the process is bound to, as `/proc/self/status` lists them; nil where it does not.
package func boundCores() -> Int? {
    guard let file = try? OpenFile(reading: "/proc/self/status"),
        let bytes = try? file.read(upTo: 16_384)
    else { return nil }
    return boundCores(status: String(decoding: bytes, as: UTF8.self))
}

/// The bits that are set in the mask of `Cpus_allowed`, hexadecimal words with commas between.
package func boundCores(status: String) -> Int? {
    let key = "Cpus_allowed:"
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else {
        return nil
    }
    let digits = line.dropFirst(key.count).compactMap(\.hexDigitValue)
    let count = digits.reduce(0) { $0 + $1.nonzeroBitCount }
    return count > 0 ? count : nil
}
