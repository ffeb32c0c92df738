/*
 * Streams, events and captures. Work is done where it is put into a stream, so nothing is ever waited for; but a call that
 * would wait is logged, and refused where a capture forbids it, by the rules of cudaThreadExchangeStreamCaptureMode.
 */
#define _GNU_SOURCE
#include "standin.h"

#include "graph.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { GLOBAL, THREAD_LOCAL, RELAXED };   /* cudaStreamCaptureMode */
enum { NONE, ACTIVE, INVALIDATED };       /* cudaStreamCaptureStatus */
enum { NON_BLOCKING = 1 };

struct capture {
    unsigned long long id;
    int mode;
    pthread_t thread;
    struct stream *origin;
    struct graph *graph;
    bool broken;
    struct capture *next;
};

struct stream {
    int number;
    unsigned flags;
    int priority;
    struct capture *capture; /* NULL: none */
    long work;               /* put into it so far */
    long joined;             /* how much of it some other stream of the capture waits for */
    struct stream *next;
};

struct event {
    struct stream *stream; /* it was recorded in; NULL: in none yet */
    struct capture *capture;
    long work;
    struct timespec at;
};

static struct stream legacy; /* the default one, which no list holds */
static struct stream *streams;
static struct capture *captures;
static int numbers;
static unsigned long long ids;
static long long launches;
static long long recorded; /* nodes of captures */
static __thread int thread_mode = GLOBAL;

/* 0 and 1 stand for the default stream, 2 for that of the thread. */
static struct stream *of(void *stream) { return (uintptr_t)stream <= 2 ? &legacy : stream; }

API int standin_stream(void *stream) { return of(stream)->number; }

static void invalidate(struct capture *capture) {
    if (!capture->broken) {
        capture->broken = true;
        standin_log("capture %llu is invalid", capture->id);
    }
}

int standin_unsafe(void) {
    int result = SUCCESS;
    for (struct capture *capture = captures; capture; capture = capture->next) {
        bool own = pthread_equal(capture->thread, pthread_self());
        bool forbids = thread_mode != RELAXED
                && ((own && capture->mode != RELAXED) || (thread_mode == GLOBAL && capture->mode == GLOBAL));
        if (forbids) {
            invalidate(capture);
            result = CAPTURE_UNSUPPORTED;
        }
    }
    return result;
}

