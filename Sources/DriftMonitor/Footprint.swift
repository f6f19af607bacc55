// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What arrays cost in memory, beside their elements.
///
/// An array of Swift 6 on 64-bit Linux has 32 bytes of header, and the allocator of glibc rounds
/// a request up: to 16 bytes below the size at which it maps pages, to whole pages above.
enum Footprint {
    private static let headerBytes = 32
    private static let pageBytes = 4_096
    /// Where glibc may begin to map pages of their own; its threshold only grows from here.
    private static let mappedBytes = 128 * 1_024

    /// The bytes of an array's storage as reserved, header included.
    static func held<Element>(_ array: [Element]) -> Int {
        array.capacity == 0
            ? 0 : saturating(array.capacity, times: MemoryLayout<Element>.stride, plus: headerBytes)
    }

    /// The most that an array of `count` elements, made in one piece, takes.
    static func bound<Element>(count: Int, of _: Element.Type) -> Int {
        guard count > 0 else { return 0 }
        let bytes = saturating(count, times: MemoryLayout<Element>.stride, plus: headerBytes)
        return saturating(bytes, plus: bytes < mappedBytes ? 32 : pageBytes)
    }

    /// The most that an array takes that grows element by element up to `count`: its capacity
    /// doubles, from 2.
    static func growingBound<Element>(count: Int, of type: Element.Type) -> Int {
        bound(count: max(saturating(count, times: 2), 4), of: type)
    }

    /// The sum, or `Int.max` where it does not fit.
    static func saturating(_ first: Int, plus second: Int) -> Int {
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? .max : sum
    }

    /// The product and sum, or `Int.max` where they do not fit; all numbers ≥ 0.
    static func saturating(_ first: Int, times second: Int, plus third: Int = 0) -> Int {
        let (product, overflow) = first.multipliedReportingOverflow(by: second)
        return overflow ? .max : saturating(product, plus: third)
    }
}
