/* A graph: what a capture recorded, in order. */
#ifndef GRAPH_H
#define GRAPH_H

#include "standin.h"

struct graph;

struct graph *graph_new(void);
void graph_add(struct graph *graph, struct node work);
void graph_free(struct graph *graph);
long graph_size(const struct graph *graph);
int graph_do(const struct graph *graph);

/* Launches it in a stream that is not captured. */
int stream_launch(void *stream, const struct graph *graph);

#endif
