// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import TestSupport
import Testing

@Suite(.mustEnd)
struct YAMLReaderTests {
    @Test
    func `a document of aliases that would grow for ever is refused at once`() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", ")
            bomb += "a\(level): &a\(level) {? [\(aliases)] : 1}\n"
        }
        let faults = faults(bomb)
        #expect(faults.contains { $0.description.hasPrefix("f:2:") })
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "{? ", "[{", "a:\n "])
    func `a deep document is refused`(piece: String) {
        for count in [17, 500, 999, 1_001, 5_000] {
            #expect(!faults(String(repeating: piece, count: count)).isEmpty)
        }
    }

    @Test
    func `a closed deep list is refused where it is too deep`() {
        let list = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        #expect(
            faults("state: \(list)").map(\.description)
                == ["f:1:24: over the limit of 16 nested levels"]
        )
        let indented = (0..<17).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(faults(indented).contains { $0.problem == .tooLarge(limit: "16 nested levels") })
    }

    @Test
    func `a document over the limit is refused`() {
        let comment = "#" + String(repeating: "x", count: 262_143)
        #expect(faults(comment).isEmpty)
        #expect(
            faults(comment + "x").map(\.description)
                == ["f:1:1: over the limit of 262144 bytes"]
        )
    }

    @Test
    func `any damage to a file is read or refused, and never traps`() throws {
        let text = Array(SampleSettings.everything.utf8)
        var random = SeededGenerator(seed: 20)
        let alphabet = Array("\u{0}\t\n\r :,-?*&!|>'\"%@`[]{}#<0a~.".utf8)
        var readable = 0
        for _ in 0..<1_500 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...4, using: &random) where damaged.count > 1 {
                let index = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged.remove(at: index)
                case 1: damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: damaged.removeLast(damaged.count - max(1, index))
                default:
                    let byte = alphabet.randomElement(using: &random) ?? 0
                    damaged.insert(byte, at: index)
                }
            }
            let file = SettingsFile(name: "f", bytes: damaged)
            guard let settings = try? ResolvedSettings<SampleSettings>(file: file).settings else {
                continue
            }
            readable += 1
            let again = SettingsFile(name: "f", bytes: Array(settings.yaml.utf8))
            #expect(try ResolvedSettings<SampleSettings>(file: again).settings == settings)
        }
        #expect(readable > 0)
    }

    private func faults(_ text: String) -> [SettingsFault] {
        do {
            _ = try ResolvedSettings<SampleSettings>(
                file: SettingsFile(name: "f", bytes: Array(text.utf8))
            )
            return []
        } catch {
            return error.faults
        }
    }
}