/* Waiting for a stream, or asking for it, is forbidden where it is captured, whatever the mode. */
static int waits(struct stream *stream) {
    if (stream->capture) {
        invalidate(stream->capture);
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
    struct stream *stream = of(handle);
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
        invalidate(capture);
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
    *priority = of(stream)->priority;
    return SUCCESS;
}

API int cudaStreamQuery(void *stream) {
    LOCKED;
    return standin_answer(waits(of(stream)), "cudaStreamQuery stream=%d", standin_stream(stream));
}

API int cudaStreamSynchronize(void *stream) {
    LOCKED;
    return standin_answer(waits(of(stream)), "cudaStreamSynchronize stream=%d", standin_stream(stream));
}

API int cudaDeviceSynchronize(void) {
    LOCKED;
    int result = SUCCESS;
    for (struct capture *capture = captures; capture; capture = capture->next) {
        invalidate(capture);
        result = CAPTURE_UNSUPPORTED;
    }
    return standin_answer(result, "cudaDeviceSynchronize");
}

API int cudaEventCreateWithFlags(struct event **event, unsigned flags) {
    LOCKED;
    *event = calloc(1, sizeof **event);
    return standin_answer(SUCCESS, "cudaEventCreate flags=%u", flags);
}

API int cudaEventCreate(struct event **event) { return cudaEventCreateWithFlags(event, 0); }

API int cudaEventDestroy(struct event *event) {
    LOCKED;
    free(event);
    return standin_answer(SUCCESS, "cudaEventDestroy");
}

API int cudaEventRecordWithFlags(struct event *event, void *handle, unsigned flags) {
    LOCKED;
    (void)flags;
    struct stream *stream = of(handle);
    event->stream = stream;
    event->capture = stream->capture;
    event->work = stream->work;
    clock_gettime(CLOCK_MONOTONIC, &event->at);
    int result = stream->capture && stream->capture->broken ? CAPTURE_INVALIDATED : SUCCESS;
    return standin_answer(
            result, "cudaEventRecord stream=%d%s", stream->number, stream->capture ? " captured" : "");
}

API int cudaEventRecord(struct event *event, void *stream) { return cudaEventRecordWithFlags(event, stream, 0); }

/* A capture that ended has forgotten its events. */
static struct capture *alive(const struct event *event) {
    for (struct capture *capture = captures; capture; capture = capture->next) {
        if (capture == event->capture) {
            return capture;
        }
    }
    return NULL;
}

static int ask(const char *call, struct event *event) {
    struct capture *capture = alive(event);
    int result = capture ? CAPTURED_EVENT : standin_unsafe();
    if (capture) {
        invalidate(capture);
    }
    return standin_answer(result, "%s", call);
}

API int cudaEventQuery(struct event *event) {
    LOCKED;
    return ask("cudaEventQuery", event);
}

API int cudaEventSynchronize(struct event *event) {
    LOCKED;
    return ask("cudaEventSynchronize", event);
}

/* Never nothing: what divides by it would be infinitely fast. */
API int cudaEventElapsedTime(float *milliseconds, struct event *start, struct event *end) {
    LOCKED;
    double seconds = (double)(end->at.tv_sec - start->at.tv_sec) + 1e-9 * (double)(end->at.tv_nsec - start->at.tv_nsec);
    *milliseconds = seconds > 1e-6 ? (float)(1e3 * seconds) : 1e-3f;
    return standin_answer(SUCCESS, "cudaEventElapsedTime");
}

/* A stream that waits for an event of a capture becomes part of it. */
API int cudaStreamWaitEvent(void *handle, struct event *event, unsigned flags) {
    LOCKED;
    (void)flags;
    struct stream *stream = of(handle);
    struct capture *capture = alive(event);
    int result = SUCCESS;
    if (capture && stream == &legacy) {
        invalidate(capture);
        result = CAPTURE_UNSUPPORTED;
    } else if (capture && stream->capture && stream->capture != capture) {
        invalidate(capture);
        invalidate(stream->capture);
        result = CAPTURE_UNSUPPORTED;
    } else if (capture) {
        if (!stream->capture) {
            stream->capture = capture;
            stream->work = stream->joined = 0;
            stream->work++; /* it has to be joined, even where nothing follows */
        }
        if (event->work > event->stream->joined) {
            event->stream->joined = event->work;
        }
    }
    return standin_answer(result, "cudaStreamWaitEvent stream=%d%s", stream->number, capture ? " captured" : "");
}

API int cudaThreadExchangeStreamCaptureMode(int *mode) {
    int before = thread_mode;
    thread_mode = *mode;
    *mode = before;
    return standin_answer(SUCCESS, "cudaThreadExchangeStreamCaptureMode mode=%d", thread_mode);
}

API int cudaStreamBeginCapture(void *handle, int mode) {
    LOCKED;
    struct stream *stream = of(handle);
    int result = stream == &legacy || stream->capture || standin_setting("REFUSE_CAPTURE", -1) == 0
            ? CAPTURE_UNSUPPORTED
            : SUCCESS;
    if (result == SUCCESS) {
        struct capture *capture = calloc(1, sizeof *capture);
        *capture = (struct capture){++ids, mode, pthread_self(), stream, graph_new(), false, captures};
        captures = capture;
        stream->capture = capture;
        stream->work = stream->joined = 0;
    }
    return standin_answer(result, "cudaStreamBeginCapture stream=%d mode=%d", stream->number, mode);
}

static int verdict(const struct capture *capture) {
    if (capture->mode != RELAXED && !pthread_equal(capture->thread, pthread_self())) {
        return CAPTURE_WRONG_THREAD;
    }
    if (capture->broken) {
        return CAPTURE_INVALIDATED;
    }
    for (struct stream *stream = streams; stream; stream = stream->next) {
        if (stream->capture == capture && stream != capture->origin && stream->work > stream->joined) {
            return CAPTURE_UNJOINED;
        }
    }
    return SUCCESS;
}

API int cudaStreamEndCapture(void *handle, struct graph **graph) {
    LOCKED;
    struct stream *stream = of(handle);
    struct capture *capture = stream->capture;
    *graph = NULL;
    if (!capture || capture->origin != stream) {
        return standin_answer(CAPTURE_UNMATCHED, "cudaStreamEndCapture stream=%d", stream->number);
    }
    int result = verdict(capture);
    if (result == CAPTURE_WRONG_THREAD) {
        return standin_answer(result, "cudaStreamEndCapture stream=%d", stream->number);
    }
    for (struct stream *other = streams; other; other = other->next) {
        if (other->capture == capture) {
            other->capture = NULL;
        }
    }
    for (struct capture **at = &captures; *at; at = &(*at)->next) {
        if (*at == capture) {
            *at = capture->next;
            break;
        }
    }
    if (result == SUCCESS) {
        *graph = capture->graph;
    } else {
        graph_free(capture->graph);
    }
    free(capture);
    return standin_answer(result, "cudaStreamEndCapture stream=%d nodes=%ld", stream->number,
            *graph ? graph_size(*graph) : 0);
}

static int status(const struct stream *stream) {
    return !stream->capture ? NONE : stream->capture->broken ? INVALIDATED : ACTIVE;
}

API int cudaStreamIsCapturing(void *stream, int *answer) {
    LOCKED;
    *answer = status(of(stream));
    return SUCCESS;
}

API int cudaStreamGetCaptureInfo(void *handle, int *answer, unsigned long long *id, struct graph **graph,
        void *dependencies, void *edges, size_t *count) {
    LOCKED;
    (void)dependencies;
    (void)edges;
    struct stream *stream = of(handle);
    *answer = status(stream);
    if (id) {
        *id = stream->capture ? stream->capture->id : 0;
    }
    if (graph) {
        *graph = stream->capture ? stream->capture->graph : NULL;
    }
    if (count) {
        *count = 0;
    }
    return SUCCESS;
}

/* A whole graph counts as one launch. */
int stream_launch(void *handle, const struct graph *graph) {
    struct stream *stream = of(handle);
    if (stream->capture) {
        invalidate(stream->capture);
        return NOT_SUPPORTED; /* graphs inside of graphs, which libtorch does not make */
    }
    count_launch();
    return graph_do(graph);
}
