// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import ONNXRuntimeC

/// A model in ONNX Runtime, open until the process ends.
@safe
struct RuntimeModel {
    /// What the library wrote to standard error says why.
    struct Failure: Error {}

    // Not null, and valid until the process ends: nothing frees it.
    private let model: OpaquePointer

    /// Loads the library and a model.
    init(library: String, file: String) throws {
        guard let model = unsafe ort_model_open(library, file) else { throw Failure() }
        unsafe self.model = model
    }

    /// The version of the library.
    var version: String { unsafe String(cString: ort_model_version(model)) }

    /// Scores rows of floats into the floats of the last output.
    func run(_ input: Span<Float>, rows: Int, into output: inout MutableSpan<Float>) throws {
        let width = Int64(input.count / rows)
        // Both buffers are valid for their counts during the call, which keeps neither.
        let status = unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output -> Int32 in
                guard let from = input.baseAddress, let to = output.baseAddress else { return 0 }
                return unsafe ort_model_run(
                    model,
                    from,
                    Int64(rows),
                    width,
                    to,
                    Int64(output.count)
                )
            }
        }
        guard status == 0 else { throw Failure() }
    }
}
