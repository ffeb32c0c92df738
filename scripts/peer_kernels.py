#!/usr/bin/env python3
"""Counts the kernels that Python's PyTorch launches for a training step: scripts/pytorch_reference.py, operator by operator.

    peer_kernels.py [--operators]

The step is that of scripts/peer_benchmark.py, from uint8 pixels on the device to the updated parameters: crop, flip and
normalisation of a batch, forward, loss, backward, an update, the sum of the losses and the count of hits. The update is SGD's with
Nesterov momentum in two parameter groups, as benchmarks have it, or that of the default recipe: torch.optim.Muon, which takes
matrices alone, so that convolutions are given to it as such, and torch.optim.SGD for the rest. It runs on the CPU, where autograd
and autocast hand out the same operators; views, allocations and what runs once an epoch are left out. An operator is one kernel,
but for those in KERNELS, which libtorch 2.10 launches as several on CUDA: read from the log of the stand-in of src/test/c. So the
count is the least: copies inside an operator, as of a gradient in another memory format or of a matrix that a product is added to,
are not in it. --operators lists them.
"""
import argparse
import collections
import itertools

import torch
from torch.utils._python_dispatch import TorchDispatchMode

import peer_benchmark as peer
import pytorch_reference as reference

# What a variant is called, how its tensors lie, and torch.optim's implementation: the default on CUDA is foreach.
VARIANTS = (("eager", "eager", {"foreach": True}),
            ("eager, channels-last", "channels-last", {"foreach": True}),
            ("eager, channels-last, fused optimizer", "channels-last", {"fused": True}))
RECIPES = {"sgd": reference.OWN["sgd"] | dict(optimizer="sgd", label_smoothing=0.0), "muon": {}}    # what is not by default
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


class MuonAndSgd:
    """The optimizers of PyTorch that make an update of the default recipe."""

    def __init__(self, model, recipe, **implementation):
        groups = reference.make_optimizer(model, recipe).param_groups
        hidden = [group for group in groups if "ns_steps" in group]
        self.matrices = [(p, torch.nn.Parameter(self.matrix(p.detach()))) for group in hidden for p in group["params"]]
        of = {id(p): matrix for p, matrix in self.matrices}
        muon = torch.optim.Muon([dict(params=[of[id(p)] for p in group["params"]], weight_decay=group["weight_decay"])
                                 for group in hidden])
        rest = [dict(params=group["params"], weight_decay=group["weight_decay"]) for group in groups
                if "ns_steps" not in group]
        self.parts = [muon, torch.optim.SGD(rest, momentum=recipe.momentum, nesterov=True, **implementation)]
        self.param_groups = groups

    @staticmethod
    def matrix(tensor):
        """A view of it."""
        channels_last = tensor.dim() == 4 and not tensor.is_contiguous()
        return (tensor.permute(0, 2, 3, 1) if channels_last else tensor).flatten(1)

    def zero_grad(self, set_to_none):
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self):
        for parameter, matrix in self.matrices:
            matrix.grad = self.matrix(parameter.grad)
        for part in self.parts:
            part.step()


def operators(optimizer, memory_format, implementation, precision):
    recipe = argparse.Namespace(**reference.DEFAULTS | RECIPES[optimizer] | dict(precision=precision, batch_size=16))
    device = torch.device("cpu")
    data = peer.PlainDataset if memory_format == "eager" else reference.ResidentDataset
    layout = torch.contiguous_format if memory_format == "eager" else torch.channels_last
    dataset = data(torch.zeros(64, 3, 32, 32, dtype=torch.uint8), torch.arange(64) % 10, device)
    model = reference.DynamicFilterNetwork(recipe.filters).to(device, memory_format=layout)
    make_optimizer = MuonAndSgd if optimizer == "muon" else reference.make_optimizer
    steps = peer.training(model, dataset, recipe, implementation, make_optimizer)
    next(steps)                                 # the optimizer's state is made
    with Operators() as recorded:
        next(steps)
    return recorded.seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--operators", action="store_true", help="list the operators")
    options = parser.parse_args()
    for precision, optimizer, (name, memory_format, implementation) in itertools.product(("fp32", "bf16"), RECIPES, VARIANTS):
        seen = operators(optimizer, memory_format, implementation, precision)
        print(f"{precision}  {sum(count for _, count in seen)} kernels of {len(seen)} operators: {optimizer}, {name}")
        if options.operators:
            for (operator, count), times in collections.Counter(seen).most_common():
                print(f"    {times:3d}  {operator}{f', {count} kernels each' if count > 1 else ''}")


if __name__ == "__main__":
    main()
