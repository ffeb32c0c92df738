#!/usr/bin/env bash
# PyTorch 2.13.0 for Python, on the CPU.
#
# Guess: the softmax of rows of 6 numbers takes half of the time of rows of 12, along whichever dimension they lie; and how
# many rows there are has no influence on a row's result.
# Behaviour: along the last dimension, rows that are shorter than a vector register (8 floats with AVX2, 16 with AVX-512) are
# computed number by number: the 6 take several times as long as the 8 with AVX2. Along another dimension as many rows
# as fit are computed at once, quickly also where each is short; there the rows that are left over are computed number by number,
# and rounded otherwise: a row's last bits depend on how many rows are beside it.
# ATEN_CPU_CAPABILITY chooses the code, as the processor does otherwise.
# What follows: scores of few classes, attention over few keys and mixtures of few experts are quicker transposed; and adding
# a row can change the results of the others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet torch==2.13.0 numpy

grep -q avx2 /proc/cpuinfo || { echo "this processor has no AVX2: there is nothing to compare" && exit 0; }
ATEN_CPU_CAPABILITY=avx2 "$folder/python/bin/python" - <<'PYTHON' | tee "$folder/told"
import time
import torch

torch.manual_seed(0)
torch.set_num_threads(1)
numbers = torch.randn(64, 1000, 8)


def seconds(work):
    best = float("inf")
    for _ in range(40):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


six, eight = numbers[..., :6].contiguous(), numbers.contiguous()
across = six.transpose(1, 2).contiguous()
last, whole, other = (seconds(work) for work in (
    lambda: six.softmax(-1), lambda: eight.softmax(-1), lambda: across.softmax(1)))
print(f"# 64,000 rows: of 6 {last * 1e3:.2f} ms, of 8 {whole * 1e3:.2f} ms; of 6 along another dimension {other * 1e3:.2f} ms")
print("rows of 6 take more than twice as long as rows of 8:", last > 2 * whole)
print("rows of 6 take more than twice as long along the last dimension:", last > 2 * other)

along = numbers[0].t().contiguous()  # [8, 1000]
columns = [torch.equal(along[:, :count].contiguous().softmax(0), along.softmax(0)[:, :count]) for count in range(1, 33)]
rows = [torch.equal(numbers[0, :count].softmax(-1), numbers[0].softmax(-1)[:count]) for count in range(1, 33)]
print("along the last dimension a row's bits depend on the number of rows:", not all(rows))
print("along another one they do:", not all(columns))
PYTHON
diff <(grep -v '^#' "$folder/told") - <<'EXPECTED' || { echo "this has changed" >&2 && exit 1; }
rows of 6 take more than twice as long as rows of 8: True
rows of 6 take more than twice as long along the last dimension: True
along the last dimension a row's bits depend on the number of rows: False
along another one they do: True
EXPECTED
