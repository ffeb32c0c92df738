/*
 * The calls of libcudnn.so.9 whose answers matter: it finds one engine for every convolution, which needs no workspace, and
 * finalizes whatever it is given. A handle begins with its stream.
 */
#include "standin.h"

#include <stdlib.h>

enum { VERSION = 91900, CUDART = 13010, BACKEND_DESCRIPTOR = 15, EXECUTION_FAILED = 5000 };

/* cudnnBackendAttributeName_t */
enum {
    HEURISTIC_RESULTS = 202,
    CONFIGURATION_ENGINE = 300,
    PLAN_WORKSPACE = 402,
    GRAPH_ENGINES = 802,
    ENGINE_INDEX = 1301,
};

/* A descriptor knows the operation that it was made for, from the descriptors it was given. */
struct descriptor {
    const char *operation; /* NULL: none yet */
};

API size_t cudnnGetVersion(void) { return VERSION; }

API size_t cudnnGetCudartVersion(void) { return CUDART; }

API const char *cudnnGetErrorString(int status) { return status ? "CUDNN_STATUS_EXECUTION_FAILED" : "CUDNN_STATUS_SUCCESS"; }

API int cudnnSetStream(void **handle, void *stream) {
    *handle = stream;
    standin_log("cudnnSetStream stream=%d", standin_stream(stream));
    return SUCCESS;
}

API int cudnnGetStream(void **handle, void **stream) {
    *stream = *handle;
    return SUCCESS;
}

/* The names of cudnnBackendDescriptorType_t's operations on convolutions. */
static const char *operation(int type) {
    switch (type) {
        case 10: return "cudnn_convolution_forward";
        case 11: return "cudnn_convolution_backward_filter";
        case 12: return "cudnn_convolution_backward_data";
        default: return NULL;
    }
}

API int cudnnBackendCreateDescriptor(int type, struct descriptor **descriptor) {
    *descriptor = calloc(1, sizeof **descriptor);
    (*descriptor)->operation = operation(type);
    return SUCCESS;
}

API int cudnnBackendDestroyDescriptor(struct descriptor *descriptor) {
    free(descriptor);
    return SUCCESS;
}

API int cudnnBackendSetAttribute(struct descriptor *descriptor, int name, int type, int64_t count, const void *values) {
    (void)name;
    for (int64_t i = 0; type == BACKEND_DESCRIPTOR && !descriptor->operation && i < count; i++) {
        const struct descriptor *given = ((struct descriptor *const *)values)[i];
        descriptor->operation = given ? given->operation : NULL;
    }
    return SUCCESS;
}

API int cudnnBackendFinalize(struct descriptor *descriptor) {
    (void)descriptor;
    return SUCCESS;
}

/* Descriptors that are asked for were made by the caller. Of notes, knobs and the like there are none. */
API int cudnnBackendGetAttribute(
        struct descriptor *descriptor, int name, int type, int64_t wanted, int64_t *count, void *values) {
    (void)type;
    int64_t found = 0;
    if (name == HEURISTIC_RESULTS || name == CONFIGURATION_ENGINE) {
        found = 1;
        if (values && wanted > 0) {
            (*(struct descriptor **)values)->operation = descriptor->operation;
        }
    } else if (name == PLAN_WORKSPACE || name == ENGINE_INDEX || name == GRAPH_ENGINES) {
        found = 1;
        if (values && wanted > 0) {
            *(int64_t *)values = name == GRAPH_ENGINES;
        }
    }
    if (count) {
        *count = found;
    }
    return SUCCESS;
}

static int work(const char *name, void *stream) { return standin_work(name, stream) ? EXECUTION_FAILED : SUCCESS; }

API int cudnnBackendExecute(void **handle, struct descriptor *plan, struct descriptor *pointers) {
    (void)pointers;
    return work(plan->operation ? plan->operation : "cudnn_other", *handle);
}

/* BatchNorm and its backward want to know how much they need: nothing. */
API int cudnnGetBatchNormalizationForwardTrainingExWorkspaceSize(void *handle, int mode, int operations, void *x, void *z,
        void *y, void *scale, void *activation, size_t *size) {
    (void)handle, (void)mode, (void)operations, (void)x, (void)z, (void)y, (void)scale, (void)activation;
    *size = 0;
    return SUCCESS;
}

API int cudnnGetBatchNormalizationBackwardExWorkspaceSize(void *handle, int mode, int operations, void *x, void *y,
        void *dy, void *dz, void *dx, void *scale, void *activation, size_t *size) {
    (void)handle, (void)mode, (void)operations, (void)x, (void)y, (void)dy, (void)dz, (void)dx, (void)scale;
    (void)activation;
    *size = 0;
    return SUCCESS;
}

API int cudnnGetBatchNormalizationTrainingExReserveSpaceSize(
        void *handle, int mode, int operations, void *activation, void *x, size_t *size) {
    (void)handle, (void)mode, (void)operations, (void)activation, (void)x;
    *size = 0;
    return SUCCESS;
}

/* Their other arguments do not matter to work that is only counted. */
API int cudnnBatchNormalizationForwardTrainingEx(void **handle) {
    return work("cudnn_batch_norm_forward", *handle);
}

API int cudnnBatchNormalizationBackwardEx(void **handle) { return work("cudnn_batch_norm_backward", *handle); }

API int cudnnBatchNormalizationForwardInference(void **handle) {
    return work("cudnn_batch_norm_inference", *handle);
}

API int cudnnPoolingForward(void **handle) { return work("cudnn_pooling_forward", *handle); }
