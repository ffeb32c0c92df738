/*
 * libnccl.so.2 between processes of one machine: all-reduce and broadcast, which really exchange what they are given, over
 * shared memory, since the ranks compare hashes and positions by them. Everything else only succeeds.
 */
#define _GNU_SOURCE
#include "standin.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { VERSION = 22903, CHUNK = 1 << 20, MOST_RANKS = 16, CUDA_ERROR = 1, SYSTEM_ERROR = 2 };

struct id {
    char name[128];
};

struct shared {
    atomic_int arrived;
    atomic_int round;
    _Alignas(64) char chunks[MOST_RANKS][CHUNK];
};

struct communicator {
    int rank, ranks;
    struct shared *shared;
};

API int ncclGetVersion(int *version) {
    *version = VERSION;
    return SUCCESS;
}

API const char *ncclGetErrorString(int code) { return code == CUDA_ERROR ? "unhandled cuda error" : code ? "unhandled system error" : "no error"; }

API const char *ncclGetLastError(void *communicator) {
    (void)communicator;
    return "";
}

API int ncclGetUniqueId(struct id *id) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    memset(id, 0, sizeof *id);
    snprintf(id->name, sizeof id->name, "/cuda-standin-%d-%ld", getpid(), now.tv_nsec);
    return SUCCESS;
}

/* Waits until all ranks have come here. */
static void meet(struct communicator *all) {
    int round = atomic_load(&all->shared->round);
    if (atomic_fetch_add(&all->shared->arrived, 1) == all->ranks - 1) {
        atomic_store(&all->shared->arrived, 0);
        atomic_fetch_add(&all->shared->round, 1);
        return;
    }
    while (atomic_load(&all->shared->round) == round) {
        nanosleep(&(struct timespec){0, 50000}, NULL);
    }
}

API int ncclCommInitRank(struct communicator **communicator, int ranks, struct id id, int rank) {
    int file = ranks > MOST_RANKS ? -1 : shm_open(id.name, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, sizeof(struct shared))) {
        return SYSTEM_ERROR;
    }
    struct communicator *all = calloc(1, sizeof *all);
    *all = (struct communicator){rank, ranks, NULL};
    all->shared = mmap(NULL, sizeof *all->shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    meet(all);
    if (rank == 0) {
        shm_unlink(id.name);
    }
    *communicator = all;
    standin_log("ncclCommInitRank rank=%d ranks=%d", rank, ranks);
    return SUCCESS;
}

API int ncclCommInitRankConfig(struct communicator **communicator, int ranks, struct id id, int rank, void *settings) {
    (void)settings;
    return ncclCommInitRank(communicator, ranks, id, rank);
}

API int ncclCommUserRank(struct communicator *all, int *rank) {
    *rank = all->rank;
    return SUCCESS;
}

API int ncclCommCount(struct communicator *all, int *ranks) {
    *ranks = all->ranks;
    return SUCCESS;
}

API int ncclCommGetAsyncError(struct communicator *all, int *error) {
    (void)all;
    *error = SUCCESS;
    return SUCCESS;
}

/* Bytes of an element, by ncclDataType_t. */
static size_t width(int type) {
    static const size_t WIDTHS[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2};
    return WIDTHS[type];
}

/* Adds, for sums and averages; types without arithmetic in C are left as they are. */
static void add(char *to, const char *from, size_t count, int type) {
    for (size_t i = 0; i < count; i++) {
        switch (type) {
            case 0:
            case 1: to[i] = (char)(to[i] + from[i]); break;
            case 2:
            case 3: ((int32_t *)to)[i] += ((const int32_t *)from)[i]; break;
            case 4:
            case 5: ((int64_t *)to)[i] += ((const int64_t *)from)[i]; break;
            case 7: ((float *)to)[i] += ((const float *)from)[i]; break;
            case 8: ((double *)to)[i] += ((const double *)from)[i]; break;
        }
    }
}

/* root: whose values all get; -1: the sums of all. */
static void exchange(struct communicator *all, const char *from, char *to, size_t count, int type, int root) {
    size_t step = CHUNK / width(type);
    for (size_t done = 0; done < count; done += step) {
        size_t now = count - done < step ? count - done : step;
        size_t bytes = now * width(type);
        memcpy(all->shared->chunks[all->rank], from + done * width(type), bytes);
        meet(all);
        char *target = to + done * width(type);
        memcpy(target, all->shared->chunks[root < 0 ? 0 : root], bytes);
        for (int rank = 1; root < 0 && rank < all->ranks; rank++) {
            add(target, all->shared->chunks[rank], now, type);
        }
        meet(all);
    }
}

/* Without the lock: it waits for other processes, which have locks of their own, but so may another thread for this one. */
API int ncclAllReduce(
        const void *from, void *to, size_t count, int type, int operation, struct communicator *all, void *stream) {
    exchange(all, from, to, count, type, -1);
    standin_log("ncclAllReduce size=%zu operation=%d", count * width(type), operation);
    return standin_work("nccl_all_reduce", stream) ? CUDA_ERROR : SUCCESS;
}

API int ncclBroadcast(
        const void *from, void *to, size_t count, int type, int root, struct communicator *all, void *stream) {
    exchange(all, from, to, count, type, root);
    standin_log("ncclBroadcast size=%zu root=%d", count * width(type), root);
    return standin_work("nccl_broadcast", stream) ? CUDA_ERROR : SUCCESS;
}

API int ncclBcast(void *values, size_t count, int type, int root, struct communicator *all, void *stream) {
    return ncclBroadcast(values, values, count, type, root, all, stream);
}

static int leave(const char *call, struct communicator *all) {
    munmap(all->shared, sizeof *all->shared);
    free(all);
    standin_log("%s", call);
    return SUCCESS;
}

API int ncclCommDestroy(struct communicator *all) { return leave("ncclCommDestroy", all); }

API int ncclCommAbort(struct communicator *all) { return leave("ncclCommAbort", all); }
