// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import Testing

struct ProbabilitiesTests {
    /// Whether two probabilities agree relatively, so that tails count.
    private func agree(_ a: Double, _ b: Double, to tolerance: Double) -> Bool {
        abs(a - b) <= tolerance * abs(b)
    }

    /// `scipy.special.kolmogorov(x)`, SciPy 1.17.1.
    @Test(arguments: [
        (0.02, 1.0),
        (0.1, 1.0),
        (0.3, 0.9999906941986655),
        (0.5, 0.9639452436648751),
        (0.8, 0.5441424115741981),
        (0.9999, 0.2701068819688554),
        (1.0, 0.26999967167735456),
        (1.18, 0.1234538094297657),
        (1.36, 0.049485876755377876),
        (2.0, 0.0006709252557796953),
        (3.0, 3.045995948942526e-08),
        (5.0, 3.8574996959278356e-22),
        (8.0, 5.14441874528483e-56),
        (12.2474487139, 1.0296400452838888e-130),
        (18.0, 7.554499944724249e-282),
    ])
    func `the survival function of Kolmogorov's law is SciPy's`(_ x: Double, _ expected: Double) {
        #expect(agree(kolmogorovSurvival(x), expected, to: 1e-12))
    }

    /// `mpmath.gammainc(k/2, x/2, inf, regularized=True)` at 40 digits.
    @Test(arguments: [
        (1e-300, 1, 1.0),
        (1e-08, 1, 0.9999202115440526),
        (0.5, 1, 0.4795001221869535),
        (3.841458820694124, 1, 0.05000000000000006),
        (100.0, 1, 1.523970604832105e-23),
        (1400.0, 1, 2.1010145162642176e-306),
        (0.001, 2, 0.9995001249791693),
        (5.991, 2, 0.05001161502657909),
        (2.5, 3, 0.4752910833430206),
        (7.0, 7, 0.42887985755305474),
        (8.999, 7, 0.25272785041838586),
        (9.001, 7, 0.2525842585293959),
        (30.0, 10, 0.0008566412107753004),
        (0.5, 20, 0.9999999999997906),
        (100.0, 101, 0.5094245039718839),
        (300.0, 199, 4.776023145770774e-06),
        (900.0, 1000, 0.9892827619087102),
        (1100.0, 1000, 0.014614408126295194),
        (65534.0, 65534, 0.49926536681217915),
        (64000.0, 65534, 0.99999017608811),
        (66500.0, 65534, 0.003940752873448755),
        (70000.0, 65534, 7.781095890756284e-34),
        (40000.0, 65534, 1.0),
    ])
    func `the survival function of chi square is that of exact arithmetic`(
        _ x: Double,
        _ degreesOfFreedom: Int,
        _ expected: Double
    ) {
        let survival = chiSquareSurvival(x, degreesOfFreedom: degreesOfFreedom)
        #expect(agree(survival, expected, to: 1e-11), "\(survival)")
    }

    @Test
    func `both start at one, never rise and end at zero`() {
        var (kolmogorov, chiSquare) = (1.0, 1.0)
        for step in 0...4_000 {
            let x = Double(step) / 100
            #expect(kolmogorovSurvival(x) <= kolmogorov)
            #expect(chiSquareSurvival(x, degreesOfFreedom: 9) <= chiSquare)
            kolmogorov = kolmogorovSurvival(x)
            chiSquare = chiSquareSurvival(x, degreesOfFreedom: 9)
        }
        #expect(kolmogorovSurvival(0) == 1 && kolmogorovSurvival(-1) == 1)
        #expect(chiSquareSurvival(0, degreesOfFreedom: 1) == 1)
        #expect(kolmogorovSurvival(.infinity) == 0)
        #expect(chiSquareSurvival(1e300, degreesOfFreedom: 65_534) == 0)
    }
}
