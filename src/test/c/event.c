/* Events: where in a stream they were recorded, and when. Each has a number in the log. */
#define _GNU_SOURCE
#include "stream.h"

#include <stdlib.h>
#include <time.h>

struct event {
    int number;
    struct stream *stream; /* it was recorded in; NULL: in none yet */
    struct capture *capture;
    long work;
    struct timespec at;
    struct event *next;
};

static struct event *events;
static int numbers;

/* Where in the list it is; the list's end where it was destroyed, or never was. */
static struct event **place(const struct event *event) {
    struct event **at = &events;
    while (*at && *at != event) {
        at = &(*at)->next;
    }
    return at;
}

static int refuse(const char *call) { return standin_answer(INVALID_HANDLE, "%s of no event", call); }

API int cudaEventCreateWithFlags(struct event **event, unsigned flags) {
    LOCKED;
    *event = calloc(1, sizeof **event);
    (*event)->number = ++numbers;
    (*event)->next = events;
    events = *event;
    return standin_answer(SUCCESS, "cudaEventCreate event=%d flags=%u", numbers, flags);
}

API int cudaEventCreate(struct event **event) { return cudaEventCreateWithFlags(event, 0); }

API int cudaEventDestroy(struct event *event) {
    LOCKED;
    struct event **at = place(event);
    if (!*at) {
        return refuse("cudaEventDestroy");
    }
    *at = event->next;
    int number = event->number;
    free(event);
    return standin_answer(SUCCESS, "cudaEventDestroy event=%d", number);
}

API int cudaEventRecordWithFlags(struct event *event, void *handle, unsigned flags) {
    LOCKED;
    (void)flags;
    if (!*place(event)) {
        return refuse("cudaEventRecord");
    }
    struct stream *stream = stream_of(handle);
    event->stream = stream;
    event->capture = stream->capture;
    event->work = stream->work;
    clock_gettime(CLOCK_MONOTONIC, &event->at);
    int result = stream->capture && stream->capture->broken ? CAPTURE_INVALIDATED : SUCCESS;
    return standin_answer(
            result, "cudaEventRecord event=%d stream=%d%s", event->number, stream->number,
            stream->capture ? " captured" : "");
}

API int cudaEventRecord(struct event *event, void *stream) { return cudaEventRecordWithFlags(event, stream, 0); }

/* A capture that ended has forgotten its events. */
static struct capture *alive(const struct event *event) {
    return capture_is_alive(event->capture) ? event->capture : NULL;
}

static int ask(const char *call, struct event *event) {
    if (!*place(event)) {
        return refuse(call);
    }
    struct capture *capture = alive(event);
    int result = capture ? CAPTURED_EVENT : standin_unsafe();
    if (capture) {
        capture_invalidate(capture);
    }
    return standin_answer(result, "%s event=%d", call, event->number);
}

API int cudaEventQuery(struct event *event) {
    LOCKED;
    return ask("cudaEventQuery", event);
}

static bool is_capturing(void) {
    LOCKED;
    return capture_is_any();
}

/* Told to be late it comes when a capture is under way, if one begins soon enough: the worst moment for another thread. */
static void be_late(void) {
    for (long long left = standin_setting("LATE", 0); left > 0 && !is_capturing(); left--) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
}

API int cudaEventSynchronize(struct event *event) {
    be_late();
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
    if (!*place(event)) {
        return refuse("cudaStreamWaitEvent");
    }
    struct stream *stream = stream_of(handle);
    struct capture *capture = alive(event);
    int result = SUCCESS;
    if (capture && stream == &legacy) {
        capture_invalidate(capture);
        result = CAPTURE_UNSUPPORTED;
    } else if (capture && stream->capture && stream->capture != capture) {
        capture_invalidate(capture);
        capture_invalidate(stream->capture);
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
    return standin_answer(result, "cudaStreamWaitEvent event=%d stream=%d%s", event->number, stream->number,
            capture ? " captured" : "");
}

