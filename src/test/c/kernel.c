/* Kernels: the names they are registered by, and their launches, of which none computes anything. */
#include "standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dim3 {
    unsigned x, y, z;
};

/* A table from the host's function, which stands for a kernel, to its name; open addressing, half full at most. */
static struct entry {
    const void *function;
    const char *name;
} *table;
static size_t room, filled;

static struct entry *slot(const void *function) {
    size_t at = ((uintptr_t)function >> 4) * 0x9E3779B97F4A7C15ULL % room;
    while (table[at].function && table[at].function != function) {
        at = (at + 1) % room;
    }
    return &table[at];
}

static void grow(void) {
    struct entry *old = table;
    size_t before = room;
    room = room ? 2 * room : 1 << 14;
    table = calloc(room, sizeof *table);
    for (size_t i = 0; i < before; i++) {
        if (old[i].function) {
            *slot(old[i].function) = old[i];
        }
    }
    free(old);
}

API void **__cudaRegisterFatBinary(void *code) {
    (void)code;
    static void *handle;
    return &handle;
}

API void __cudaRegisterFatBinaryEnd(void **handle) { (void)handle; }

API void __cudaUnregisterFatBinary(void **handle) { (void)handle; }

API void __cudaRegisterFunction(void **handle, const char *function, char *kernel, const char *name, int threads,
        void *thread, void *block, void *block_size, void *grid_size, int *warp_size) {
    LOCKED;
    (void)handle, (void)kernel, (void)threads, (void)thread, (void)block;
    (void)block_size, (void)grid_size, (void)warp_size;
    if (2 * filled >= room) {
        grow();
    }
    struct entry *entry = slot(function);
    filled += !entry->function;
    *entry = (struct entry){function, name};
}

/* A variable of the device has its place in the host's own. */
API void __cudaRegisterVar(void **handle, char *variable, char *address, const char *name, int external, size_t size,
        int constant, int global) {
    (void)handle, (void)variable, (void)address, (void)name, (void)external, (void)size, (void)constant, (void)global;
}

API int cudaGetSymbolAddress(void **address, const void *symbol) {
    *address = (void *)symbol;
    return SUCCESS;
}

API int cudaMemcpyToSymbol(const void *symbol, const void *from, size_t size, size_t offset, int direction) {
    (void)symbol, (void)from, (void)offset, (void)direction;
    return standin_answer(standin_unsafe(), "cudaMemcpyToSymbol size=%zu", size);
}

const char *standin_kernel(const void *function) {
    LOCKED;
    const char *name = room ? slot(function)->name : NULL;
    return name ? name : "unregistered";
}

static int launch(const void *function, struct dim3 grid, struct dim3 block, size_t shared, void *stream) {
    LOCKED;
    const char *name = standin_kernel(function);
    bool captured = false;
    int result = standin_enqueue(stream, (struct node){.kind = KERNEL, .name = name}, &captured);
    return standin_answer(result, "kernel %s stream=%d grid=%u,%u,%u block=%u,%u,%u shared=%zu%s", name,
            standin_stream(stream), grid.x, grid.y, grid.z, block.x, block.y, block.z, shared,
            captured ? " captured" : "");
}

API int standin_work(const char *name, void *stream) {
    LOCKED;
    bool captured = false;
    int result = standin_enqueue(stream, (struct node){.kind = KERNEL, .name = name}, &captured);
    return standin_answer(result, "kernel %s stream=%d%s", name, standin_stream(stream), captured ? " captured" : "");
}

API int __cudaGetKernel(const void **kernel, const void *function) {
    *kernel = function;
    return SUCCESS;
}

API int cudaLaunchKernel(
        const void *function, struct dim3 grid, struct dim3 block, void **arguments, size_t shared, void *stream) {
    (void)arguments;
    return launch(function, grid, block, shared, stream);
}

API int __cudaLaunchKernel(
        const void *kernel, struct dim3 grid, struct dim3 block, void **arguments, size_t shared, void *stream) {
    (void)arguments;
    return launch(kernel, grid, block, shared, stream);
}

/* The first fields of cudaLaunchConfig_t. */
struct configuration {
    struct dim3 grid, block;
    size_t shared;
    void *stream;
};

API int cudaLaunchKernelExC(const struct configuration *how, const void *function, void **arguments) {
    (void)arguments;
    return launch(function, how->grid, how->block, how->shared, how->stream);
}

/* <<<grid, block, shared, stream>>> pushes it, and the kernel's own function on the host pops it. */
static __thread struct configuration pushed;

API unsigned __cudaPushCallConfiguration(struct dim3 grid, struct dim3 block, size_t shared, void *stream) {
    pushed = (struct configuration){grid, block, shared, stream};
    return 0;
}

API int __cudaPopCallConfiguration(struct dim3 *grid, struct dim3 *block, size_t *shared, void **stream) {
    *grid = pushed.grid;
    *block = pushed.block;
    *shared = pushed.shared;
    *stream = pushed.stream;
    return SUCCESS;
}

/* The first fields of cudaFuncAttributes, and its size. */
struct attributes {
    size_t shared, constant, local;
    int threads, registers, ptx, binary, cache, dynamic_shared;
    char rest[144 - 48];
};

API int cudaFuncGetAttributes(struct attributes *answer, const void *function) {
    (void)function;
    memset(answer, 0, sizeof *answer);
    answer->threads = 1024;
    answer->registers = 32;
    answer->ptx = answer->binary = 90;
    answer->dynamic_shared = 49152;
    return SUCCESS;
}

API int cudaFuncSetAttribute(const void *function, int attribute, int value) {
    (void)function, (void)attribute, (void)value;
    return SUCCESS;
}

API int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
        int *blocks, const void *function, int threads, size_t shared, unsigned flags) {
    (void)function, (void)shared, (void)flags;
    *blocks = threads > 0 && threads < 2048 ? 2048 / threads : 1;
    return SUCCESS;
}
