/* The calls of libcublas.so.13 whose answers matter. A handle begins with its stream, as generate.awk expects. */
#include "standin.h"

API int cublasSetStream_v2(void **handle, void *stream) {
    *handle = stream;
    standin_log("cublasSetStream stream=%d", standin_stream(stream));
    return SUCCESS;
}

API int cublasGetMathMode(void *handle, int *mode) {
    (void)handle;
    *mode = 0;
    return SUCCESS;
}

API int cublasGetPointerMode_v2(void *handle, int *mode) {
    (void)handle;
    *mode = 0;
    return SUCCESS;
}
