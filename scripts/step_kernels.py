#!/usr/bin/env python3
"""Lists the kernels of a training step by name, with their counts, from the log of the stand-in for CUDA's libraries.

    step_kernels.py [--order] [--full] LOG

--order tells them one by one, with grid and block, in the order in which they are launched; --full gives whole names. Where
the log has a captured step, that is the one; otherwise the last whole step before the log's end. src/test/c/README.md says
how to write a log.
"""
import argparse
import collections
import re
import shutil
import subprocess

KERNEL = re.compile(r"\S+ kernel (\S+) stream=\d+(.*?)( captured)?$")
OPTIMIZER = re.compile("Fused(Sgd|Adam)")

# What tells kernels of one template apart: the operator that it was made for.
OPERATOR = re.compile(r"\b(\w*(?:Functor\w*|_kernel|_kernel_cuda|_kernel_impl|_cuda_out|Ops|_functor)|launch_\w+)\b")
TEMPLATES = ("gpu_kernel_impl", "_cuda_scatter_gather_internal_kernel")
WRAPPERS = ("BinaryFunctor", "AUnaryFunctor", "BUnaryFunctor", "UnaryOpFunctor")


def read(path):
    """The kernels of one step, and whether it was captured: [(mangled name, grid and block)]."""
    captured, steps, step, ending = [], [], [], False
    with open(path) as lines:
        for line in lines:
            match = KERNEL.match(line.rstrip("\n"))
            if not match:
                continue
            name, shape, recorded = match.groups()
            if recorded:
                captured.append((name, shape.strip()))
                continue
            optimizes = bool(OPTIMIZER.search(name))
            if ending and not optimizes:
                steps.append(step)
                step = []
            ending = optimizes
            step.append((name, shape.strip()))
    if captured:
        return captured, True
    if len(steps) < 2:
        raise SystemExit(f"{path}: no whole step in it")
    return steps[-1], False


def demangled(names):
    if not shutil.which("c++filt"):
        return names
    done = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def short(name):
    """`elementwise_kernel<CUDAFunctor_add>`: the kernel, and the operator that its template was made for."""
    name = name.removeprefix("void ").replace("(anonymous namespace)::", "")
    base = re.match(r"[\w:]+", name).group().split("::")[-1]
    found = [word for word in OPERATOR.findall(name[name.find(base) + len(base):]) if not word.startswith(TEMPLATES)]
    kinds = re.search(r"Functor\w*<(\w+)", name)
    own = [word for word in found if word not in WRAPPERS] or found
    operator = own[0] if own else ""
    inner = " ".join(filter(None, [operator, kinds and kinds.group(1)]))
    return f"{base}<{inner}>" if inner else base


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--order", action="store_true", help="one by one, in the order of their launches")
    parser.add_argument("--full", action="store_true", help="whole names")
    parser.add_argument("log")
    options = parser.parse_args()
    kernels, captured = read(options.log)
    names = demangled([name for name, _ in kernels])
    names = names if options.full else [short(name) for name in names]
    print(f"{options.log}: {'captured' if captured else 'not captured'}, {len(kernels)} kernels a step")
    if options.order:
        for at, (name, (_, shape)) in enumerate(zip(names, kernels), 1):
            print(f"{at:4d}  {name}  {shape}".rstrip())
    else:
        for name, count in collections.Counter(names).most_common():
            print(f"{count:4d}  {name}")


if __name__ == "__main__":
    main()
