#!/usr/bin/env python3
"""Estimates the least time of each kernel of a training step in bf16 on a GPU, from the shapes: nothing is measured.

    step_roofline.py [--optimizer muon] [--batch 1024] [--copy 4.3] [--dense 790] [--single 60] [--launch 2.0] [LOG]

A kernel takes the longest of: the bytes that it reads and writes over --copy (TB/s, as a large copy reaches), its FLOPs over
--dense (TFLOP/s of dense products in bf16) or --single (in float32, as Muon's are), and --launch (us, what a small kernel of a
replayed graph takes at least). The defaults are an H200's. What the caches save is not subtracted, and copies from device to
device, ten of Muon's, are not counted. With LOG, which src/test/c/README.md says how to write, the list is checked against the
kernels of the captured step, name by name.
"""
import argparse
import re
from dataclasses import dataclass

import step_kernels

HALF, FLOAT, LONG = 2, 4, 8
LABELS, CHANNELS, WIDTH, EMBEDDING, GENERATED = 10, 64, 64, 128, 256
PARAMETERS = 212_496        # trained numbers in the flat buffer, gaps included
HIDDEN = 210_112            # of them Muon's
BATCH = (8, 128, 576)       # Muon's matrices, padded to one shape: number, rows, columns


@dataclass
class Kernel:
    part: str
    pattern: str            # of its name in the log
    bytes: float = 0
    flops: float = 0
    single: bool = False    # in float32


