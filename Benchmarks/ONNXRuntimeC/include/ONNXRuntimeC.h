// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

// ONNX Runtime's C API as far as a benchmark needs it, loaded at run time. Its wheel on PyPI has the
// library and no headers; the API is one table of functions that only ever grows at its end.

#ifndef KEDGE_ONNX_RUNTIME_C_H
#define KEDGE_ONNX_RUNTIME_C_H

#include <stdint.h>

/// A model with one input and one or two outputs, ready to run on one thread.
typedef struct ort_model ort_model;

/// Loads the library and a model; null, and a reason on standard error, if that fails.
ort_model *_Nullable ort_model_open(const char *_Nonnull library, const char *_Nonnull file);

/// Scores rows as a server would: makes a tensor of them, runs, copies the floats of the last output,
/// releases what was made.
///
/// Returns 0, or something else with a reason on standard error. `output` takes `output_count` floats.
int ort_model_run(ort_model *_Nonnull model, const float *_Nonnull input, int64_t rows,
                  int64_t width, float *_Nonnull output, int64_t output_count);

/// The version of the library, as in `1.31.1`.
const char *_Nonnull ort_model_version(const ort_model *_Nonnull model);

#endif
