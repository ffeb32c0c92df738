/* The log, the settings, the lock, and the errors. */
#define _GNU_SOURCE
#include "standin.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int file = -2; /* -1: no log is asked for; -2: not known yet */
static bool faulty;
static __thread int last_error;

void standin_acquire(void) { pthread_mutex_lock(&lock); }

void standin_release(int *unused) {
    (void)unused;
    pthread_mutex_unlock(&lock);
}

static const char *setting(const char *name) {
    char whole[64];
    snprintf(whole, sizeof whole, "CUDA_STANDIN_%s", name);
    return getenv(whole);
}

API long long standin_setting(const char *name, long long otherwise) {
    const char *text = setting(name);
    return text && *text ? atoll(text) : otherwise;
}

/* The file that CUDA_STANDIN_LOG names, with the process's number for %p. */
static void open_log(void) {
    const char *name = setting("LOG");
    file = -1;
    if (!name || !*name) {
        return;
    }
    char path[4096];
    const char *process = strstr(name, "%p");
    if (process) {
        snprintf(path, sizeof path, "%.*s%d%s", (int)(process - name), name, getpid(), process + 2);
    } else {
        snprintf(path, sizeof path, "%s", name);
    }
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) {
        perror(path);
    }
}

/* Seconds first: of the clock that only runs forwards. */
static void write_line(const char *format, va_list values, int result) {
    LOCKED;
    if (file == -2) {
        open_log();
    }
    if (file < 0) {
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char line[8192];
    size_t most = sizeof line - 16; /* room for the result */
    size_t at = snprintf(line, most, "%ld.%06ld ", (long)now.tv_sec, now.tv_nsec / 1000);
    at += vsnprintf(line + at, most - at, format, values);
    at = at < most ? at : most - 1;
    at += result ? snprintf(line + at, 16, " = %d\n", result) : snprintf(line + at, 16, "\n");
    if (write(file, line, at) < 0) {
        file = -1;
    }
}

API void standin_log(const char *format, ...) {
    va_list values;
    va_start(values, format);
    write_line(format, values, SUCCESS);
    va_end(values);
}

API int standin_answer(int result, const char *format, ...) {
    if (faulty && result == SUCCESS) {
        result = ILLEGAL_ADDRESS;
    }
    if (result != SUCCESS) {
        last_error = result;
    }
    va_list values;
    va_start(values, format);
    write_line(format, values, result);
    va_end(values);
    return result;
}

void standin_fault(void) {
    standin_log("fault");
    faulty = true;
}

API int cudaPeekAtLastError(void) { return faulty ? ILLEGAL_ADDRESS : last_error; }

API int cudaGetLastError(void) {
    int error = cudaPeekAtLastError();
    last_error = SUCCESS;
    return error;
}

static const struct {
    int code;
    const char *name;
    const char *text;
} ERRORS[] = {
    {SUCCESS, "cudaSuccess", "no error"},
    {INVALID_VALUE, "cudaErrorInvalidValue", "invalid argument"},
    {OUT_OF_MEMORY, "cudaErrorMemoryAllocation", "out of memory"},
    {INSUFFICIENT_DRIVER, "cudaErrorInsufficientDriver", "CUDA driver version is insufficient for CUDA runtime version"},
    {NO_DEVICE, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {INVALID_HANDLE, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {ILLEGAL_ADDRESS, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {NOT_SUPPORTED, "cudaErrorNotSupported", "operation not supported"},
    {CAPTURE_UNSUPPORTED, "cudaErrorStreamCaptureUnsupported", "operation not permitted when stream is capturing"},
    {CAPTURE_INVALIDATED, "cudaErrorStreamCaptureInvalidated", "operation failed due to a previous error during capture"},
    {CAPTURE_UNMATCHED, "cudaErrorStreamCaptureUnmatched", "stream capture was not initiated in this stream"},
    {CAPTURE_UNJOINED, "cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work"},
    {CAPTURED_EVENT, "cudaErrorCapturedEvent", "operation not permitted on an event last recorded in a capturing stream"},
    {CAPTURE_WRONG_THREAD, "cudaErrorStreamCaptureWrongThread",
     "attempt to terminate a thread-local capture sequence from another thread"},
};

static int row(int code) {
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
        if (ERRORS[i].code == code) {
            return (int)i;
        }
    }
    return -1;
}

API const char *cudaGetErrorName(int code) { return row(code) < 0 ? "cudaErrorUnknown" : ERRORS[row(code)].name; }

API const char *cudaGetErrorString(int code) { return row(code) < 0 ? "unknown error" : ERRORS[row(code)].text; }
