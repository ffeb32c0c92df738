/*
 * Streams. Work is done where it is put into one, so nothing is ever waited for; but a call that would wait is logged, and
 * refused where a capture forbids it.
 */
#define _GNU_SOURCE
#include "stream.h"

#include <stdlib.h>

struct stream legacy;

static struct stream *streams;
static int numbers;
static long long launches;
static long long recorded; /* operations of the capture that began last */

struct stream *stream_of(void *handle) { return (uintptr_t)handle <= 2 ? &legacy : handle; }

API int standin_stream(void *stream) { return stream_of(stream)->number; }

void stream_count_anew(void) { recorded = 0; }

/* Waiting for a stream, or asking for it, is forbidden where it is captured, whatever the mode. */
static int waits(struct stream *stream) {
    if (stream->capture) {
        capture_invalidate(stream->capture);
        return CAPTURE_UNSUPPORTED;
    }
    return standin_unsafe();
}

static void count_launch(void) {
    if (++launches == standin_setting("FAULT", -1)) {
        standin_fault();
    }
}

API int standin_enqueue(void *handle, struct node work, bool *captured) {
    struct stream *stream = stream_of(handle);
    struct capture *capture = stream->capture;
    if (!capture) {
        int result = standin_do(&work);
        if (work.kind == KERNEL) {
            count_launch();
        }
        return result;
    }
    *captured = true;
    if (++recorded == standin_setting("REFUSE_CAPTURE", -1)) {
        capture_invalidate(capture);
        return CAPTURE_UNSUPPORTED;
    }
    if (capture->broken) {
        return CAPTURE_INVALIDATED;
    }
    stream->work++;
    graph_add(capture->graph, work);
    return SUCCESS;
}

static int create(struct stream **stream, unsigned flags, int priority) {
    *stream = calloc(1, sizeof **stream);
    **stream = (struct stream){.number = ++numbers, .flags = flags, .priority = priority, .next = streams};
    streams = *stream;
    return standin_answer(SUCCESS, "cudaStreamCreate stream=%d flags=%u priority=%d", numbers, flags, priority);
}

API int cudaStreamCreateWithPriority(struct stream **stream, unsigned flags, int priority) {
    LOCKED;
    return create(stream, flags, priority);
}

API int cudaStreamCreateWithFlags(struct stream **stream, unsigned flags) {
    LOCKED;
    return create(stream, flags, 0);
}

API int cudaStreamDestroy(struct stream *stream) {
    LOCKED;
    for (struct stream **at = &streams; *at; at = &(*at)->next) {
        if (*at == stream) {
            *at = stream->next;
            int number = stream->number;
            free(stream);
            return standin_answer(SUCCESS, "cudaStreamDestroy stream=%d", number);
        }
    }
    return standin_answer(INVALID_HANDLE, "cudaStreamDestroy");
}

API int cudaDeviceGetStreamPriorityRange(int *least, int *greatest) {
    *least = 0;
    *greatest = -5;
    return SUCCESS;
}

API int cudaStreamGetPriority(void *stream, int *priority) {
    *priority = stream_of(stream)->priority;
    return SUCCESS;
}

API int cudaStreamQuery(void *stream) {
    LOCKED;
    return standin_answer(waits(stream_of(stream)), "cudaStreamQuery stream=%d", standin_stream(stream));
}

API int cudaStreamSynchronize(void *stream) {
    LOCKED;
    return standin_answer(waits(stream_of(stream)), "cudaStreamSynchronize stream=%d", standin_stream(stream));
}

API int cudaDeviceSynchronize(void) {
    LOCKED;
    return standin_answer(capture_invalidate_all(), "cudaDeviceSynchronize");
}

bool streams_unjoined(const struct capture *capture) {
    for (struct stream *stream = streams; stream; stream = stream->next) {
        if (stream->capture == capture && stream != capture->origin && stream->work > stream->joined) {
            return true;
        }
    }
    return false;
}

void streams_leave(const struct capture *capture) {
    for (struct stream *stream = streams; stream; stream = stream->next) {
        if (stream->capture == capture) {
            stream->capture = NULL;
        }
    }
}

/* A whole graph counts as one launch. */
int stream_launch(void *handle, const struct graph *graph) {
    struct stream *stream = stream_of(handle);
    if (stream->capture) {
        capture_invalidate(stream->capture);
        return NOT_SUPPORTED; /* graphs inside of graphs, which libtorch does not make */
    }
    count_launch();
    return graph_do(graph);
}
