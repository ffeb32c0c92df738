/* Streams, and the captures that they are part of. */
#ifndef STREAM_H
#define STREAM_H

#include "graph.h"

#include <pthread.h>

struct capture {
    unsigned long long id;
    int mode;
    pthread_t thread; /* that began it */
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
    long work;               /* put into it so far, by the capture */
    long joined;             /* how much of it some other stream of the capture waits for */
    struct stream *next;
};

/* The operations of a capture are counted from here on. */
void stream_count_anew(void);

/* The default one, which no list holds and which cannot be captured. */
extern struct stream legacy;

/* The stream behind a handle: 0 and 1 stand for the default one, 2 for that of the thread. */
struct stream *stream_of(void *handle);

/* Whether a stream of the capture, but its first, has work that none waits for. */
bool streams_unjoined(const struct capture *capture);

/* The capture's streams are no part of it any more. */
void streams_leave(const struct capture *capture);

/* It will not become a graph. */
void capture_invalidate(struct capture *capture);

/* Whether it is still under way; some event may remember one that is not. */
bool capture_is_alive(const struct capture *capture);

/* Whether any is under way. */
bool capture_is_any(void);

/* All are forbidden by a call that waits for everything; gives what the call answers. */
int capture_invalidate_all(void);

#endif
