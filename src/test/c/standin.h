/*
 * What the parts of the stand-in for CUDA's libraries share. They are part of libcudart.so.13, and the other libraries are
 * linked to it. README.md beside this file says what it is for and how it is told what to do.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The codes of cudaError_t that it answers with. */
enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    INSUFFICIENT_DRIVER = 35,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_HANDLE = 400,
    ILLEGAL_ADDRESS = 700,
    NOT_SUPPORTED = 801,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
    CAPTURE_UNMATCHED = 903,
    CAPTURE_UNJOINED = 904,
    CAPTURED_EVENT = 907,
    CAPTURE_WRONG_THREAD = 908,
};

/* Every call holds one lock from its first line to its last. */
void standin_acquire(void);
void standin_release(int *unused);
#define LOCKED __attribute__((cleanup(standin_release), unused)) int locked = (standin_acquire(), 0)

/* A setting from the environment, CUDA_STANDIN_ and this name; what else it is where it is not set. */
long long standin_setting(const char *name, long long otherwise);

/* Writes one line, where a log is asked for. */
void standin_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Logs a call and gives its result, which becomes the thread's last error where it is one. After an illegal access
 * every call fails with that.
 */
int standin_answer(int result, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The device goes wrong, for good. */
void standin_fault(void);

/* Whether nothing forbids a call that may wait for the device, or allocate on it, while some thread captures. */
int standin_unsafe(void);

/* What may be put into a stream: a kernel, a copy or a filling. */
enum kind { KERNEL, COPY, FILL };

struct node {
    enum kind kind;
    const char *name; /* of a kernel */
    void *to;
    const void *from;
    int value;
    size_t size;
    struct node *next;
};

/*
 * Puts work into a stream: done at once, or recorded where the stream is captured.
 * captured: set to whether it was recorded.
 */
int standin_enqueue(void *stream, struct node work, bool *captured);

/* Does what a node says. */
int standin_do(const struct node *node);

/* Work of a library, which counts as one kernel of its name. */
int standin_work(const char *name, void *stream);

/* A number for a stream in the log: 0 is the default one. */
int standin_stream(void *stream);

/* Whether all of this lies in memory that was allocated and not freed; of a device, or of the host where pinned. */
bool standin_is_device(const void *address, size_t size);
bool standin_is_pinned(const void *address, size_t size);

/* The name a kernel was registered by. */
const char *standin_kernel(const void *function);

#define API __attribute__((visibility("default")))

#endif
