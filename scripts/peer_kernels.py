#!/usr/bin/env python3
"""Counts the kernels that Python's PyTorch launches for a training step: scripts/pytorch_reference.py, operator by operator.

    peer_kernels.py [--operators]

The step is that of scripts/peer_benchmark.py, from uint8 pixels on the device to the updated parameters: crop, flip and
normalisation of a batch, forward, loss, backward, SGD with Nesterov momentum in two parameter groups, the sum of the losses and
the count of hits. It runs on the CPU, where autograd and autocast hand out the same operators; views, allocations and what runs
once an epoch are left out. An operator is one kernel, but for those in KERNELS, which libtorch 2.10 launches as several on CUDA:
read from the log of the stand-in of src/test/c. So the count is the least: copies inside an operator, as of a gradient in another
memory format, are not in it. --operators lists them.
"""
import argparse
import collections

import torch
from torch.utils._python_dispatch import TorchDispatchMode

import peer_benchmark as peer
import pytorch_reference as reference

# What a variant is called, how its tensors lie, and torch.optim's implementation: the default on CUDA is foreach.
VARIANTS = (("eager", "eager", {"foreach": True}),
            ("eager, channels-last", "channels-last", {"foreach": True}),
            ("eager, channels-last, fused optimizer", "channels-last", {"fused": True}))
NO_KERNEL = {"_record_function_enter_new", "_record_function_exit", "_unsafe_view", "alias", "as_strided", "detach", "empty",
             "empty_like", "expand", "permute", "select", "slice", "squeeze", "t", "transpose", "unfold", "unsqueeze", "view"}


def half(args):
    return args[0].dtype == torch.bfloat16


KERNELS = {
    "native_batch_norm": lambda a: 4 if half(a) else 1,             # cuDNN has it in float32 alone
    "native_batch_norm_backward": lambda a: 3 if half(a) else 1,
    "max_pool2d_with_indices_backward": lambda a: 2,                # fills with zeros first
    "nll_loss_backward": lambda a: 2,                               # likewise
    "convolution_backward": lambda a: sum(a[-1][:2]),               # of the input, of the weights
    "addmm": lambda a: 2 if a[2].shape[1] == 1 else 1,              # a single output: copies the bias first
    "sum": lambda a: 2 if a[0].dtype == torch.bool else 1,          # converts first
}


class Operators(TorchDispatchMode):
    """Records the operators that reach the device: [(name, kernels)]."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function._schema.name.split("::")[1]
        if name not in NO_KERNEL:
            self.seen.append((name, KERNELS.get(name, lambda a: 1)(args)))
        return function(*args, **(kwargs or {}))


def operators(memory_format, implementation, precision):
    recipe = argparse.Namespace(**reference.DEFAULTS | reference.OWN["sgd"] | dict(
        optimizer="sgd", label_smoothing=0.0, precision=precision, batch_size=16))
    device = torch.device("cpu")
    data = peer.PlainDataset if memory_format == "eager" else reference.ResidentDataset
    layout = torch.contiguous_format if memory_format == "eager" else torch.channels_last
    dataset = data(torch.zeros(64, 3, 32, 32, dtype=torch.uint8), torch.arange(64) % 10, device)
    model = reference.DynamicFilterNetwork(recipe.filters).to(device, memory_format=layout)
    steps = peer.training(model, dataset, recipe, implementation)
    next(steps)                                 # the optimizer's state is made
    with Operators() as recorded:
        next(steps)
    return recorded.seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--operators", action="store_true", help="list the operators")
    options = parser.parse_args()
    for precision in ("fp32", "bf16"):
        for name, memory_format, implementation in VARIANTS:
            seen = operators(memory_format, implementation, precision)
            print(f"{precision}  {sum(count for _, count in seen)} kernels of {len(seen)} operators: {name}")
            if options.operators:
                for (operator, count), times in collections.Counter(seen).most_common():
                    print(f"    {times:3d}  {operator}{f', {count} kernels each' if count > 1 else ''}")


if __name__ == "__main__":
    main()
