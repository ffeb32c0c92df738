#!/bin/sh
# Library:  PyTorch 2.13.0 (torch from pip's index, CPU), TorchScript.
# Input:    a scripted module with a submodule, frozen by torch.jit.freeze while torch.jit.optimized_execution(False) is on,
#           as programs have it that want a network of changing shapes to run without being compiled again.
# Guess:    freezing inlines the submodules' methods as ever; that switch is about how graphs are executed.
# Seen:     freezing leaves the calls in the graph, and removes the methods that they call. It says nothing. The first run fails:
#           "Couldn't find method: 'forward'". A module that is frozen with the switch on as it was made runs.
# This ends with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --system-site-packages "$folder/python"
"$folder/python/bin/pip" install --quiet --retries 1 torch==2.13.0
cat > "$folder/frozen.py" <<'PYTHON'
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")     # TorchScript is deprecated


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 2)

    def forward(self, x):
        return self.inner(x).relu()


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.outer = Outer()

    def forward(self, x):
        return self.outer(x)


def frozen_run(optimized):
    scripted = torch.jit.script(Nested().eval())
    with torch.jit.optimized_execution(optimized):
        frozen = torch.jit.freeze(scripted)
    calls = str(frozen.graph).count("prim::CallMethod")
    try:
        return calls, f"a result {list(frozen(torch.ones(1, 2)).shape)}"
    except RuntimeError as error:
        return calls, next(line for line in str(error).splitlines() if "find method" in line).split(" on class")[0]


for optimized in (True, False):
    calls, outcome = frozen_run(optimized)
    print(f"torch {torch.__version__}, optimized_execution({optimized}): {calls} calls left in the frozen graph; run: {outcome}")
    assert (calls > 0) != optimized and ("result" in outcome) == optimized, "the behaviour has changed"
PYTHON
"$folder/python/bin/python" "$folder/frozen.py"
