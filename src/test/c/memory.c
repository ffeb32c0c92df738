/*
 * Memory of the device, which is the host's, zeroed; pinned memory; copies and fillings. Tells what was allocated and not
 * freed, and fails from an allocation on where it is told to.
 */
#define _GNU_SOURCE
#include "standin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct block {
    char *from;
    size_t size;
    bool pinned; /* true: of the host; false: of the device */
    struct block *next;
};

static struct block *blocks;
static size_t held; /* bytes of the device */
static long long allocations;

static size_t memory(void) { return (size_t)standin_setting("MEMORY", 8LL << 30); }

static bool lies_in(const void *address, size_t size, bool pinned) {
    LOCKED;
    for (struct block *block = blocks; block; block = block->next) {
        const char *from = address;
        if (block->pinned == pinned && from >= block->from && from + size <= block->from + block->size) {
            return true;
        }
    }
    return false;
}

bool standin_is_device(const void *address, size_t size) { return lies_in(address, size, false); }

bool standin_is_pinned(const void *address, size_t size) { return lies_in(address, size, true); }

/* Counts the allocations since it was told how many succeed, which a process may be told anew. */
static bool are_used_up(void) {
    static long long told = -1;
    long long most = standin_setting("ALLOCATIONS", -1);
    allocations = most == told ? allocations + 1 : 1;
    told = most;
    return most >= 0 && allocations > most;
}

/* NULL where there is none left. */
static void *take(size_t size, bool pinned) {
    if (!pinned) {
        if (are_used_up() || held + size > memory()) {
            return NULL;
        }
    }
    void *from = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (from == MAP_FAILED) {
        return NULL;
    }
    struct block *block = malloc(sizeof *block);
    *block = (struct block){from, size, pinned, blocks};
    blocks = block;
    held += pinned ? 0 : size;
    return from;
}

/* The size of what was freed; 0 where there was nothing of the kind. */
static size_t give_back(void *from, bool pinned) {
    for (struct block **at = &blocks; *at; at = &(*at)->next) {
        struct block *block = *at;
        if (block->from == from && block->pinned == pinned) {
            size_t size = block->size;
            *at = block->next;
            munmap(from, size);
            free(block);
            held -= pinned ? 0 : size;
            return size;
        }
    }
    return 0;
}

static int allocate(const char *call, void **to, size_t size, bool pinned) {
    int result = standin_unsafe();
    if (result == SUCCESS) {
        *to = size ? take(size, pinned) : NULL;
        result = size && !*to ? OUT_OF_MEMORY : SUCCESS;
    }
    return standin_answer(result, "%s size=%zu", call, size);
}

static int release(const char *call, void *from, bool pinned) {
    int result = standin_unsafe();
    size_t size = result == SUCCESS && from ? give_back(from, pinned) : 0;
    if (result == SUCCESS && from && !size) {
        result = INVALID_VALUE;
    }
    return standin_answer(result, "%s size=%zu", call, size);
}

API int cudaMalloc(void **to, size_t size) {
    LOCKED;
    return allocate("cudaMalloc", to, size, false);
}

API int cudaFree(void *from) {
    LOCKED;
    return release("cudaFree", from, false);
}

API int cudaHostAlloc(void **to, size_t size, unsigned flags) {
    LOCKED;
    (void)flags;
    return allocate("cudaHostAlloc", to, size, true);
}

API int cudaFreeHost(void *from) {
    LOCKED;
    return release("cudaFreeHost", from, true);
}

API int cudaMemGetInfo(size_t *left, size_t *total) {
    LOCKED;
    *total = memory();
    *left = *total - held;
    return standin_answer(SUCCESS, "cudaMemGetInfo");
}

/* The first fields of cudaPointerAttributes; the kind is 0 for memory that CUDA does not know, 1 pinned, 2 of the device. */
struct pointer {
    int kind;
    int device;
    const void *on_device;
    const void *on_host;
};

