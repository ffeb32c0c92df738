#!/bin/sh
# Builds the stand-in for CUDA's libraries: sh build.sh OUT NATIVES..., where NATIVES are libtorch's libraries for CUDA and
# the binding's to it. Needs gcc, nm and awk.
set -eu
[ $# -ge 2 ] || { echo "usage: sh build.sh OUT NATIVES..." >&2; exit 2; }
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
list=$here/../../../native-config/cuda-libraries.txt
out=$1
shift
mkdir -p "$out/made"
made=$out/made

nm -D --undefined-only "$@" | awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }' | sort -u >"$made/wanted"

library() { # SONAME STARTS EXCEPT SOURCES...: what its names begin with, which of these are another's, what is written
    soname=$1 starts=$2 except=$3
    shift 3
    awk -v starts="$starts" '{
        while (match($0, /[A-Za-z_0-9]+\(/)) {
            name = substr($0, RSTART, RLENGTH - 1)
            if (index($0, "API") == 1) print name
            $0 = substr($0, RSTART + RLENGTH)
        }
    }' "$@" /dev/null >"$made/written"
    echo standin >>"$made/written" # never empty
    awk -v starts="$starts" -v except="$except" -f "$here/generate.awk" "$made/written" "$made/wanted" >"$made/$soname.c"
    runtime="-L$out -l:libcudart.so.13"
    if [ "$soname" = libcudart.so.13 ]; then runtime=; fi
    # Functions that only count their calls are declared with fewer arguments than they are called with, which is well in
    # C on every machine that CUDA is for.
    gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -Wl,-soname,"$soname" -I"$here" \
        -o "$out/$soname" "$made/$soname.c" "$@" $runtime -Wl,-rpath,'$ORIGIN' -pthread -ldl
}

cd "$here"
library libcudart.so.13 cuda . log.c device.c memory.c stream.c event.c capture.c graph.c kernel.c
library libcuda.so.1 none . cuda.c
grep -v '^#' "$list" | while read -r soname rest; do
    case $soname in
        libcudart.so.*) ;;
        libcupti.so.*) library "$soname" cupti . ;;
        libcublasLt.so.*) library "$soname" cublasLt . cublaslt.c ;;
        libcublas.so.*) library "$soname" cublas cublasLt cublas.c ;;
        libcusparse.so.*) library "$soname" cusparse . ;;
        libcusolver.so.*) library "$soname" cusolver cusolverMg ;;
        libcusolverMg.so.*) library "$soname" cusolverMg . ;;
        libcufft.so.*) library "$soname" cufft . ;;
        libcurand.so.*) library "$soname" curand . ;;
        libcudnn.so.*) library "$soname" cudnn . cudnn.c ;;
        libnccl.so.*) library "$soname" nccl . nccl.c ;;
        *) library "$soname" none . ;; # nothing of it is called
    esac
done
rm -r "$made"
