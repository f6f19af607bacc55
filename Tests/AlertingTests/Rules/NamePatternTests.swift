// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import TestSupport
import Testing

struct NamePatternTests {
    @Test(
        arguments: [
            ("", "", true), ("", "a", false), ("a", "a", true), ("a", "A", false),
            ("*", "", true), ("*", "anything", true), ("**", "x", true),
            ("a*", "a", true), ("a*", "ab", true), ("a*", "ba", false),
            ("*a", "ba", true), ("*a*", "bab", true), ("a*b*c", "a__b__b_c", true),
            ("a*b*c", "a__c__b", false), ("?", "a", true), ("?", "", false), ("?", "ab", false),
            ("a?c", "abc", true), ("?*?", "ab", true), ("?*?", "a", false),
            (#"\*"#, "*", true), (#"\*"#, "a", false), (#"\?"#, "?", true), (#"\\"#, #"\"#, true),
            (#"a\"#, #"a\"#, true), (#"\!a"#, "!a", true), ("é", "é", true),
            ("?", "é", true), ("?", "e\u{301}", false), ("é", "e\u{301}", false),
        ]
    )
    func `a pattern fits a whole name`(pattern: String, name: String, fits: Bool) {
        #expect(NamePattern(pattern).matches(name) == fits)
    }

    private func naive(_ pattern: Substring, _ name: Substring) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" {
            return naive(rest, name) || !name.isEmpty && naive(pattern, name.dropFirst())
        }
        guard let scalar = name.first, first == "?" || first == scalar else { return false }
        return naive(rest, name.dropFirst())
    }

    @Test
    func `patterns fit what the plain recursion says`() {
        let seed: UInt64 = 11
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let pattern = String(
                (0..<Int.random(in: 0...7, using: &random)).map { _ in
                    "aab*?".randomElement(using: &random) ?? "a"
                }
            )
            let name = String(
                (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    "aab".randomElement(using: &random) ?? "a"
                }
            )
            #expect(
                NamePattern(pattern).matches(name) == naive(pattern[...], name[...]),
                "seed \(seed): \(pattern) \(name)"
            )
        }
    }

    @Test(
        arguments: [
            ([], ["a", "b", "prediction"]),
            (["*"], ["a", "b", "prediction"]),
            (["a", "pre*"], ["a", "prediction"]),
            (["!prediction"], ["a", "b"]),
            (["!prediction", "!a"], ["b"]),
            (["*", "!a"], ["b", "prediction"]),
            (["a", "!a"], []),
            (["!*"], []),
        ] as [([String], [String])]
    )
    func `a selection means what fits a pattern and no exception`(
        patterns: [String],
        names: [String]
    ) {
        let selection = NameSelection(patterns)
        #expect(["a", "b", "prediction"].filter(selection.contains) == names)
        #expect(selection.patterns == patterns)
    }

    @Test
    func `every statistic has a name by which it is found`() {
        for statistic in RuleStatistic.all {
            #expect(RuleStatistic(name: statistic.name) == statistic)
        }
        #expect(Set(RuleStatistic.all.map(\.name)).count == RuleStatistic.all.count)
        #expect(RuleStatistic(name: "mean") == nil)
    }

    @Test
    func `the rules without a configuration have names of their own and sensible numbers`() {
        let rules = AlertRule.builtIn
        #expect(Set(rules.map(\.name)).count == rules.count)
        for rule in rules where rule.condition == .aboveVerdictThreshold {
            #expect(rule.statistic == .drift)
        }
    }
}
