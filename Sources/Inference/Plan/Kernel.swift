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

    /// What the kernel asks of the width of its first operand that is not constant.
    var width: WidthDemand { get }
}

extension Kernel {
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

/// What goes into a node in one run.
struct Operands {
    private let slots: [Tensor]
    private let indexes: [Int]
    /// The most elements that a tensor of the run may have.
    let most: Int

    init(_ slots: [Tensor], _ indexes: [Int], most: Int) {
        (self.slots, self.indexes, self.most) = (slots, indexes, most)
    }

    /// The slot of an operand that the node leaves out.
    static let absent = -1

    var count: Int { indexes.count }

    /// Whether the node has an operand at this position.
    func has(_ position: Int) -> Bool {
        position < indexes.count && indexes[position] != Self.absent
    }

    func element(_ position: Int) -> ElementType { slots[indexes[position]].element }
    func shape(_ position: Int) -> [Int] { slots[indexes[position]].shape }
    func storedCount(_ position: Int) -> Int { slots[indexes[position]].storedCount }
    func floats(_ position: Int) -> [Float] { slots[indexes[position]].floats }
    func doubles(_ position: Int) -> [Double] { slots[indexes[position]].doubles }
    func integers(_ position: Int) -> [Int64] { slots[indexes[position]].integers }
    func strings(_ position: Int) -> [String] { slots[indexes[position]].strings }

    /// The elements of an operand of a type that the compiler has checked.
    func elements<Element: TensorElement>(
        _ position: Int,
        of _: Element.Type = Element.self
    ) -> [Element] { Element.elements(of: slots[indexes[position]]) }

    /// Rows and width of an operand, as operators on matrices see it: one axis alone is one row.
    func matrix(_ position: Int) throws(KernelFault) -> (rows: Int, width: Int) {
        let slot = indexes[position]
        switch slots[slot].shape.count {
        case 1: return (1, slots[slot].shape[0])
        case 2: return (slots[slot].shape[0], slots[slot].shape[1])
        default: throw .shape(found: slots[slot].shape, expected: "rows × width")
        }
    }
}