API int cudaPointerGetAttributes(struct pointer *answer, const void *address) {
    bool device = standin_is_device(address, 1);
    bool pinned = standin_is_pinned(address, 1);
    answer->kind = device ? 2 : pinned ? 1 : 0;
    answer->device = 0;
    answer->on_device = device || pinned ? address : NULL;
    answer->on_host = device ? NULL : address;
    return SUCCESS;
}

/*
 * Since no kernel writes what it computes, the host would read whatever lay there: a single number that it reads from the
 * device is 0, for it may be the size of something.
 */
static bool reads_number(const struct node *node) {
    return node->size <= sizeof(int64_t) && standin_is_device(node->from, 1) && !standin_is_device(node->to, 1);
}

int standin_do(const struct node *node) {
    if (node->kind == COPY && reads_number(node)) {
        memset(node->to, 0, node->size);
    } else if (node->kind == COPY) {
        memmove(node->to, node->from, node->size);
    } else if (node->kind == FILL) {
        memset(node->to, node->value, node->size);
    }
    return SUCCESS;
}

static const char *side(const void *address, size_t size) {
    return standin_is_device(address, size) ? "device" : standin_is_pinned(address, size) ? "pinned" : "pageable";
}

/* The directions of cudaMemcpyKind. */
enum { TO_DEVICE = 1, FROM_DEVICE = 2, ON_DEVICE = 3 };

/* Whether all of it is memory of the device where the direction says so; after cudaFree, or beyond an allocation, it is not. */
static bool is_in_place(void *to, const void *from, size_t size, int direction) {
    bool reads = direction == FROM_DEVICE || direction == ON_DEVICE;
    bool writes = direction == TO_DEVICE || direction == ON_DEVICE;
    return !size || ((!reads || standin_is_device(from, size)) && (!writes || standin_is_device(to, size)));
}

/* Copies are asked for with both sides named in the log: device, pinned, pageable, and where. */
static int copy(const char *call, void *to, const void *from, size_t size, int direction, void *stream) {
    bool captured = false;
    const char *source = side(from, size), *target = side(to, size);
    struct node node = {.kind = COPY, .to = to, .from = from, .size = size};
    int result = is_in_place(to, from, size, direction) ? standin_enqueue(stream, node, &captured) : INVALID_VALUE;
    return standin_answer(result, "%s size=%zu from=%s@%p to=%s@%p stream=%d%s", call, size, source, from, target, to,
            standin_stream(stream), captured ? " captured" : "");
}

static int fill(const char *call, void *to, int value, size_t size, void *stream) {
    bool captured = false;
    struct node node = {.kind = FILL, .to = to, .value = value, .size = size};
    int result = is_in_place(to, NULL, size, TO_DEVICE) ? standin_enqueue(stream, node, &captured) : INVALID_VALUE;
    return standin_answer(
            result, "%s size=%zu stream=%d%s", call, size, standin_stream(stream), captured ? " captured" : "");
}

API int cudaMemcpyAsync(void *to, const void *from, size_t size, int direction, void *stream) {
    LOCKED;
    return copy("cudaMemcpyAsync", to, from, size, direction, stream);
}

API int cudaMemcpy(void *to, const void *from, size_t size, int direction) {
    LOCKED;
    int forbidden = standin_unsafe();
    return forbidden ? standin_answer(forbidden, "cudaMemcpy size=%zu", size)
                     : copy("cudaMemcpy", to, from, size, direction, NULL);
}

API int cudaMemsetAsync(void *to, int value, size_t size, void *stream) {
    LOCKED;
    return fill("cudaMemsetAsync", to, value, size, stream);
}

API int cudaMemset(void *to, int value, size_t size) {
    LOCKED;
    int forbidden = standin_unsafe();
    return forbidden ? standin_answer(forbidden, "cudaMemset size=%zu", size)
                     : fill("cudaMemset", to, value, size, NULL);
}
