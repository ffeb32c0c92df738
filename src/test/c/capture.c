/* Captures, and what they forbid: the rules of cudaThreadExchangeStreamCaptureMode. */
#define _GNU_SOURCE
#include "stream.h"

#include <stdlib.h>

enum { GLOBAL, THREAD_LOCAL, RELAXED }; /* cudaStreamCaptureMode */
enum { NONE, ACTIVE, INVALIDATED };     /* cudaStreamCaptureStatus */

static struct capture *captures;
static unsigned long long ids;
static __thread int thread_mode = GLOBAL;

void capture_invalidate(struct capture *capture) {
    if (!capture->broken) {
        capture->broken = true;
        standin_log("capture %llu is invalid", capture->id);
    }
}

bool capture_is_alive(const struct capture *capture) {
    for (const struct capture *other = captures; other; other = other->next) {
        if (other == capture) {
            return true;
        }
    }
    return false;
}

bool capture_is_any(void) { return captures != NULL; }

int capture_invalidate_all(void) {
    for (struct capture *capture = captures; capture; capture = capture->next) {
        capture_invalidate(capture);
    }
    return captures ? CAPTURE_UNSUPPORTED : SUCCESS;
}

int standin_unsafe(void) {
    int result = SUCCESS;
    for (struct capture *capture = captures; capture; capture = capture->next) {
        bool own = pthread_equal(capture->thread, pthread_self());
        bool forbids = thread_mode != RELAXED
                && ((own && capture->mode != RELAXED) || (thread_mode == GLOBAL && capture->mode == GLOBAL));
        if (forbids) {
            capture_invalidate(capture);
            result = CAPTURE_UNSUPPORTED;
        }
    }
    return result;
}

API int cudaThreadExchangeStreamCaptureMode(int *mode) {
    int before = thread_mode;
    thread_mode = *mode;
    *mode = before;
    return standin_answer(SUCCESS, "cudaThreadExchangeStreamCaptureMode mode=%d", thread_mode);
}

API int cudaStreamBeginCapture(void *handle, int mode) {
    LOCKED;
    struct stream *stream = stream_of(handle);
    int result = stream == &legacy || stream->capture || standin_setting("REFUSE_CAPTURE", -1) == 0
            ? CAPTURE_UNSUPPORTED
            : SUCCESS;
    if (result == SUCCESS) {
        struct capture *capture = calloc(1, sizeof *capture);
        *capture = (struct capture){++ids, mode, pthread_self(), stream, graph_new(), false, captures};
        captures = capture;
        stream->capture = capture;
        stream->work = stream->joined = 0;
        stream_count_anew();
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
    if (streams_unjoined(capture)) {
        return CAPTURE_UNJOINED;
    }
    return SUCCESS;
}

API int cudaStreamEndCapture(void *handle, struct graph **graph) {
    LOCKED;
    struct stream *stream = stream_of(handle);
    struct capture *capture = stream->capture;
    *graph = NULL;
    if (!capture || capture->origin != stream) {
        return standin_answer(CAPTURE_UNMATCHED, "cudaStreamEndCapture stream=%d", stream->number);
    }
    int result = verdict(capture);
    if (result == CAPTURE_WRONG_THREAD) {
        return standin_answer(result, "cudaStreamEndCapture stream=%d", stream->number);
    }
    streams_leave(capture);
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
    *answer = status(stream_of(stream));
    return SUCCESS;
}

API int cudaStreamGetCaptureInfo(void *handle, int *answer, unsigned long long *id, struct graph **graph,
        void *dependencies, void *edges, size_t *count) {
    LOCKED;
    (void)dependencies;
    (void)edges;
    struct stream *stream = stream_of(handle);
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