class Step:
    """The kernels of a step in the order of their launches."""

    def __init__(self, batch, optimizer):
        self.kernels = []
        self.batch = batch
        self.optimizer = optimizer
        self.map = batch * CHANNELS * 64        # numbers in a feature map of 8x8
        self.stem = batch * CHANNELS * 256      # of 16x16
        self.responses = batch * LABELS * 64
        self.part = ""

    def add(self, pattern, bytes=0.0, flops=0.0, single=False):
        self.kernels.append(Kernel(self.part, pattern, bytes, flops, single))

    def convolution(self, direction, places, depth, read, written):
        flops = 2.0 * places * CHANNELS * depth
        self.add(f"cudnn_convolution_{direction}", HALF * (read + written + CHANNELS * depth), flops)

    def norm(self, numbers):
        self.add("FillFunctor")
        self.add("batch_norm_collect_statistics", HALF * numbers)
        self.add("multi_outputs")
        self.add("batch_norm_transform_input", HALF * 2 * numbers)

    def norm_gradient(self, numbers):
        self.add("FillFunctor")
        self.add("batch_norm_backward_reduce", HALF * 2 * numbers)
        self.add("batch_norm_backward_elemt", HALF * 3 * numbers)

    def relu(self, numbers):
        self.add("launch_clamp_scalar", HALF * 2 * numbers)

    def relu_gradient(self, numbers):
        self.add("threshold_kernel", HALF * 3 * numbers)

    def sum(self, numbers):
        self.add("CUDAFunctor_add", HALF * 3 * numbers)

    def product(self, rows, columns, depth):
        self.add("cublas", HALF * (rows * depth + depth * columns + rows * columns), 2.0 * rows * columns * depth)

    def begin(self, part):
        self.part = part

    def batch_cut(self):
        pixels = 3 * 1024 * self.batch
        self.begin("parameters in bf16")
        self.add("bfloat16_copy", PARAMETERS * (FLOAT + HALF))
        self.begin("batch: crop, flip, normalise")
        self.add("_scatter_gather", 12 * LONG * self.batch)
        self.add("gpu_index_kernel", 2 * pixels)
        self.add("addcmul", 32 * LONG * self.batch)
        self.add("_scatter_gather", 2 * pixels)
        self.add("CUDAFunctorOnSelf_add", 2 * LONG * self.batch)
        self.add("addcmul", (1 + HALF) * pixels)

    def backbone(self):
        self.begin("BatchNorm's counters")
        self.add("BinaryOpScalarFunctor")
        self.begin("conv1")
        self.convolution("forward", self.batch * 256, 147, 3 * 1024 * self.batch, self.stem)
        self.begin("bn1, pool, relu")
        self.norm(self.stem)
        self.add("max_pool_forward", HALF * (self.stem + self.map) + LONG * self.map)
        self.relu(self.map)
        for _ in range(2):
            for second in (False, True):
                self.begin("layer1: convolutions")
                self.convolution("forward", self.batch * 64, 9 * CHANNELS, self.map, self.map)
                self.begin("layer1: BatchNorm")
                self.norm(self.map)
                self.begin("layer1: ReLU, sum")
                if second:
                    self.sum(self.map)
                self.relu(self.map)

    def generator(self):
        self.begin("generator")
        self.product(LABELS, GENERATED, EMBEDDING)
        self.add("launch_clamp_scalar")
        self.product(LABELS, CHANNELS, GENERATED)
        self.add("tanh_kernel")
        self.add("layer_norm_kernel")

    def head(self):
        self.begin("response maps and predictor")
        self.add("MulFunctor")
        self.product(LABELS, 64 * self.batch, CHANNELS)
        self.product(LABELS * self.batch, WIDTH, 64)
        self.relu(self.responses)
        self.product(LABELS * self.batch, 1, WIDTH)
        self.add("CUDAFunctor_add", LABELS * self.batch * (HALF + FLOAT))
        scores = LABELS * self.batch
        self.begin("loss")
        self.add("SoftMaxForward", 2 * FLOAT * scores)
        self.add("_scatter_gather", 2 * FLOAT * scores)
        self.add("SoftMaxBackward", 3 * FLOAT * scores)
        self.add("bfloat16_copy", (FLOAT + HALF) * scores)

    def head_gradient(self):
        rows = LABELS * self.batch
        self.begin("response maps and predictor")
        self.add("reduce_kernel", FLOAT * rows)
        self.product(rows, WIDTH, 1)
        self.product(1, WIDTH, rows)
        self.relu_gradient(self.responses)
        self.product(rows, 64, WIDTH)
        self.product(WIDTH, 64, rows)
        self.add("reduce_kernel", HALF * self.responses)
        self.product(LABELS, CHANNELS, 64 * self.batch)
        self.product(64 * self.batch, CHANNELS, LABELS)
        self.add("MulFunctor")

    def generator_gradient(self):
        self.begin("generator")
        self.add("layer_norm_grad_input")
        self.add("tanh_backward")
        for inputs, outputs in ((GENERATED, CHANNELS), (EMBEDDING, GENERATED)):
            self.product(LABELS, inputs, outputs)
            self.product(outputs, inputs, LABELS)
            self.add("reduce_kernel")
            if inputs == GENERATED:
                self.add("threshold_kernel")

    def backbone_gradient(self):
        for block in (1, 0):
            for second in (True, False):
                self.begin("layer1: ReLU, sum")
                self.relu_gradient(self.map)
                self.begin("layer1: BatchNorm")
                self.norm_gradient(self.map)
                self.begin("layer1: convolutions")
                self.convolution("backward_data", self.batch * 64, 9 * CHANNELS, self.map, self.map)
                self.convolution("backward_filter", self.batch * 64, 9 * CHANNELS, 2 * self.map, 0)
            self.begin("layer1: ReLU, sum")
            self.sum(self.map)
        self.begin("bn1, pool, relu")
        self.relu_gradient(self.map)
        self.add("FillFunctor", HALF * self.stem)
        self.add("max_pool_backward", (HALF + LONG) * self.map + HALF * self.stem)
        self.norm_gradient(self.stem)
        self.begin("conv1")
        self.convolution("backward_filter", self.batch * 256, 147, 3 * 1024 * self.batch + self.stem, 0)

    def end(self):
        scores = LABELS * self.batch
        self.begin("gradients into one buffer")
        self.add("multi_tensor_apply", PARAMETERS * (HALF + FLOAT))
        self.add("multi_tensor_apply")
        self.begin("metrics")
        self.add("addcmul", (2 * FLOAT + 16) * scores)
        self.add("ArgMax", FLOAT * scores)
        self.add("CompareEq", 3 * LONG * self.batch)
        self.add("CUDAFunctor_add", 3 * LONG * self.batch)
        self.begin("optimizer")
        if self.optimizer == "muon":
            self.muon()
        self.add("FusedSgd", 5 * FLOAT * (PARAMETERS if self.optimizer == "sgd" else PARAMETERS - HIDDEN))
        self.add("FusedSgd")

    def muon(self):
        number, rows, columns = BATCH
        padded = number * rows * columns
        self.add("MulFunctor")
        self.add("lerp_scalar_kernel", 3 * FLOAT * HIDDEN)
        self.add("lerp_scalar_kernel", 3 * FLOAT * HIDDEN)
        self.add("addcmul", 2 * FLOAT * HIDDEN)
        self.add("MulFunctor", 3 * FLOAT * HIDDEN)
        self.add("_scatter_gather", (LONG + 2 * FLOAT) * padded)
        self.add("NormTwoOps", FLOAT * padded)
        self.add("launch_clamp_scalar")
        self.add("DivFunctor", 2 * FLOAT * padded)
        gram, whole = number * rows * rows, 2.0 * number * rows * rows * columns
        for _ in range(5):
            self.add("cublasSgemmStridedBatched", FLOAT * (padded + gram), whole, True)
            self.add("cublasSgemmStridedBatched", FLOAT * 3 * gram, 2.0 * gram * rows, True)
            self.add("cublasSgemmStridedBatched", FLOAT * (gram + 3 * padded), whole, True)
        self.add("_scatter_gather", (LONG + 2 * FLOAT) * HIDDEN)
        self.add("MulFunctor", 2 * FLOAT * HIDDEN)
        self.add("addcmul", 4 * FLOAT * HIDDEN)


