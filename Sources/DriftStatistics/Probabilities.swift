// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The probability that Kolmogorov's limit law exceeds x: 1 − K(x).
///
/// Of the two series, Kolmogorov's alternating one, 2·Σ (−1)^(j−1)·exp(−2j²x²), converges fast for
/// large x and keeps the relative accuracy of the tail; its theta transform,
/// 1 − √(2π)/x·Σ exp(−(2j−1)²π²/(8x²)), for small x. At the border four terms are enough for both.
///
/// Source: W. Feller, "On the Kolmogorov-Smirnov limit theorems for empirical distributions",
/// Ann. Math. Statist. 19 (1948), equations 1.4 and 1.11.
///
/// - Parameter x: √(nm/(n+m))·D; not NaN.
/// - Returns: A value in [0, 1], to about 1e-13 of itself in the tail; 1 for x ≤ 0.
package func kolmogorovSurvival(_ x: Double) -> Double {
    guard x > 0 else { return 1 }
    var sum = 0.0
    guard x >= 1 else {
        let quotient = Double.pi * Double.pi / (8 * x * x)
        for odd in [7.0, 5.0, 3.0, 1.0] { sum += exp(-odd * odd * quotient) }
        return 1 - (2 * Double.pi).squareRoot() / x * sum
    }
    for (j, sign) in [(4.0, -1.0), (3.0, 1.0), (2.0, -1.0), (1.0, 1.0)] {
        sum += sign * exp(-2 * j * j * x * x)
    }
    return 2 * sum
}

/// The probability that χ² with some degrees of freedom exceeds x: Q(k/2, x/2), Q the regularised
/// upper incomplete gamma function.
///
/// - Parameters:
///   - x: A value of χ², at least 0.
///   - degreesOfFreedom: k, at least 1.
/// - Returns: A value in [0, 1], to about 1e-12 of itself in the tail; 1 for x ≤ 0.
/// - Complexity: O(√k) steps, about 1,500 for the most categories possible.
package func chiSquareSurvival(_ x: Double, degreesOfFreedom: Int) -> Double {
    guard x > 0 else { return 1 }
    let (a, y) = (Double(degreesOfFreedom) / 2, x / 2)
    let probability = y < a + 1 ? 1 - lowerGammaSeries(a, y) : upperGammaFraction(a, y)
    return min(max(probability, 0), 1)
}

/// P(a, y) by its power series, y^a·e^(−y)/Γ(a+1)·Σ yʲ/((a+1)…(a+j)), for y < a + 1.
///
/// Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions" (1964), 6.5.29.
private func lowerGammaSeries(_ a: Double, _ y: Double) -> Double {
    var (term, sum, divisor) = (1.0, 1.0, a)
    // The divisor grows by one a step and y does not, so the terms shrink ever faster.
    while term > sum * .ulpOfOne {
        divisor += 1
        term *= y / divisor
        sum += term
    }
    return gammaTerm(a, y) * sum
}

/// Q(a, y) by its continued fraction, for y ≥ a + 1.
///
/// The quotients of successive denominators and numerators need not be kept away from 0: by
/// induction both are at least step + 1, since the partial numerator is step·(a − step) and the
/// partial denominator y + 1 − a + 2·step.
///
/// Sources: Abramowitz and Stegun 6.5.31, contracted to its even part; evaluated as W. J. Lentz
/// does, "Generating Bessel functions in Mie scattering calculations", Applied Optics 15 (1976).
private func upperGammaFraction(_ a: Double, _ y: Double) -> Double {
    var denominator = y + 1 - a
    var ratio = Double.infinity
    var inverse = 1 / denominator
    var fraction = inverse
    var change = 0.0
    var step = 0.0
    repeat {
        step += 1
        let numerator = step * (a - step)
        denominator += 2
        inverse = 1 / (numerator * inverse + denominator)
        ratio = denominator + numerator / ratio
        change = ratio * inverse
        fraction *= change
    } while abs(change - 1) > .ulpOfOne && step < 10_000
    return gammaTerm(a, y) * a * fraction
}

/// y^a·e^(−y) / Γ(a + 1), for a a multiple of ½.
///
/// With u = (y − a)/a and Stirling's Γ(a + 1) = √(2πa)·(a/e)^a·e^r(a) it is
/// exp(a·(ln(1 + u) − u) − r(a)) / √(2πa): no large terms cancel where the value is not tiny.
private func gammaTerm(_ a: Double, _ y: Double) -> Double {
    let u = (y - a) / a
    return exp(a * (log1p(u) - u) - stirlingRemainder(a)) / (2 * Double.pi * a).squareRoot()
}

/// r(a) of Stirling's formula, by its asymptotic series; small a step up to where that is exact.
///
/// Source: Abramowitz and Stegun 6.1.41; r(a) − r(a + 1) = (a + ½)·ln(1 + 1/a) − 1.
private func stirlingRemainder(_ a: Double) -> Double {
    var (a, sum) = (a, 0.0)
    while a < 16 {
        sum += (a + 0.5) * log1p(1 / a) - 1
        a += 1
    }
    let square = a * a
    let series =
        (1 / 12.0 - (1 / 360.0 - (1 / 1_260.0 - 1 / (1_680.0 * square)) / square) / square) / a
    return sum + series
}
