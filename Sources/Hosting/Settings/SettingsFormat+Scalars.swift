// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension SettingsFormat where Value: FixedWidthInteger {
    /// A whole number.
    package static func integer(_ range: ClosedRange<Value>) -> SettingsFormat {
        scalar("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            guard text.utf8.allSatisfy(isDigit), let number = Value(text), range.contains(number)
            else { return nil }
            return number
        } show: { number in
            .word(String(number))
        }
    }
}

extension SettingsFormat where Value == Int {
    /// A number of bytes, with `KiB` or `MiB` behind it if need be.
    package static func bytes(_ range: ClosedRange<Int>) -> SettingsFormat {
        let (least, most) = (byteText(range.lowerBound), byteText(range.upperBound))
        return scalar("a size from \(least) to \(most)") { text in
            let digits = text.utf8.prefix(while: isDigit)
            let factor: Int? =
                switch text.utf8.dropFirst(digits.count) {
                case let unit where unit.isEmpty: 1
                case let unit where unit.elementsEqual("KiB".utf8): 1_024
                case let unit where unit.elementsEqual("MiB".utf8): 1_048_576
                default: nil
                }
            guard let factor, let number = Int(String(decoding: digits, as: UTF8.self)) else {
                return nil
            }
            let size = number.multipliedReportingOverflow(by: factor)
            return !size.overflow && range.contains(size.partialValue) ? size.partialValue : nil
        } show: { size in
            .word(byteText(size))
        }
    }

    /// A duration of whole seconds, in seconds.
    package static func seconds(_ range: ClosedRange<Int>) -> SettingsFormat {
        let least = DurationText.text(.seconds(range.lowerBound))
        let most = DurationText.text(.seconds(range.upperBound))
        return scalar("a duration from \(least) to \(most), in whole seconds") { text in
            guard let (seconds, rest) = DurationText.parse(text)?.components, rest == 0,
                range.contains(Int(seconds))
            else { return nil }
            return Int(seconds)
        } show: { seconds in
            .word(DurationText.text(.seconds(seconds)))
        }
    }
}

extension SettingsFormat where Value == Duration {
    /// A duration, to the millisecond.
    package static func duration(_ range: ClosedRange<Duration>) -> SettingsFormat {
        let (least, most) = (
            DurationText.text(range.lowerBound), DurationText.text(range.upperBound)
        )
        return scalar("a duration from \(least) to \(most)") { text in
            DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        } show: { duration in
            .word(DurationText.text(duration))
        }
    }
}

extension SettingsFormat where Value == Duration? {
    /// A duration, or `never` for none.
    package static func durationOrNever(_ range: ClosedRange<Duration>) -> SettingsFormat {
        let duration = SettingsFormat<Duration>.duration(range)
        let expected = duration.expected + ", or never"
        return SettingsFormat(expected: expected, shape: .scalar) { node, key, reading in
            if case .scalar("never", _) = node.content { return .some(nil) }
            var attempt = SettingsReading()
            guard let value = duration.decode(node, key, &attempt) else {
                reading.reject(node, key: key, expected: expected)
                return nil
            }
            return value
        } encode: { value in
            value.flatMap(duration.encode) ?? .word("never")
        }
    }
}

extension SettingsFormat where Value == Double {
    /// A number above 0, at most 1: the threshold of a statistic within [0, 1].
    package static var threshold: SettingsFormat {
        scalar("a number above 0, at most 1") { text in
            guard text.utf8.allSatisfy({ isDigit($0) || "+-.eE".utf8.contains($0) }),
                let number = Double(text), number > 0, number <= 1
            else { return nil }
            return number
        } show: { number in
            .word("\(number)")
        }
    }
}

extension SettingsFormat where Value == Bool {
    /// Yes or no, in the words of YAML 1.2.
    package static var boolean: SettingsFormat {
        scalar("true or false") { text in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        } show: { value in
            .word(value ? "true" : "false")
        }
    }
}

extension SettingsFormat where Value: RawRepresentable, Value.RawValue == String {
    /// One of a few words.
    package static func choice(_ values: [Value]) -> SettingsFormat {
        scalar(values.map(\.rawValue).joined(separator: " or ")) { text in
            values.first { $0.rawValue == text }
        } show: { value in
            .word(value.rawValue)
        }
    }
}

extension SettingsFormat where Value == String {
    /// The path of a file or directory: without NUL, and no longer than the system takes.
    ///
    /// `limit` is the longest path in bytes; `PATH_MAX` leaves 4,095.
    package static func path(_ what: String, limit: Int = 4_095) -> SettingsFormat {
        scalar("the path of \(what), 1 to \(limit) bytes long") { text in
            (1...limit).contains(text.utf8.count) && !text.utf8.contains(0) ? text : nil
        } show: { path in
            .text(path)
        }
    }

    /// A name that is legible as the value of a label, in rules and in a terminal.
    package static var label: SettingsFormat {
        scalar("a name of 1 to 64 letters, digits, dots, dashes and underscores") { text in
            (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isLabelByte) ? text : nil
        } show: { name in
            .text(name)
        }
    }

    /// A name that somebody else gave: any text of one line.
    package static func name(_ what: String) -> SettingsFormat {
        scalar("the name of \(what), 1 to 255 bytes long, without control characters") { text in
            let isLegible = text.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control
            }
            return (1...255).contains(text.utf8.count) && isLegible ? text : nil
        } show: { name in
            .text(name)
        }
    }

    /// A group of the system, by name or number.
    package static var group: SettingsFormat {
        scalar("the name or number of a group") { text in
            (1...32).contains(text.utf8.count) && text.utf8.allSatisfy(isLabelByte) ? text : nil
        } show: { name in
            .text(name)
        }
    }
}

extension SettingsFormat where Value == UInt32 {
    /// Permissions of a file in four octal digits, as `chmod` takes them.
    package static var mode: SettingsFormat {
        scalar("four octal digits from \"0000\" to \"0777\"") { text in
            guard text.utf8.count == 4, text.utf8.allSatisfy(isDigit),
                let mode = UInt32(text, radix: 8), mode <= 0o777
            else { return nil }
            return mode
        } show: { mode in
            let digits = String(mode, radix: 8)
            return .text(String(repeating: "0", count: 4 - min(4, digits.count)) + digits)
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

private func isLabelByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || "._-".utf8.contains(byte)
}

private func byteText(_ size: Int) -> String {
    if size > 0, size.isMultiple(of: 1_048_576) { return "\(size / 1_048_576)MiB" }
    if size > 0, size.isMultiple(of: 1_024) { return "\(size / 1_024)KiB" }
    return String(size)
}
