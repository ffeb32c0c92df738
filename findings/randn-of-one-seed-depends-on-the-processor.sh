#!/usr/bin/env bash
# PyTorch 2.13.0 for Python, on the CPU.
#
# Guess: after torch.manual_seed(0), torch.randn gives the same numbers on every CPU: its generator, Mersenne Twister, is
# made of integers, and torch.rand does give the same.
# Behaviour: with 16 numbers or more the normal ones come from vectorised code, of which each processor has another: with
# AVX2 and without, one seed gives other numbers (by rounding). With 15 or fewer, and in double precision, they are the same.
# ATEN_CPU_CAPABILITY chooses the code, as the processor does otherwise.
# What follows: a seed does not mean one initial network (normal_, randn, nn.init.kaiming_normal_) on two machines.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet torch==2.13.0 numpy

draw() { # CAPABILITY: hashes of what a seed gives
    ATEN_CPU_CAPABILITY=$1 "$folder/python/bin/python" - <<'PYTHON'
import hashlib
import torch

def drawn(name, draw):
    torch.manual_seed(0)
    return name + " " + hashlib.sha256(draw().numpy().tobytes()).hexdigest()[:12]

print(drawn("rand(1000)", lambda: torch.rand(1000)))
print(drawn("randn(15)", lambda: torch.randn(15)))
print(drawn("randn(1000)", lambda: torch.randn(1000)))
print(drawn("randn(1000,double)", lambda: torch.randn(1000, dtype=torch.float64)))
PYTHON
}

grep -q avx2 /proc/cpuinfo || { echo "this processor has no AVX2: there is nothing to compare" && exit 0; }
plain=$(draw default)
vectors=$(draw avx2)
echo "PyTorch 2.13.0, seed 0: without AVX2, with AVX2"
paste -d ' ' <(echo "$plain") <(echo "$vectors") | while read -r name one _ other; do
    echo "$name: $one $other $([ "$one" = "$other" ] && echo same || echo different)"
done | tee "$folder/told"
diff <(cut -d ' ' -f 1,4 "$folder/told") - <<'EXPECTED' || { echo "this has changed" >&2 && exit 1; }
rand(1000): same
randn(15): same
randn(1000): different
randn(1000,double): same
EXPECTED
