// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A node made ready to run: its attributes read, its constants laid out.
///
/// A run calls each kernel once, for all rows. A kernel keeps no state and writes every element of
/// its results, whatever they hold from an earlier run.
protocol Kernel: Sendable {
    /// Computes the results, which begin as an earlier run left them; there are at least as many
    /// as the node names.
    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault)

    /// Computes the same with memory that the frame keeps from run to run, for kernels that need
    /// some beside their results.
    func run(
        _ operands: Operands,
        into results: inout [Tensor],
        using scratch: inout TreeScratch
    ) throws(KernelFault)

    /// About how many operations a run takes, before it; the elements of all operands at least.
    func cost(_ operands: Operands) -> Int

    /// What the kernel asks of the width of its first operand that is not constant.
    var width: WidthDemand { get }
}

extension Kernel {
    func run(
        _ operands: Operands,
        into results: inout [Tensor],
        using scratch: inout TreeScratch
    ) throws(KernelFault) { try run(operands, into: &results) }

    func cost(_ operands: Operands) -> Int { operands.elementCount }

    var width: WidthDemand { .none }
}

/// What a node asks of the length of an operand's last axis; settles the width of an input
/// that the graph leaves open.
enum WidthDemand: Sendable, Equatable {
    /// Nothing is known.
    case none
    /// What is asked of the node's own result.
    case asResult
    /// So many, or the first so many of more.
    case length(Int)
}

/// Where a tensor of a run stands: the constants are one list, the inputs another, and each step
/// has one for its results.
///
/// A list is moved out as a whole while its step writes it, for the price of a pointer.
struct TensorPlace: Sendable, Hashable {
    let group: Int
    let index: Int

    /// That of an operand which the node leaves out.
    static let absent = TensorPlace(group: -1, index: 0)
}

/// What goes into a node in one run.
struct Operands {
    private let groups: [[Tensor]]
    /// The node; its list of places would be one more reference to count.
    let step: Plan.Step
    /// The most elements that a tensor of the run may have.
    let most: Int

    init(_ groups: [[Tensor]], of step: Plan.Step, most: Int) {
        (self.groups, self.step, self.most) = (groups, step, most)
    }

    private var places: [TensorPlace] { step.operands }

    var count: Int { places.count }

    /// Whether the node has an operand at this position.
    func has(_ position: Int) -> Bool {
        position < places.count && places[position] != .absent
    }

    /// The elements of all operands.
    var elementCount: Int {
        var sum = 0
        // A node's operands are few, and each has at most the limit's elements.
        for place in places where place != .absent { sum += groups[place].storedCount }
        return sum
    }

    func element(_ position: Int) -> ElementType { groups[places[position]].element }
    func shape(_ position: Int) -> [Int] { groups[places[position]].shape }
    func storedCount(_ position: Int) -> Int { groups[places[position]].storedCount }
    func floats(_ position: Int) -> [Float] { groups[places[position]].floats }
    func doubles(_ position: Int) -> [Double] { groups[places[position]].doubles }
    func integers(_ position: Int) -> [Int64] { groups[places[position]].integers }
    func strings(_ position: Int) -> [String] { groups[places[position]].strings }

    /// The elements of an operand of a type that the compiler has checked.
    func elements<Element: TensorElement>(
        _ position: Int,
        of _: Element.Type = Element.self
    ) -> [Element] { Element.elements(of: groups[places[position]]) }

    /// Rows and width of an operand, as operators on matrices see it: one axis alone is one row.
    func matrix(_ position: Int) throws(KernelFault) -> (rows: Int, width: Int) {
        let place = places[position]
        switch groups[place].shape.count {
        case 1: return (1, groups[place].shape[0])
        case 2: return (groups[place].shape[0], groups[place].shape[1])
        default: throw .shape(found: groups[place].shape, expected: "rows × width")
        }
    }
}

extension [[Tensor]] {
    subscript(_ place: TensorPlace) -> Tensor {
        @inline(__always)
        _read { yield self[place.group][place.index] }
        @inline(__always)
        _modify { yield &self[place.group][place.index] }
    }
}
