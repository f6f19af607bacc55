// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

#include "ONNXRuntimeC.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Where the functions stand in the table of API version 11 and later.
enum {
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    SET_INTRA_OP_THREADS = 24,
    SET_INTER_OP_THREADS = 25,
    SESSION_OUTPUT_COUNT = 31,
    SESSION_INPUT_NAME = 36,
    SESSION_OUTPUT_NAME = 37,
    CREATE_TENSOR_WITH_DATA = 49,
    TENSOR_DATA = 51,
    CREATE_CPU_MEMORY_INFO = 69,
    DEFAULT_ALLOCATOR = 78,
    RELEASE_STATUS = 93,
    RELEASE_VALUE = 96,
};

enum { API_VERSION = 11, LOG_ERRORS = 3, FLOATS = 1, ARENA_ALLOCATOR = 1, DEFAULT_MEMORY = 0 };
enum { MOST_OUTPUTS = 2 };

// Every call but the releases answers null, or a status that says what went wrong.
typedef void *status;

typedef struct {
    const void *const *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
} api_base;

struct ort_model {
    const void *const *api;
    const char *version;
    void *session;
    void *memory;
    const char *input;
    const char *outputs[MOST_OUTPUTS];
    size_t output_count;
    status (*run)(void *, const void *, const char *const *, const void *const *, size_t,
                  const char *const *, size_t, void **);
    status (*create_tensor)(const void *, void *, size_t, const int64_t *, size_t, int, void **);
    status (*tensor_data)(void *, void **);
    void (*release_value)(void *);
};

static int failed(const ort_model *model, status found) {
    if (found == NULL) return 0;
    const char *(*message)(const void *) = (const char *(*)(const void *))model->api[GET_ERROR_MESSAGE];
    void (*release)(void *) = (void (*)(void *))model->api[RELEASE_STATUS];
    fprintf(stderr, "ONNX Runtime: %s\n", message(found));
    release(found);
    return 1;
}

static int open_session(ort_model *model, const char *file) {
    const void *const *api = model->api;
    void *environment = NULL, *options = NULL;
    status (*create_env)(int, const char *, void **) =
        (status(*)(int, const char *, void **))api[CREATE_ENV];
    status (*create_options)(void **) = (status(*)(void **))api[CREATE_SESSION_OPTIONS];
    status (*set_intra)(void *, int) = (status(*)(void *, int))api[SET_INTRA_OP_THREADS];
    status (*set_inter)(void *, int) = (status(*)(void *, int))api[SET_INTER_OP_THREADS];
    status (*create_session)(const void *, const char *, const void *, void **) =
        (status(*)(const void *, const char *, const void *, void **))api[CREATE_SESSION];
    status (*create_memory)(int, int, void **) =
        (status(*)(int, int, void **))api[CREATE_CPU_MEMORY_INFO];
    return failed(model, create_env(LOG_ERRORS, "benchmark", &environment))
        || failed(model, create_options(&options)) || failed(model, set_intra(options, 1))
        || failed(model, set_inter(options, 1))
        || failed(model, create_session(environment, file, options, &model->session))
        || failed(model, create_memory(ARENA_ALLOCATOR, DEFAULT_MEMORY, &model->memory));
}

static int read_names(ort_model *model) {
    typedef status (*name_function)(const void *, size_t, void *, char **);
    const void *const *api = model->api;
    status (*default_allocator)(void **) = (status(*)(void **))api[DEFAULT_ALLOCATOR];
    status (*count_outputs)(const void *, size_t *) =
        (status(*)(const void *, size_t *))api[SESSION_OUTPUT_COUNT];
    name_function input_name = (name_function)api[SESSION_INPUT_NAME];
    name_function output_name = (name_function)api[SESSION_OUTPUT_NAME];
    void *allocator = NULL;
    if (failed(model, default_allocator(&allocator))) return 1;
    if (failed(model, count_outputs(model->session, &model->output_count))) return 1;
    if (model->output_count > MOST_OUTPUTS) {
        fprintf(stderr, "%zu outputs, expected 1 or 2\n", model->output_count);
        return 1;
    }
    if (failed(model, input_name(model->session, 0, allocator, (char **)&model->input))) return 1;
    for (size_t i = 0; i < model->output_count; i++) {
        char **name = (char **)&model->outputs[i];
        if (failed(model, output_name(model->session, i, allocator, name))) return 1;
    }
    return 0;
}

ort_model *ort_model_open(const char *library, const char *file) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    const api_base *(*get_base)(void) =
        handle ? (const api_base *(*)(void))dlsym(handle, "OrtGetApiBase") : NULL;
    const api_base *base = get_base ? get_base() : NULL;
    const void *const *api = base ? base->get_api(API_VERSION) : NULL;
    ort_model *model = api ? calloc(1, sizeof *model) : NULL;
    if (!model) {
        fprintf(stderr, "%s is no ONNX Runtime: %s\n", library, handle ? "no API" : dlerror());
        return NULL;
    }
    model->api = api;
    model->version = base->get_version();
    model->run = (status(*)(void *, const void *, const char *const *, const void *const *, size_t,
                            const char *const *, size_t, void **))api[RUN];
    model->create_tensor = (status(*)(const void *, void *, size_t, const int64_t *, size_t, int,
                                      void **))api[CREATE_TENSOR_WITH_DATA];
    model->tensor_data = (status(*)(void *, void **))api[TENSOR_DATA];
    model->release_value = (void (*)(void *))api[RELEASE_VALUE];
    // What is open stays open until the process ends.
    if (open_session(model, file) || read_names(model)) {
        free(model);
        return NULL;
    }
    return model;
}

int ort_model_run(ort_model *model, const float *input, int64_t rows, int64_t width, float *output,
                  int64_t output_count) {
    const int64_t shape[2] = {rows, width};
    void *tensor = NULL, *results[MOST_OUTPUTS] = {NULL, NULL};
    if (failed(model, model->create_tensor(model->memory, (void *)input,
                                           (size_t)(rows * width) * sizeof(float), shape, 2,
                                           FLOATS, &tensor)))
        return 1;
    const void *const operands[1] = {tensor};
    int is_wrong = failed(model, model->run(model->session, NULL, &model->input, operands, 1,
                                            model->outputs, model->output_count, results));
    if (!is_wrong) {
        void *data = NULL;
        is_wrong = failed(model, model->tensor_data(results[model->output_count - 1], &data));
        if (!is_wrong) memcpy(output, data, (size_t)output_count * sizeof(float));
    }
    for (size_t i = 0; i < model->output_count; i++)
        if (results[i]) model->release_value(results[i]);
    model->release_value(tensor);
    return is_wrong;
}

const char *ort_model_version(const ort_model *model) { return model->version; }
