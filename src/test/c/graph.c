/* Graphs and their launches. A launch does the recorded copies and fillings; memory that was freed since is found. */
#include "graph.h"

#include <stdlib.h>

struct graph {
    int owners; /* the graph itself, and each executable made of it */
    long size;
    long kernels;
    struct node *first;
    struct node **end;
};

struct graph *graph_new(void) {
    struct graph *graph = calloc(1, sizeof *graph);
    graph->owners = 1;
    graph->end = &graph->first;
    return graph;
}

void graph_add(struct graph *graph, struct node work) {
    struct node *node = malloc(sizeof *node);
    *node = work;
    node->next = NULL;
    *graph->end = node;
    graph->end = &node->next;
    graph->size++;
    graph->kernels += work.kind == KERNEL;
}

void graph_free(struct graph *graph) {
    if (--graph->owners > 0) {
        return;
    }
    while (graph->first) {
        struct node *next = graph->first->next;
        free(graph->first);
        graph->first = next;
    }
    free(graph);
}

long graph_size(const struct graph *graph) { return graph->size; }

static bool is_alive(const void *address, size_t size) {
    return standin_is_device(address, size) || standin_is_pinned(address, size);
}

int graph_do(const struct graph *graph) {
    for (const struct node *node = graph->first; node; node = node->next) {
        bool writes = node->kind != KERNEL;
        if ((writes && !is_alive(node->to, node->size)) || (node->kind == COPY && !is_alive(node->from, node->size))) {
            standin_fault();
            return ILLEGAL_ADDRESS;
        }
        standin_do(node);
    }
    return SUCCESS;
}

API int cudaGraphInstantiate(struct graph **executable, struct graph *graph, unsigned long long flags) {
    LOCKED;
    graph->owners++;
    *executable = graph;
    return standin_answer(
            SUCCESS, "cudaGraphInstantiate nodes=%ld kernels=%ld flags=%llu", graph->size, graph->kernels, flags);
}

API int cudaGraphInstantiateWithFlags(struct graph **executable, struct graph *graph, unsigned long long flags) {
    return cudaGraphInstantiate(executable, graph, flags);
}

API int cudaGraphLaunch(struct graph *executable, void *stream) {
    LOCKED;
    int result = stream_launch(stream, executable);
    return standin_answer(result, "cudaGraphLaunch stream=%d nodes=%ld kernels=%ld", standin_stream(stream),
            executable->size, executable->kernels);
}

API int cudaGraphGetNodes(struct graph *graph, void **nodes, size_t *count) {
    LOCKED;
    size_t at = 0;
    for (struct node *node = graph->first; nodes && node && at < *count; node = node->next) {
        nodes[at++] = node;
    }
    *count = (size_t)graph->size;
    return SUCCESS;
}

static int destroy(const char *call, struct graph *graph) {
    if (!graph) {
        return standin_answer(INVALID_VALUE, "%s", call);
    }
    graph_free(graph);
    return standin_answer(SUCCESS, "%s", call);
}

API int cudaGraphDestroy(struct graph *graph) {
    LOCKED;
    return destroy("cudaGraphDestroy", graph);
}

API int cudaGraphExecDestroy(struct graph *executable) {
    LOCKED;
    return destroy("cudaGraphExecDestroy", executable);
}
