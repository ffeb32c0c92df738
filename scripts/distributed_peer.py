#!/usr/bin/env python3
"""Data-parallel training of the same network in Python PyTorch, and what summing gradients beside backward would bring.

    torchrun --nproc-per-node 2 scripts/distributed_peer.py --batch-size 256 --threads 1

The variants alternate, round by round, in the same processes, over Gloo on the CPU and NCCL on CUDA:

  local      no sums: what the processes reach side by side
  flat       one all-reduce of all gradients when backward is done, as the jar does
  ddp        DistributedDataParallel as it comes: its first bucket, of 1 MB, takes all of this network
  buckets    DistributedDataParallel with small buckets, each summed while backward goes on
"""
import argparse
import itertools
import os
import statistics
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import pytorch_reference as reference

BUCKET_MEGABYTES = 0.2
WARM_UP = 5
BATCHES = 8


def flat_gradients(model):
    """One buffer that all parameters' gradients are views of."""
    parameters = list(model.parameters())
    flat = torch.zeros(sum(p.numel() for p in parameters), device=parameters[0].device)
    for parameter, part in zip(parameters, flat.split([p.numel() for p in parameters])):
        parameter.grad = part.as_strided(parameter.size(), parameter.stride())
    return flat


def steps(variant, recipe, device):
    """Endless training, a step at each next(), on this process's part of the batch."""
    share = recipe.batch_size // dist.get_world_size()
    torch.manual_seed(recipe.seed)
    pixels = torch.randint(0, 256, (BATCHES * share, 3, 32, 32), dtype=torch.uint8)
    dataset = reference.ResidentDataset(pixels, torch.randint(0, 10, (len(pixels),)), device)
    model = reference.DynamicFilterNetwork(recipe.filters).to(device, memory_format=torch.channels_last)
    optimizer = reference.make_optimizer(model, recipe, fused=True)
    flat = flat_gradients(model) if variant in ("local", "flat") else None
    if flat is None:
        options = {"bucket_cap_mb": BUCKET_MEGABYTES} if variant == "buckets" else {}
        model = DistributedDataParallel(model, broadcast_buffers=False, gradient_as_bucket_view=True, **options)
    model.train()
    for epoch in itertools.count():
        for images, labels in dataset.training_batches(share, recipe.seed + dist.get_rank(), epoch, recipe.augment):
            flat.zero_() if flat is not None else optimizer.zero_grad(set_to_none=True)
            with reference.autocast(device, recipe):
                scores = model(images)
            torch.nn.functional.cross_entropy(scores.float(), labels).backward()
            if variant == "flat":
                dist.all_reduce(flat)
                flat.div_(dist.get_world_size())
            reference.update(optimizer, recipe, recipe.lr)
            yield


def seconds(step, count, device):
    dist.barrier()
    begin = time.perf_counter()
    for _ in range(count):
        next(step)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=256, help="images of a step, of all processes [%(default)s]")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=1, help="of each process [%(default)s]")
    parser.add_argument("--steps", type=int, default=20, help="of a variant in a round [%(default)s]")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    cuda = torch.cuda.is_available()
    dist.init_process_group("nccl" if cuda else "gloo")
    recipe = argparse.Namespace(**reference.DEFAULTS | vars(options))
    recipe.device = f"cuda:{os.environ['LOCAL_RANK']}" if cuda else "cpu"
    recipe.lr = 0.01                                                            # the labels are noise
    device = reference.set_up_device(recipe)
    variants = {name: steps(name, recipe, device) for name in ("local", "flat", "ddp", "buckets")}
    for step in variants.values():
        seconds(step, WARM_UP, device)
    times = {name: [] for name in variants}
    for _ in range(recipe.rounds):
        for name, step in variants.items():
            times[name].append(seconds(step, recipe.steps, device) / recipe.steps)
    if dist.get_rank() == 0:
        flat = statistics.median(times["flat"])
        print(f"{dist.get_world_size()} processes, {device}, {recipe.precision}, {recipe.batch_size} images of a step")
        for name, own in times.items():
            median = statistics.median(own)
            print(f"{name:8} {recipe.batch_size / median:10,.0f} images/s   {1e3 * median:8.2f} ms   {flat / median:.3f} x flat")
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
