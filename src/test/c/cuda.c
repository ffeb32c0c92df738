/* libcuda.so.1: the few entries of the driver that libtorch asks for itself. */
#include "standin.h"

API int cuInit(unsigned flags) {
    (void)flags;
    return SUCCESS;
}

/* Whether the device is in use by this process: libtorch asks before it would make it so. */
API int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) {
    (void)device;
    *flags = 0;
    *active = 1;
    return SUCCESS;
}

/* libtorch sees that a thread has a context before it makes a handle for cuBLAS. */
API int cuCtxGetCurrent(void **context) {
    static int only;
    *context = &only;
    return SUCCESS;
}

API int cuCtxSetCurrent(void *context) {
    (void)context;
    return SUCCESS;
}

API int cuGetErrorString(int error, const char **text) {
    (void)error;
    *text = "an error of the driver";
    return SUCCESS;
}
