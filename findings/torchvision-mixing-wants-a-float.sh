#!/bin/sh
# Library:  torchvision 0.28.0 with torch 2.13.0, from pip's index.
# Input:    v2.CutMix and v2.MixUp with alpha=1, an int, and a batch of images and labels.
# Guess:    1 is as good as 1.0 (Python's numeric tower; `alpha` is only said to be a hyperparameter); or it is refused when the transform
#           is built, where the other arguments are checked.
# Seen:     the transform is built without a word, and its first batch fails inside torch.distributions, at the first training step.
# This ends with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv --system-site-packages "$folder/python"
"$folder/python/bin/pip" install --quiet --retries 0 pillow==12.3.0 numpy
"$folder/python/bin/pip" install --quiet --retries 0 --no-deps torch==2.13.0 torchvision==0.28.0
"$folder/python/bin/python" - <<'PYTHON'
import sys
import torch

library = torch.library.Library("torchvision", "DEF")
try:
    import torchvision
except RuntimeError:  # a wheel for CUDA lacks these two beside a CPU's torch
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    import torchvision
from torchvision.transforms import v2

print("torchvision", torchvision.__version__, "torch", torch.__version__)
images, labels = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 0])
for kind in (v2.CutMix, v2.MixUp):
    kind(num_classes=3, alpha=1.0)(images, labels)
    mixing = kind(num_classes=3, alpha=1)
    try:
        mixing(images, labels)
    except Exception as failure:
        print(f"{kind.__name__}(alpha=1): built; at its first batch: {type(failure).__name__}: {str(failure)[:100]}")
    else:
        sys.exit(f"CHANGED: {kind.__name__} takes an int")
PYTHON
