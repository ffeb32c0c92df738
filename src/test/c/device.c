/* One device, or as many as asked for, all alike: what libtorch asks about it before it uses it. */
#define _GNU_SOURCE
#include "standin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNTIME = 13010, PROPERTIES = 1008 /* bytes of cudaDeviceProp in CUDA 13 */ };

/* The numbers of cudaDeviceAttr, and where the same lies in cudaDeviceProp (-1: it does not). An H200's values. */
static const struct {
    int attribute;
    int offset;
    int value;
} FACTS[] = {
    {1, 320, 1024},      /* threads of a block */
    {2, 324, 1024},      /* the same along x */
    {3, 328, 1024},
    {4, 332, 64},
    {5, 336, 2147483647}, /* blocks of a grid along x */
    {6, 340, 65535},
    {7, 344, 65535},
    {8, 296, 49152},     /* bytes of shared memory of a block */
    {10, 308, 32},       /* threads of a warp */
    {12, 304, 65536},    /* registers of a block */
    {14, 368, 512},      /* alignment of textures */
    {16, 384, 132},      /* multiprocessors */
    {19, 392, 1},        /* host memory can be mapped */
    {31, 560, 1},        /* kernels can run side by side */
    {36, -1, 3201000},   /* kHz of the memory's clock */
    {37, 592, 6144},     /* bits of the memory's bus */
    {38, 596, 62914560}, /* bytes of cache */
    {39, 604, 2048},     /* threads of a multiprocessor */
    {40, 584, 3},        /* copies at once */
    {41, 588, 1},        /* one address space */
    {78, 608, 1},        /* streams have priorities */
    {81, 624, 233472},   /* bytes of shared memory of a multiprocessor */
    {82, 632, 65536},    /* its registers */
    {83, 636, 1},        /* managed memory */
    {95, 668, 1},        /* cooperative launches */
    {97, 672, 232448},   /* bytes of shared memory of a block that asks for it */
    {106, 688, 32},      /* blocks of a multiprocessor */
    {115, 720, 1},       /* memory pools */
};

static __thread int current;

static int devices(void) { return (int)standin_setting("DEVICES", 1); }

/* CUDA's version that the driver is for; 0 where the runtime finds none. */
static int driver(void) {
    return dlopen("libcuda.so.1", RTLD_LAZY) ? (int)standin_setting("DRIVER", RUNTIME) : 0;
}

/* Compute capability: 9.0 where nothing else is asked for. */
static void capability(int *major, int *minor) {
    const char *text = getenv("CUDA_STANDIN_CAPABILITY");
    if (!text || sscanf(text, "%d.%d", major, minor) != 2) {
        *major = 9;
        *minor = 0;
    }
}

API int cudaRuntimeGetVersion(int *version) {
    *version = RUNTIME;
    return SUCCESS;
}

API int cudaDriverGetVersion(int *version) {
    *version = driver();
    return SUCCESS;
}

API int cudaGetDeviceCount(int *count) {
    *count = 0;
    if (driver() < RUNTIME / 1000 * 1000) {
        return standin_answer(INSUFFICIENT_DRIVER, "cudaGetDeviceCount");
    }
    *count = devices();
    return standin_answer(*count ? SUCCESS : NO_DEVICE, "cudaGetDeviceCount");
}

API int cudaSetDevice(int device) {
    bool there = device >= 0 && device < devices();
    current = there ? device : current;
    return standin_answer(there ? SUCCESS : INVALID_DEVICE, "cudaSetDevice device=%d", device);
}

API int cudaGetDevice(int *device) {
    *device = current;
    return SUCCESS;
}

API int cudaGetDeviceProperties(void *properties, int device) {
    char *bytes = memset(properties, 0, PROPERTIES);
    strcpy(bytes, "NVIDIA Stand-in");
    *(uint64_t *)(bytes + 288) = (uint64_t)standin_setting("MEMORY", 8LL << 30);
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
        if (FACTS[i].offset >= 0) {
            *(int *)(bytes + FACTS[i].offset) = FACTS[i].value;
        }
    }
    *(uint64_t *)(bytes + 312) = INT32_MAX; /* the longest pitch */
    *(uint64_t *)(bytes + 352) = 65536;     /* bytes of constant memory */
    capability((int *)(bytes + 360), (int *)(bytes + 364));
    *(int *)(bytes + 568) = 1 + device; /* the PCI bus */
    return standin_answer(SUCCESS, "cudaGetDeviceProperties device=%d", device);
}

API int cudaDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    int major, minor;
    capability(&major, &minor);
    *value = attribute == 75 ? major : attribute == 76 ? minor : 0;
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
        if (FACTS[i].attribute == attribute) {
            *value = FACTS[i].value;
        }
    }
    return SUCCESS;
}

API int cudaDeviceGetPCIBusId(char *id, int length, int device) {
    snprintf(id, (size_t)length, "0000:%02x:00.0", 1 + device);
    return SUCCESS;
}

API int cudaDeviceCanAccessPeer(int *can, int device, int peer) {
    (void)device;
    (void)peer;
    *can = 0;
    return SUCCESS;
}

/* What the driver is asked for by name and does not have. */
static int no_entry(void) { return standin_answer(NOT_SUPPORTED, "an entry of the driver that the stand-in lacks"); }

/* The runtime hands out the driver's functions; success: status 0. */
API int cudaGetDriverEntryPointByVersion(
        const char *name, void **function, unsigned version, unsigned long long flags, int *status) {
    (void)version;
    (void)flags;
    void *library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    *function = library ? dlsym(library, name) : NULL;
    if (!*function) {
        *function = (void *)no_entry;
    }
    if (status) {
        *status = 0;
    }
    return standin_answer(SUCCESS, "cudaGetDriverEntryPointByVersion name=%s", name);
}