def step(batch, optimizer):
    made = Step(batch, optimizer)
    for part in (made.batch_cut, made.backbone, made.generator, made.head, made.head_gradient, made.generator_gradient,
                 made.backbone_gradient, made.end):
        part()
    return made


def check(kernels, log):
    recorded, _ = step_kernels.read(log)
    names = step_kernels.demangled([name for name, _ in recorded])
    if len(names) != len(kernels):
        raise SystemExit(f"{log}: has {len(names)} kernels a step, these are {len(kernels)}: was it --precision bf16?")
    for at, (name, kernel) in enumerate(zip(names, kernels), 1):
        if not re.search(kernel.pattern, name):
            raise SystemExit(f"{log}: kernel {at} is {step_kernels.short(name)}, not {kernel.pattern}")
    print(f"{log}: these kernels, in this order")


def fused(made, seconds):
    """What hand-written kernels would take: BatchNorm, sum and ReLU in one, which need the statistics of a batch first."""
    parts = ("bn1, pool, relu", "layer1: BatchNorm", "layer1: ReLU, sum")
    now = [kernel for kernel in made.kernels if kernel.part in parts]
    pool = [kernel for kernel in now if "max_pool" in kernel.pattern]
    then = list(pool)
    for numbers, residual in ((made.stem, 0), *((made.map, block) for block in (0, made.map) * 2)):
        then += [Kernel("", "statistics", HALF * numbers),
                 Kernel("", "normalise, sum, relu", HALF * (2 * numbers + residual)),
                 Kernel("", "sums of the gradient", HALF * (3 * numbers)),       # what ReLU let through is read, too
                 Kernel("", "gradient", HALF * (4 * numbers + 2 * residual))]
    return now, then, sum(map(seconds, now)), sum(map(seconds, then))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--optimizer", choices=("muon", "sgd"), default="muon")
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--copy", type=float, default=4.3, help="TB/s")
    parser.add_argument("--dense", type=float, default=790, help="TFLOP/s")
    parser.add_argument("--single", type=float, default=60, help="TFLOP/s in float32")
    parser.add_argument("--launch", type=float, default=2.0, help="us")
    parser.add_argument("log", nargs="?")
    options = parser.parse_args()
    made = step(options.batch, options.optimizer)
    if options.log:
        check(made.kernels, options.log)

    def roof(kernel):
        rate = options.single if kernel.single else options.dense
        return max(kernel.bytes / options.copy, kernel.flops / rate) * 1e-6

    def seconds(kernel):
        return max(roof(kernel), options.launch)

    print(f"batch {options.batch}, bf16, {options.optimizer}: {options.copy} TB/s, {options.dense:g} TFLOP/s, {options.single:g} in float32,"
          f" {options.launch} us a kernel")
    line = "{:<30} {:>7} {:>9} {:>9} {:>11} {:>11}".format
    print(line("part", "kernels", "MB", "GFLOP", "roofline us", "at least us"))
    for part in [*dict.fromkeys(kernel.part for kernel in made.kernels), ""]:
        own = [kernel for kernel in made.kernels if not part or kernel.part == part]
        print(line(part or "the step", len(own), f"{sum(k.bytes for k in own) / 1e6:.1f}",
                   f"{sum(k.flops for k in own) / 1e9:.1f}", f"{sum(map(roof, own)):.0f}", f"{sum(map(seconds, own)):.0f}"))
    whole = sum(map(seconds, made.kernels))
    print(f"at most {options.batch / whole:.2f} million images/s")
    now, then, time, less = fused(made, seconds)
    print(f"BatchNorm, sum and ReLU by hand-written kernels: {len(then)} kernels instead of {len(now)}, {less:.0f} us instead of"
          f" {time:.0f}: at most {options.batch / (whole - time + less):.2f} million images/s")


if __name__ == "__main__":
    main()
