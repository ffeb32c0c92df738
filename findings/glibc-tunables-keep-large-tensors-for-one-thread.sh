#!/usr/bin/env bash
# PyTorch 2.13.0 for Python, on the CPU, with the malloc of glibc (2.36 here).
#
# Guess: as glibc's malloc maps each large block anew and unmaps it when it is freed, every large tensor costs a page fault for
# each of its pages. A higher glibc.malloc.mmap_threshold, or glibc.malloc.mmap_max=0 with a high glibc.malloc.trim_threshold,
# lets the process keep such memory.
# Behaviour: it does for tensors that the process's first thread allocates. In any other thread nothing changes: such a thread
# allocates from an arena of pieces of 64 MiB, and what does not fit into one is mapped anew whatever mmap_max and
# mmap_threshold say. With glibc.malloc.arena_max=1 beside the others it holds for all threads.
# What follows: a program whose training runs in a second thread (in a JVM every thread is one, main included) sees no effect
# of the usual advice, and takes malloc for innocent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet torch==2.13.0 numpy

getconf GNU_LIBC_VERSION >/dev/null 2>&1 || { echo "this system has another C library: there is nothing to see" && exit 0; }
unset LD_PRELOAD
cat >"$folder/faults.py" <<'PYTHON'
import resource
import sys
import threading

import torch

torch.set_num_threads(1)
PAGES = (64 << 20) // resource.getpagesize()


def faults():
    """Page faults for each tensor of 64 MiB, by its pages."""
    def tensors(count):
        for _ in range(count):
            torch.empty(16 << 20).fill_(1.0)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    begin = tensors(16)
    return (tensors(8) - begin) / 8 / PAGES


told = [faults()]
second = threading.Thread(target=lambda: told.append(faults()))
second.start()
second.join()
print(sys.argv[1] + ":", *("every page anew" if share > 0.9 else "kept" if share < 0.01 else f"{share:.2f}" for share in told))
PYTHON
told() { # NAME TUNABLES
    GLIBC_TUNABLES=$2 "$folder/python/bin/python" "$folder/faults.py" "$1"
}
if grep -q '\[always\]' /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null; then
    echo "this system gives large pages without being asked: there is nothing to see" && exit 0
fi
{
    told "as it is" ""
    told "threshold of 1 GiB" glibc.malloc.mmap_threshold=1073741824
    told "nothing mapped, nothing trimmed" glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=1099511627776
    told "and one arena" glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=1099511627776:glibc.malloc.arena_max=1
} | tee "$folder/told"
diff "$folder/told" - <<'EXPECTED' || { echo "this has changed" >&2 && exit 1; }
as it is: every page anew every page anew
threshold of 1 GiB: kept every page anew
nothing mapped, nothing trimmed: kept every page anew
and one arena: kept kept
EXPECTED
