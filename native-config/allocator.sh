# Chooses how memory is allocated. libtorch allocates and frees the activations of every step; glibc returns blocks of that
# size to the kernel and asks for them again, zeroed. tcmalloc keeps them, so does jemalloc when told to, and so does glibc
# where it is told not to map large blocks one by one, to keep what is free, and to serve all threads from one heap: a
# second one would be made of pieces of 64 MB.
#
# Sourced by scripts/dynafilter. The caller's LD_PRELOAD or GLIBC_TUNABLES stay; DYNAFILTER_ALLOCATOR= (empty) turns this off.

choose_allocator() {
    if [ -n "${LD_PRELOAD:-}" ] || [ "$(uname -s)" != Linux ]; then
        return
    fi
    if [ "${DYNAFILTER_ALLOCATOR-default}" != default ]; then
        if [ -n "$DYNAFILTER_ALLOCATOR" ]; then
            export LD_PRELOAD="$DYNAFILTER_ALLOCATOR"
        fi
        return
    fi
    for library in libtcmalloc_minimal.so.4 libtcmalloc.so.4 libjemalloc.so.2; do
        for folder in /usr/lib/x86_64-linux-gnu /usr/lib64 /usr/lib; do
            if [ -e "$folder/$library" ]; then
                export LD_PRELOAD="$folder/$library"
                # No report at every block over 1 GB; no purging of freed pages.
                export TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD=107374182400
                export MALLOC_CONF="${MALLOC_CONF:-dirty_decay_ms:-1,muzzy_decay_ms:-1}"
                return
            fi
        done
    done
    export GLIBC_TUNABLES="${GLIBC_TUNABLES:-glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=1099511627776:glibc.malloc.arena_max=1}"
}
