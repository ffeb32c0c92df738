#!/usr/bin/env python3
"""Dynamic convolutional filters in plain PyTorch: the reference for the Java trainer.

The same network, recipe and checkpoints in one file that needs nothing but torch: the oracle of the Java tests
(`oracle`) and the speed peer (`benchmark`). `train` and `eval` read and write the same checkpoints as the jar.
"""
import argparse
import contextlib
import itertools
import json
import math
import os
import pickle
import shutil
import sys
import time
import zipfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

# The recipe: every key is an option of `train` and is recorded in the checkpoint.
DEFAULTS = dict(
    data="data/cifar-10-batches-bin", limit_train=0, limit_test=0, augment=True, flip="alternate", seed=0,
    backbone="random", filters="dynamic", filter_heads=1, filter_size=1, basis=8, basis_image="on",
    freeze="none", adapter=False,
    label_vectors="", freeze_labels=False,      # Java reads the file; a run that goes on here needs it no more
    epochs=10, batch_size=256, precision="fp32", label_smoothing=0.1, clip_grad=0.0,
    optimizer="muon", lr=0.06, rest_lr=0.3, momentum=0.9, weight_decay=0.025, filter_decay=0.3, schedule="onecycle",
    warmup=0.2,
    image_size=32, class_weights="none",
)
OWN = {"sgd": dict(lr=0.3, weight_decay=5e-4), "adamw": dict(lr=3e-3, weight_decay=5e-4),
       "muon": dict(lr=0.06, weight_decay=0.025)}                           # each optimizer's own, where none is given
JAVA_ONLY = {"accumulate": 1, "ema": 0, "val_split": 0, "hold_out": "", "crop": "auto", "scale": "none", "color_jitter": "none",
             "erase": 0, "mixup": 0, "cutmix": 0, "teacher": ""}                # and the value that means "not used"
FORMAT = "dynafilter/1"
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
PAD = 4


def fail(message, code=2):
    """Ends the program with one line on stderr: code 2 for wrong usage or bad input, 1 for a run that failed."""
    print(f"{Path(sys.argv[0]).name}: error: {' '.join(str(message).split())}", file=sys.stderr)
    sys.exit(code)


# ---- network ----
class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = downsample(inputs, outputs, stride)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(out)).add_(self.downsample(x)), inplace=True)


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs, stride, width, groups):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = downsample(inputs, outputs, stride)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = F.relu(self.bn2(self.conv2(out)), inplace=True)
        return F.relu(self.bn3(self.conv3(out)).add_(self.downsample(x)), inplace=True)


def downsample(inputs, outputs, stride):
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class Backbone(nn.Module):
    """A ResNet from conv1 through some block, with torchvision's names and initialisation; ResNet-18's layer1 by default."""

    def __init__(self, channels, counts=(2,), width=0, groups=1):
        """counts: the blocks of each stage; width: the channels inside a bottleneck of layer1, 0: blocks of two 3x3."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        inputs = channels
        for stage, count in enumerate(counts):
            outputs, blocks = (channels << stage) * (4 if width else 1), []
            for block in range(count):
                stride = 2 if stage and not block else 1
                blocks.append(Bottleneck(inputs, outputs, stride, width << stage, groups) if width
                              else BasicBlock(inputs, outputs, stride))
                inputs = outputs
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.stages = len(counts)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images):                                                  # [N, 3, 32, 32]
        x = F.relu(self.bn1(self.conv1(images)), inplace=True)                  # [N, 64, 16, 16]
        x = F.max_pool2d(x, 3, stride=2, padding=1)                             # [N, 64, 8, 8]
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x


class Adapter(nn.Module):
    """A layer between a backbone that does not train and the filters; the identity at first, where v is not negative."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        nn.init.dirac_(self.conv.weight)

    def calibrate(self, features):
        """Sets BatchNorm to change nothing, with the statistics of what the backbone makes of training images."""
        mean, var = features.mean((0, 2, 3)), features.var((0, 2, 3), correction=0)
        with torch.no_grad():
            self.bn.running_mean.copy_(mean), self.bn.running_var.copy_(var)
            self.bn.bias.copy_(mean), self.bn.weight.copy_((var + self.bn.eps).sqrt())

    def forward(self, v):
        return F.relu(self.bn(self.conv(v)), inplace=True)


class DynamicFilterNetwork(nn.Module):
    """Scores each class by the response maps of its own filters, which are generated from the label."""

    def __init__(self, filters, classes=10, channels=64, positions=64, backbone=None, adapter=False,
                 embedding_size=128, heads=1, size=1, basis=8, basis_image=True):
        super().__init__()
        self.kind, self.heads, self.size = filters, heads, size
        self.backbone = backbone or Backbone(channels)
        if adapter:
            self.adapter = Adapter(channels)
        if filters in ("static", "single"):
            self.filters = nn.Conv2d(channels, heads * (1 if filters == "single" else classes), size, bias=False)
        else:
            self.embedding = nn.Embedding(classes, embedding_size)
        if filters == "basis":
            self.temperature = 1.0
            self.basis = nn.Conv2d(channels, basis, 1, bias=False)
            self.mixer = nn.ModuleDict({"label": nn.Linear(embedding_size, basis)})
            if basis_image:
                self.mixer["image"] = nn.Linear(channels, basis, bias=False)
        elif filters in ("dynamic", "conditional", "local"):
            self.generator = nn.Sequential(nn.Linear(embedding_size, 256), nn.ReLU(),
                                           nn.Linear(256, heads * channels * size**2), nn.Tanh())
        if filters == "conditional":
            self.generator.add_module("image", nn.Linear(channels, 256, bias=False))
        if filters == "local":
            self.places = nn.Sequential(nn.Linear(embedding_size, 256), nn.ReLU(), nn.Linear(256, positions))
        self.predictor = nn.Sequential(nn.Linear(heads * positions, 64), nn.ReLU(),
                                       nn.Linear(64, classes if filters == "single" else 1))

    def generated_filters(self):
        """The filters as they are applied, each of length one: [10, 64, 1, 1], or [1, 64, 1, 1] for `single`; with heads as
        many of each. None: they are made of the image, too."""
        if self.kind == "conditional" or self.kind == "basis" and "image" in self.mixer:
            return None
        if self.kind == "basis":
            mixture = F.softmax(self.mixer["label"](self.embedding.weight) / self.tau(), dim=-1)
            return (mixture @ self.bank())[:, :, None, None]
        if self.kind in ("dynamic", "local"):
            weight = self.generator(self.embedding.weight)
        else:
            weight = self.filters.weight.flatten(1)
        if hasattr(self, "generator"):
            weight = weight.view(self.heads * len(weight), -1)
        return F.normalize(weight, dim=1, eps=1e-12).view(len(weight), -1, self.size, self.size)

    def tau(self):
        """The temperature of the mixture; 1 outside training."""
        return self.temperature if self.training else 1.0

    def bank(self):
        return F.normalize(self.basis.weight.flatten(1), dim=1, eps=1e-12)      # [M, 64]

    def image_filters(self, v):
        """The filters of each image of which v is the feature map: [N, 10, 64]."""
        means = v.mean((2, 3))
        if self.kind == "basis":
            logits = self.mixer["label"](self.embedding.weight) + self.mixer["image"](means)[:, None]
            return F.softmax(logits / self.tau(), dim=-1) @ self.bank()
        hidden = self.generator[0](self.embedding.weight) + self.generator.image(means)[:, None]
        return F.normalize(torch.tanh(self.generator[2](F.relu(hidden))), dim=-1, eps=1e-12)

    def features(self, images):
        v = self.backbone(images)
        return self.adapter(v) if hasattr(self, "adapter") else v

    def response_maps(self, images, filters=None):
        """One map per filter. `filters`: those of a network that is not being trained, computed once."""
        v = self.features(images)
        filters = self.generated_filters() if filters is None else filters
        if filters is None:
            maps = torch.einsum("nkc,nchw->nkhw", self.image_filters(v), v)
            return maps / math.sqrt(v.shape[1])
        maps = F.conv2d(v, filters, padding=self.size // 2) / math.sqrt(filters[0].numel())     # [N, 10, 8, 8]
        if self.kind == "local":
            maps = maps * (1 + self.places(self.embedding.weight)).view(maps.shape[1:])
        return maps

    def forward(self, images, filters=None):
        maps = self.response_maps(images, filters)                              # [N, 10, 8, 8]; single: [N, 1, 8, 8]
        rows = maps.reshape(len(maps), maps.shape[1] // self.heads, -1)
        return self.predictor(rows).flatten(1)                                  # [N, 10]


# ---- data ----
class ResidentDataset:
    """The whole set as uint8 on the device; crops, flips and normalisation are batched work there."""

    def __init__(self, images, labels, device):                                 # uint8 [n, 3, 32, 32], int64 [n]
        size = images.shape[-1]
        pad = self.pad = PAD * size // 32
        padded = F.pad(images.to(device).permute(0, 2, 3, 1), (0, 0, pad, pad, pad, pad))   # black, [n, 40, 40, 3]
        self.windows = padded.unfold(1, size, 1).unfold(2, size, 1)             # a view: [n, 9, 9, 3, 32, 32]
        self.images = self.windows[:, pad, pad]                                 # uncropped: [n, 3, 32, 32]
        self.labels = labels.to(device)
        self.normalize_by({"mean": MEAN, "std": STD})

    def normalize_by(self, statistics):
        """statistics: of a checkpoint, None where it has none, whose images had those of CIFAR-10."""
        if statistics:
            mean, std = (torch.tensor(statistics[name], device=self.labels.device).view(3, 1, 1) for name in ("mean", "std"))
            self.scale, self.shift = 1 / (255 * std), -mean / std

    def __len__(self):
        return len(self.labels)

    def normalize(self, pixels):
        pixels = pixels.to(torch.float32, memory_format=torch.channels_last)
        return torch.addcmul(self.shift, pixels, self.scale)                    # (pixels / 255 - mean) / std

    def training_batches(self, batch_size, seed, epoch, augment, first=0, flips="random"):
        """The shuffled full batches of an epoch from batch `first` on: a function of seed and epoch."""
        device, n = self.labels.device, len(self)
        rng = torch.Generator(device).manual_seed((seed * 1_000_003 + epoch) % 2**63)
        order = torch.randperm(n, generator=rng, device=device)
        top, left = torch.randint(0, 2 * self.pad + 1, (2, n), generator=rng, device=device)
        flip = torch.rand(n, 1, 1, 1, generator=rng, device=device) < 0.5
        if flips == "alternate":        # each image in every second epoch
            rng = torch.Generator(device).manual_seed(seed)
            odd = torch.randint(2, (n, 1, 1, 1), generator=rng, device=device)[order]
            flip = (odd + epoch) % 2 == 1
        elif flips == "none":           # else, "random" or "h", by chance
            flip = torch.zeros_like(flip)
        for start in range(first * batch_size, n - batch_size + 1, batch_size):
            batch = slice(start, start + batch_size)
            if augment:
                crops = self.windows[order[batch], top[batch], left[batch]]     # [N, 3, 32, 32]
                pixels = torch.where(flip[batch], crops.flip(3), crops)
            else:
                pixels = self.images[order[batch]]
            yield self.normalize(pixels), self.labels[order[batch]]


def read(args, split, device, size, exif=True):
    """The split "train" or "test" of --data, and its classes: CIFAR-10, or a folder of images that the jar has decoded.

    Where it has decoded them upright and as they are stored, exif says which are taken.
    """
    for name in (split, "validation")[:1 if split == "train" else 2]:
        for way in ("-upright", "") if exif else ("", "-upright"):
            cache = Path(args.data, ".dynafilter-cache", f"{name}-{size}x{size}{way}.cache")
            if cache.is_file():
                return read_decoded(cache, size, device)
    names = ["test_batch.bin"] if split == "test" else [f"data_batch_{i}.bin" for i in range(1, 6)]
    return read_cifar10(args.data, names, args.limit_test if split == "test" else args.limit_train, device, size), CLASSES


def check_classes(known, names, args):
    """CIFAR-10's may have other names in a file that this does not read."""
    if known != names and (names is not CLASSES or len(known) != len(names)):
        fail(f"--data {args.data}: has other classes than the checkpoint")


def read_decoded(cache, size, device):
    """Pixels, a table of the files, a JSON index, the number of its bytes (8, big-endian) and a word of 8 bytes."""
    data = torch.from_file(str(cache), size=cache.stat().st_size, dtype=torch.uint8)
    length = int.from_bytes(data[-16:-8].numpy().tobytes(), "big")
    index = json.loads(data[-16 - length:-16].numpy().tobytes())
    end = -16 - length - index["tableBytes"]
    records = data[end:end + 64 * index["fileCount"]].view(-1, 64)  # a file's begins with its label, 4 bytes, big-endian
    labels = (records[:, :4].long() * torch.tensor([1 << 24, 1 << 16, 1 << 8, 1])).sum(1)
    return ResidentDataset(data[:end].view(-1, 3, size, size), labels, device), index["classes"]


def read_cifar10(directory, names, limit, device, image_size):
    """CIFAR-10's binary version: records of 1 label byte and 3072 pixel bytes."""
    parts = []
    for path in (Path(directory, name) for name in names):
        if path.is_file():
            size = path.stat().st_size
            if size == 0 or size % 3073:
                fail(f"{path}: {size} bytes are not a whole number of 3073-byte records")
            parts.append(torch.from_file(str(path), size=size, dtype=torch.uint8).view(-1, 3073))
            if parts[-1][:, 0].max() > 9:
                fail(f"{path}: found label {parts[-1][:, 0].max()}, expected 0 to 9")
    if not parts:
        fail(f"{directory}: no {names[0]} there; --data takes a folder with CIFAR-10, the binary version")
    records = torch.cat(parts)[:limit or None]
    images = records[:, 1:].reshape(-1, 3, 32, 32)
    if image_size != 32:
        images = torch.cat([F.interpolate(part.float(), (image_size, image_size), mode="bilinear", antialias=True)
                            .round().clamp(0, 255).byte() for part in images.split(1000)])
    return ResidentDataset(images, records[:, 0].long(), device)


# ---- training ----
def learning_rate(recipe, step, total):
    """The rate of optimizer step 0 .. total - 1."""
    peak = recipe.lr
    if recipe.schedule == "onecycle":           # torch's OneCycleLR with linear annealing, in closed form
        start, end = peak / 25, peak / 25 / 1e4
        top = recipe.warmup * total - 1         # the step of the peak, rarely a whole number
        if step <= top and top > 0:
            return start + (peak - start) * (step / top)
        return peak + (end - peak) * ((step - top) / (total - 1 - top))
    warm = round(recipe.warmup * total)
    if step < warm:
        return peak * (step + 1) / warm
    progress = (step - warm) / (total - warm)
    if recipe.schedule == "cosine":
        return peak * 0.5 * (1 + math.cos(math.pi * progress))
    if recipe.schedule == "step":
        return peak * (0.1 if progress >= 0.5 else 1) * (0.1 if progress >= 0.75 else 1)
    return peak


class Muon(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024) for groups with `ns_steps`, SGD with Nesterov momentum for the others.

    As torch.optim.Muon, in float32 and for convolutions, too, as matrices [outputs, inputs * height * width].
    """

    def __init__(self, groups, lr, rest_lr, momentum):
        own = dict(lr=lr, momentum=0.95, nesterov=True, ns_coefficients=(3.4445, -4.7750, 2.0315), eps=1e-7, ns_steps=5,
                   adjust_lr_fn=None)
        rest = dict(lr=rest_lr, momentum=momentum, dampening=0.0, nesterov=momentum > 0, maximize=False)
        self.rest_factor = rest_lr / lr
        hidden = [True] * (len(groups) - 2) + [False, False]
        super().__init__([(own if apart else rest) | group for apart, group in zip(hidden, groups)], {})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            update = self.orthogonal if "ns_steps" in group else self.descend
            for parameter in group["params"]:
                buffer = self.state[parameter].setdefault("momentum_buffer", torch.zeros_like(parameter))
                update(parameter, parameter.grad, buffer, group)

    @staticmethod
    def orthogonal(parameter, gradient, buffer, group):
        a, b, c = group["ns_coefficients"]
        buffer.lerp_(gradient, 1 - group["momentum"])
        given = gradient.lerp(buffer, group["momentum"]).flatten(1)
        rows, columns = given.shape
        x = given.T if rows > columns else given
        x = x / x.norm().clamp(min=group["eps"])
        for _ in range(group["ns_steps"]):
            gram = x @ x.T
            x = a * x + (b * gram + c * gram @ gram) @ x
        x = (x.T if rows > columns else x).reshape(parameter.shape)
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(x, alpha=-group["lr"] * max(1, rows / columns) ** 0.5)

    @staticmethod
    def descend(parameter, gradient, buffer, group):
        gradient = gradient + group["weight_decay"] * parameter
        if group["momentum"]:       # the buffer stays zero without
            buffer.mul_(group["momentum"]).add_(gradient)
            gradient = gradient + group["momentum"] * buffer
        parameter.sub_(group["lr"] * gradient)


def temperature(done):
    """Of the mixture of --filters basis, after a share of all steps: from 30 to 1 in the first tenth."""
    return 30 - 29 * done / 0.1 if done < 0.1 else 1.0


def make_optimizer(model, recipe, **implementation):
    """Freezes what --freeze and --freeze-labels say; the rest trains, without weight decay for biases and BatchNorm."""
    for module in model.backbone.modules():
        if recipe.freeze == "all" or recipe.freeze == "all-but-bn" and not hasattr(module, "running_mean"):
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(False)
    if recipe.freeze_labels and hasattr(model, "embedding"):
        model.embedding.weight.requires_grad_(False)
    trainable = [p for p in model.parameters() if p.requires_grad]
    if recipe.optimizer == "muon":
        outer = ("embedding.weight", "filters.weight", "basis.weight", "predictor.2.weight")
        outer = {id(parameter) for name, parameter in model.named_parameters() if name in outer}
        makers = ("generator.", "places.", "mixer.") if recipe.filter_decay != recipe.weight_decay else ()
        makers = {id(parameter) for name, parameter in model.named_parameters() if name.startswith(makers)}
        hidden = [p for p in trainable if p.ndim >= 2 and id(p) not in outer]
        # In the long run SGD takes as much off its weights as Muon does.
        rest_decay = recipe.weight_decay * recipe.lr / recipe.rest_lr * (1 - recipe.momentum)
        groups = [dict(params=[p for p in hidden if id(p) not in makers], weight_decay=recipe.weight_decay),
                  dict(params=[p for p in hidden if id(p) in makers], weight_decay=recipe.filter_decay),
                  dict(params=[p for p in trainable if p.ndim >= 2 and id(p) in outer], weight_decay=rest_decay),
                  dict(params=[p for p in trainable if p.ndim < 2], weight_decay=0.0)]
        groups[1:2] = [group for group in groups[1:2] if group["params"]]
        return Muon(groups, recipe.lr, recipe.rest_lr, recipe.momentum)
    groups = [dict(params=[p for p in trainable if p.ndim >= 2], weight_decay=recipe.weight_decay),
              dict(params=[p for p in trainable if p.ndim < 2], weight_decay=0.0)]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, recipe.lr, betas=(0.9, 0.999), eps=1e-8, **implementation)
    return torch.optim.SGD(groups, recipe.lr, recipe.momentum, nesterov=recipe.momentum > 0, **implementation)


def set_training(model, recipe):
    model.train()
    if recipe.freeze == "all":
        model.backbone.eval()


def autocast(device, recipe):
    return torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16")


def class_weights(labels, classes, recipe):
    """None, or n / (classes that occur * count of the class), 0 for those that do not occur."""
    if recipe.class_weights == "none":
        return None
    counts = labels.bincount(minlength=classes).double()
    weights = len(labels) / ((counts > 0).sum() * counts)
    return weights.where(counts > 0, 0).float()


def forward_backward(model, optimizer, images, labels, recipe, weights=None):
    optimizer.zero_grad(set_to_none=True)
    with autocast(images.device, recipe):
        scores = model(images)
    loss = F.cross_entropy(scores.float(), labels, weights, label_smoothing=recipe.label_smoothing)
    loss.backward()
    return scores.detach(), loss.detach()


def update(optimizer, recipe, lr):
    if recipe.clip_grad > 0:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(parameters, recipe.clip_grad)
    for group in optimizer.param_groups:
        group["lr"] = lr * optimizer.rest_factor if isinstance(optimizer, Muon) and "ns_steps" not in group else lr
    optimizer.step()


def train_step(model, optimizer, images, labels, recipe, lr, loss_sum, correct, weights=None):
    """One step; its metrics are summed on the device, so nothing here waits for it."""
    scores, loss = forward_backward(model, optimizer, images, labels, recipe, weights)
    update(optimizer, recipe, lr)
    loss_sum += loss
    correct += (scores.argmax(1) == labels).sum()


def inference(model, dataset, batch_size):
    """The scores of all images in order, a batch at a time; the caller holds inference mode and autocast."""
    model.eval()
    filters = model.generated_filters()
    for pixels in dataset.images.split(batch_size):
        yield model(dataset.normalize(pixels), filters)     # [N, 10]


def score(model, dataset, recipe, batch_size=1000):
    """The scores of all images: [n, 10]."""
    with torch.inference_mode(), autocast(dataset.labels.device, recipe):
        return torch.cat(list(inference(model, dataset, batch_size))).float()


def evaluate(model, dataset, recipe, batch_size=1000):
    """Accuracy, mean cross-entropy and confusion matrix (rows: true class)."""
    return judge(score(model, dataset, recipe, batch_size), dataset)


def judge(scores, dataset):
    classes = scores.shape[1]
    confusion = torch.bincount(dataset.labels * classes + scores.argmax(1), minlength=classes**2)
    confusion = confusion.view(classes, classes).cpu()
    return confusion.trace().item() / len(dataset), F.cross_entropy(scores, dataset.labels).item(), confusion


def zero_shot(scores, labels, unseen):
    """The measures of Xian et al. 2018 on labels that training held out. `unseen`: bool [K], on the CPU."""
    def accuracy(chosen, among):
        """The mean over the chosen labels that have images of how many of these are right, where some labels compete."""
        best = scores.cpu().masked_fill(~among, -math.inf).argmax(1)
        rates = [(best[of == label] == label).double().mean().item()
                 for label in chosen.nonzero().flatten().tolist() for of in [labels.cpu()] if (of == label).any()]
        return sum(rates) / len(rates)

    every = torch.ones_like(unseen)
    u, s = accuracy(unseen, every), accuracy(~unseen, every)
    return {"unseen_among_unseen": accuracy(unseen, unseen), "unseen_among_all": u,
            "seen_among_seen": accuracy(~unseen, ~unseen), "seen_among_all": s,
            "harmonic_mean": 2 * u * s / (u + s) if u + s else 0.0}


# ---- checkpoints ----
def portable(value):
    """A copy on the CPU, row-major whatever memory format the tensors have here."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().clone(memory_format=torch.contiguous_format)
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    return [portable(item) for item in value] if isinstance(value, list) else value


def save(value, path):
    """Whole or not at all: a temporary file, forced to disk, renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as file:
        torch.save(portable(value), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


@contextlib.contextmanager
def reading(path):
    try:
        yield
    except KeyError as error:
        fail(f"{path}: has no {error}")
    except OSError as error:
        fail(f"{path}: {error.strerror or error}")
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        fail(f"{path}: {str(error).split('. ')[0]}")


def is_torchscript(path):
    return zipfile.is_zipfile(path) and any(
        name.endswith("/constants.pkl") for name in zipfile.ZipFile(path).namelist())


def load(path):
    if is_torchscript(path):
        fail(f"{path}: is TorchScript; this needs a file of torch.save")
    with reading(path):
        return torch.load(path, map_location="cpu", weights_only=True)


def load_checkpoint(path):
    checkpoint = load(path)
    if not isinstance(checkpoint, dict) or checkpoint.get("format") != FORMAT:
        fail(f"{path}: not a {FORMAT} checkpoint")
    return checkpoint


def network_of(checkpoint, path, key="model"):
    with reading(path):
        state, recipe = checkpoint[key], checkpoint["recipe"]
        kind, heads, size = recipe["filters"], recipe.get("filter_heads", 1), recipe.get("filter_size", 1)
        if "generator.2.weight" in state:
            channels = state["generator.2.weight"].shape[0] // (heads * size**2)
        else:
            channels = state["basis.weight" if kind == "basis" else "filters.weight"].shape[1]
        backbone = program_beside(path) if checkpoint.get("backbone_program_sha256") else resnet_of(state)
        model = DynamicFilterNetwork(
            kind, len(checkpoint["classes"]), channels, state["predictor.0.weight"].shape[1] // heads, backbone,
            "adapter.conv.weight" in state, state["embedding.weight"].shape[1] if "embedding.weight" in state else 0,
            heads, size, recipe.get("basis", 8), recipe.get("basis_image", "on") == "on")
        model.load_state_dict(state, strict=True)
        return model


def resnet_of(state):
    """The ResNet's first layers that the tensors of a network's backbone are of."""
    blocks = {tuple(map(int, name[len("backbone.layer"):].split(".")[:2])) for name in state
              if name.startswith("backbone.layer")}
    counts = [sum(stage == each for stage, _ in blocks) for each in sorted({stage for stage, _ in blocks})]
    inner = state["backbone.layer1.0.conv2.weight"]                             # [width, width / groups, 3, 3]
    bottleneck = "backbone.layer1.0.conv3.weight" in state
    return Backbone(len(state["backbone.conv1.weight"]), counts, len(inner) if bottleneck else 0,
                    len(inner) // inner.shape[1])


def program_beside(path):
    """How another backbone than a ResNet computes: TorchScript in the run's folder, without its weights."""
    program = torch.jit.load(Path(path).parent / "backbone.ts.pt", map_location="cpu")
    for tensor in itertools.chain(program.parameters(), program.buffers()):
        tensor.data = torch.zeros(tensor.shape, dtype=tensor.dtype)     # was one number for all
    for parameter in program.parameters():
        parameter.requires_grad_(True)
    return program


def load_backbone(backbone, path):
    """From a state dict or a TorchScript file, of the whole ResNet-18 or of its first layers."""
    with reading(path):
        weights = torch.jit.load(path, map_location="cpu").state_dict() if is_torchscript(path) else load(path)
        own = backbone.state_dict()
        backbone.load_state_dict({name: value for name, value in weights.items() if name in own}, strict=True)


def load_optimizer_state(optimizer, saved, path):
    """Takes over the state of every parameter, not the hyperparameters. False: it is that of another optimizer."""
    if not saved or not saved["state"]:
        return True
    kind = "exp_avg" if isinstance(optimizer, torch.optim.AdamW) else "momentum_buffer"
    if not all(kind in state for state in saved["state"].values()):
        return False
    groups = optimizer.state_dict()["param_groups"]
    if [group["params"] for group in saved["param_groups"]] != [group["params"] for group in groups]:
        fail(f"{path}: its optimizer has other parameter groups; was --freeze different?")
    optimizer.load_state_dict({"state": saved["state"], "param_groups": groups})
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if key != "step" and value is not None:
                if value.shape != parameter.shape:
                    fail(f"{path}: {key} has shape {tuple(value.shape)}, its parameter {tuple(parameter.shape)}")
                # Fused optimizers walk raw memory: the state must have its parameter's strides.
                state[key] = torch.empty_like(parameter).copy_(value)
    return True


# ---- commands ----
def set_up_device(args):
    """The device of --device, with --threads, --precision and --seed in force."""
    name = args.device if args.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda") or kind == "cpu" and index or index and not index.isdigit():
        fail(f"--device {name}: expected auto, cpu, cuda or cuda:N")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        fail(f"--device {name}: torch {torch.__version__} finds {torch.cuda.device_count()} CUDA devices here;"
             " --device cpu always works")
    if kind == "cpu" and args.precision == "tf32":
        fail("--precision tf32: only CUDA devices have it; use fp32")
    if args.threads:
        torch.set_num_threads(args.threads)
    if kind == "cuda":
        torch.cuda.set_device(int(index or 0))
        torch.backends.cudnn.benchmark = True
        float32 = "tf32" if args.precision == "tf32" else "ieee"
        torch.backends.cuda.matmul.fp32_precision = torch.backends.cudnn.conv.fp32_precision = float32
    torch.manual_seed(args.seed)
    return torch.device(name)


def describe(device):
    info = {"type": device.type, "torch": torch.__version__, "threads": torch.get_num_threads()}
    if device.type == "cuda":
        info |= {"name": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
    return info


def write_json(args, value):
    if args.json:
        Path(args.json).write_text(json.dumps(value, indent=2) + "\n")


def train(args):
    device = set_up_device(args)
    out = Path(args.out or (Path(args.resume).parent if args.resume else f"checkpoints/pytorch-{args.filters}"))
    if not args.resume and (out / "last.pt").exists():
        fail(f"{out}: holds a run already; continue it with --resume {out / 'last.pt'}, or choose another --out")
    train_data, names = read(args, "train", device, args.image_size)
    test_data, _ = read(args, "test", device, args.image_size)
    batch_size = min(args.batch_size, len(train_data))
    steps_per_epoch = len(train_data) // batch_size
    total = args.epochs * steps_per_epoch
    stop = min(total, args.max_steps or total)

    if args.resume:
        saved = load_checkpoint(args.resume)
        model = network_of(saved, args.resume)
        with reading(args.resume):
            step, epoch, best, classes = (saved[key] for key in ("step", "epoch", "best_accuracy", "classes"))
        for name in ("filters", "filter_heads", "filter_size", "basis", "basis_image"):
            if getattr(args, name) != saved["recipe"].get(name, DEFAULTS[name]):
                fail(f"{args.resume}: its {name} is {saved['recipe'].get(name)}, not {getattr(args, name)}")
        if saved.get("extended"):
            fail(f"{args.resume}: labels were added to it, by `dynafilter extend`; no run goes on from there")
        for data in (train_data, test_data):
            data.normalize_by(saved.get("normalization"))
        program = {key: saved[key] for key in ("backbone_program_sha256", "normalization") if key in saved}
        if "backbone_program_sha256" in program and out.resolve() != Path(args.resume).parent.resolve():
            out.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(args.resume).parent / "backbone.ts.pt", out)
        if any(saved["recipe"].get(name) not in (None, unused) for name, unused in JAVA_ONLY.items()):
            fail(f"{args.resume}: was trained with one of {', '.join(JAVA_ONLY)}, which only the Java trainer has")
        if saved["recipe"].get("flip") in ("v", "hv"):
            fail(f"{args.resume}: was trained with --flip {saved['recipe']['flip']}, which only the Java trainer has")
        if epoch != step // steps_per_epoch:
            fail(f"{args.resume}: step {step} in epoch {epoch} does not fit {steps_per_epoch} steps an epoch;"
                 " were --data, --limit-train or --batch-size different?")
    else:
        step, best, classes, program = 0, -1.0, names, {}
        side = -(-args.image_size // 4)                                         # of the feature map
        model = DynamicFilterNetwork(args.filters, len(classes), positions=side * side, adapter=args.adapter,
                                     heads=args.filter_heads, size=args.filter_size, basis=args.basis,
                                     basis_image=args.basis_image == "on")
        if args.backbone != "random":
            load_backbone(model.backbone, args.backbone)
        if args.adapter:
            with torch.no_grad():
                model.adapter.calibrate(model.eval().backbone(train_data.normalize(train_data.images[:1000]).cpu()))
    check_classes(classes, names, args)
    weights = class_weights(train_data.labels, len(classes), args)
    model.to(device, memory_format=torch.channels_last)
    optimizer = make_optimizer(model, args, fused=True)
    if args.resume and not load_optimizer_state(optimizer, saved.get("optimizer"), args.resume):
        fail(f"{args.resume}: its optimizer state is not that of --optimizer {args.optimizer}")

    print(f"{describe(device)} precision {args.precision} seed {args.seed}\n{len(train_data)} training images, "
          f"{len(test_data)} test images, steps {step} to {stop} of {total}, checkpoints in {out}", flush=True)
    while step < stop:
        epoch, first, started = step // steps_per_epoch, step, time.perf_counter()
        loss_sum, correct = torch.zeros((), device=device), torch.zeros((), dtype=torch.int64, device=device)
        set_training(model, args)
        batches = train_data.training_batches(batch_size, args.seed, epoch, args.augment, step % steps_per_epoch,
                                              args.flip)
        for images, labels in itertools.islice(batches, stop - step):
            lr, model.temperature = learning_rate(args, step, total), temperature(step / total)
            train_step(model, optimizer, images, labels, args, lr, loss_sum, correct, weights)
            step += 1
        seen, loss, correct = (step - first) * batch_size, loss_sum.item() / (step - first), correct.item()
        seconds = time.perf_counter() - started
        if not math.isfinite(loss):
            fail(f"the training loss of epoch {epoch + 1} is {loss}; try a lower --lr or --clip-grad 1", code=1)
        accuracy, test_loss, _ = evaluate(model, test_data, args)
        print(f"epoch {epoch + 1:3}/{args.epochs}  lr {lr:.5f}  train loss {loss:.4f} accuracy {correct / seen:.2%}  "
              f"test loss {test_loss:.4f} accuracy {accuracy:.2%}  {seen / seconds:.0f} images/s", flush=True)
        improved, best = accuracy > best, max(accuracy, best)
        state = {"format": FORMAT, "model": model.state_dict(), "optimizer": optimizer.state_dict(),
                 "epoch": step // steps_per_epoch, "step": step, "best_accuracy": best, "classes": classes,
                 "recipe": {name: getattr(args, name) for name in DEFAULTS}, "rng": {"seed": args.seed}} | program
        for name in ["best.pt"] * improved + ["last.pt"]:
            save(state, out / name)
    print(f"best test accuracy {best:.2%} after {step} of {total} steps")


def add_held_out(model, checkpoint, names):
    """The labels of a network and, where the data set has all of them, those that training held out, as further embeddings."""
    known, held = list(checkpoint["classes"]), checkpoint.get("held_out", {"labels": []})
    further = [i for i, name in enumerate(held["labels"]) if name not in known]
    every = known + [held["labels"][i] for i in further]
    if not further or sorted(every) != sorted(names):
        return known
    model.embedding = nn.Embedding.from_pretrained(torch.cat([model.embedding.weight.detach(), held["vectors"][further]]))
    return every


def evaluate_checkpoint(args):
    device = set_up_device(args)
    checkpoint = load_checkpoint(args.model)
    key = "ema" if "ema" in checkpoint else "model"             # a run with an average tells its accuracy
    model = network_of(checkpoint, args.model, key)
    recipe = checkpoint["recipe"]
    dataset, names = read(args, "test", device, recipe.get("image_size", 32), recipe.get("exif", False))
    dataset.normalize_by(checkpoint.get("normalization"))
    known = add_held_out(model, checkpoint, names)
    model.to(device, memory_format=torch.channels_last)
    if sorted(known) == sorted(names):                          # labels added to a network come last there
        dataset.labels = torch.tensor([known.index(name) for name in names], device=device)[dataset.labels]
    else:
        check_classes(known, names, args)
    scores = score(model, dataset, args, args.batch_size)
    accuracy, loss, confusion = judge(scores, dataset)
    if args.scores:
        save({"scores": scores, "labels": dataset.labels}, Path(args.scores))
    per_class = [row[i].item() / row.sum().item() if row.any() else None for i, row in enumerate(confusion)]
    print(f"accuracy {accuracy:.2%}  loss {loss:.4f}  {len(dataset)} images")
    result = {"accuracy": accuracy, "loss": loss, "images": len(dataset), "classes": known,
              "per_class_accuracy": per_class, "confusion": confusion.tolist()}
    held_out = checkpoint.get("held_out", {"labels": []})["labels"]
    if held_out and set(held_out) <= set(known):
        result["zero_shot"] = zero_shot(scores, dataset.labels, torch.tensor([name in held_out for name in known]))
        print("  ".join(f"{name} {value:.2%}" for name, value in result["zero_shot"].items()))
    write_json(args, result)


def oracle(args):
    """Row-major tensors and torch.optim's plain loop: nothing fast, so that little can go wrong."""
    device = set_up_device(args)
    checkpoint, batch = load_checkpoint(args.model), load(args.batch)
    model = network_of(checkpoint, args.model).to(device)
    optimizer = make_optimizer(model, args, foreach=False, fused=False)
    load_optimizer_state(optimizer, checkpoint.get("optimizer"), args.model)
    with reading(args.batch):
        images, labels = batch["images"].to(device), batch["labels"].to(device)
    model.eval()
    with torch.no_grad():
        filters = model.generated_filters()
        result = {"eval_scores": model(images), "response_maps": model.response_maps(images),
                  "filters": model.image_filters(model.features(images)) if filters is None else filters}
    set_training(model, args)
    weights = class_weights(labels, len(checkpoint["classes"]), args)
    for step in range(args.steps):
        scores, loss = forward_backward(model, optimizer, images, labels, args, weights)
        if step == 0:       # the gradients as they come, before any clipping
            grads = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
            result |= {"scores": scores, "loss": loss, "grads": grads}
        update(optimizer, args, args.lr)
    save(result | {"model": model.state_dict(), "optimizer": optimizer.state_dict()}, Path(args.out))
    print(f"loss {result['loss'].item():.6f}, {args.steps} steps, written to {args.out}")


def training_steps(model, dataset, args):
    """Endless training, a step at each next()."""
    set_training(model, args)
    optimizer, device = make_optimizer(model, args, fused=True), dataset.labels.device
    loss_sum, correct = torch.zeros((), device=device), torch.zeros((), dtype=torch.int64, device=device)
    for epoch in itertools.count():
        for images, labels in dataset.training_batches(args.batch_size, args.seed, epoch, args.augment):
            yield train_step(model, optimizer, images, labels, args, args.lr, loss_sum, correct)


def time_steps(steps, count, device):
    """Seconds of each of `count` steps; on CUDA between events, so that the host runs ahead as in training."""
    if device.type == "cuda":
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
        marks[0].record()
        for mark in marks[1:]:
            next(steps)
            mark.record()
        marks[-1].synchronize()
        return [before.elapsed_time(after) / 1e3 for before, after in itertools.pairwise(marks)]
    marks = [time.perf_counter()]
    for _ in range(count):
        next(steps)
        marks.append(time.perf_counter())
    return [after - before for before, after in itertools.pairwise(marks)]


def benchmark(args):
    device, n = set_up_device(args), max(1, 4096 // args.batch_size) * args.batch_size
    pixels, labels = torch.randint(0, 256, (n, 3, 32, 32), dtype=torch.uint8), torch.randint(0, 10, (n,))
    dataset = ResidentDataset(pixels, labels, device)
    model = DynamicFilterNetwork(args.filters, heads=args.filter_heads, size=args.filter_size, basis=args.basis,
                                 basis_image=args.basis_image == "on").to(device, memory_format=torch.channels_last)
    if args.mode == "train":
        return measure(training_steps(model, dataset, args), args, device)
    with torch.inference_mode(), autocast(device, args):
        passes = (inference(model, dataset, args.batch_size) for _ in itertools.count())
        measure(itertools.chain.from_iterable(passes), args, device)


def measure(steps, args, device):
    time_steps(steps, args.warmup_steps, device)
    if args.serve:
        print("ready", flush=True)
        for line in sys.stdin:
            print(*(f"{seconds:.9f}" for seconds in time_steps(steps, int(line), device)), flush=True)
        return
    seconds = torch.tensor(time_steps(steps, args.steps, device), dtype=torch.float64)
    median, p10, p90 = (seconds * 1e3).quantile(torch.tensor([0.5, 0.1, 0.9], dtype=torch.float64)).tolist()
    images_per_second = args.steps * args.batch_size / seconds.sum().item()
    print(f"{args.mode} {args.filters} {args.precision} batch {args.batch_size} on {device}: "
          f"{images_per_second:.0f} images/s, {median:.2f} ms a step (p10 {p10:.2f}, p90 {p90:.2f})")
    write_json(args, {"device": describe(device), "results": [{
        "mode": args.mode, "precision": args.precision, "batch_size": args.batch_size, "cuda_graph": False,
        "images_per_second": images_per_second, "step_ms": {"median": median, "p10": p10, "p90": p90}}]})


# ---- command line ----
def number(kind, low, high=math.inf):
    def convert(text):
        if not low <= kind(text) < high:
            raise argparse.ArgumentTypeError(f"{text} is out of range [{low}, {high})")
        return kind(text)
    convert.__name__ = kind.__name__        # for argparse's message
    return convert


OPTIONS = {
    "data": dict(metavar="DIR", help="CIFAR-10, binary version, or a folder of images that the jar has decoded"),
    "image_size": dict(metavar="S", type=number(int, 8, 1025), help="height and width"),
    "backbone": dict(metavar="random|FILE", help="state dict (.pth) or TorchScript file of ResNet-18 or its stem"),
    "filters": dict(choices=("dynamic", "static", "single", "conditional", "basis", "local"),
                    help="where the filters come from"),
    "filter_heads": dict(metavar="H", type=number(int, 1), help="filters of a label"),
    "filter_size": dict(choices=(1, 3), type=int, help="height and width of a filter"),
    "basis": dict(metavar="M", type=number(int, 1), help="filters that basis mixes"),
    "basis_image": dict(choices=("on", "off"), help="whether the image has a part in the mixture"),
    "freeze": dict(choices=("none", "all", "all-but-bn"), help="what of the backbone is not trained"),
    "freeze_labels": dict(action=argparse.BooleanOptionalAction, help="the labels' embeddings are not trained"),
    "adapter": dict(action=argparse.BooleanOptionalAction, help="a trainable layer between backbone and filters"),
    "epochs": dict(metavar="N", type=number(int, 1)),
    "batch_size": dict(metavar="N", type=number(int, 1)),
    "optimizer": dict(choices=("sgd", "adamw", "muon"), help="SGD with Nesterov momentum, AdamW, or Muon beside SGD"),
    "lr": dict(metavar="LR", type=number(float, 0),
               help="peak learning rate; each optimizer has its own default"),
    "rest_lr": dict(metavar="LR", type=number(float, 0), help="peak learning rate of SGD beside Muon"),
    "momentum": dict(metavar="M", type=number(float, 0, 1)),
    "weight_decay": dict(metavar="W", type=number(float, 0), help="of matrices and filters; each optimizer's own default"),
    "filter_decay": dict(metavar="W", type=number(float, 0), help="Muon's weight decay of what makes filters"),
    "schedule": dict(choices=("onecycle", "cosine", "step", "constant")),
    "warmup": dict(metavar="SHARE", type=number(float, 0, 1), help="share of the steps"),
    "label_smoothing": dict(metavar="S", type=number(float, 0, 1)),
    "class_weights": dict(choices=("none", "balanced"), help="what an image counts in the loss"),
    "clip_grad": dict(metavar="NORM", type=number(float, 0), help="greatest gradient norm; 0: off"),
    "augment": dict(action=argparse.BooleanOptionalAction, help="random crop (pad 4) and flip"),
    "flip": dict(choices=("alternate", "random", "none"), help="mirror each image in every second epoch, by chance or never"),
    "precision": dict(choices=("fp32", "tf32", "bf16")),
    "seed": dict(metavar="N", type=number(int, 0)),
    "limit_train": dict(type=number(int, 0), metavar="N", help="first N images; 0: all"),
    "limit_test": dict(type=number(int, 0), metavar="N", help="first N images; 0: all"),
}
EXAMPLES = """examples:
  %(prog)s train --data data/cifar-10-batches-bin --backbone resnet18_stem.pth --out checkpoints/py
  %(prog)s train --resume checkpoints/py/last.pt
  %(prog)s eval --model checkpoints/py/best.pt --data data/cifar-10-batches-bin --json eval.json
  %(prog)s oracle --model checkpoint.pt --batch batch.pt --out expected.pt --optimizer adamw --lr 0.001 --steps 3
  %(prog)s benchmark --mode train --batch-size 512 --device cpu --threads 2 --json benchmark.json
"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        fail(f"{message}; see {self.prog} --help")


def make_parser():
    parser = Parser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="train|eval|oracle|benchmark")

    def command(run, name, summary, options, **defaults):
        sub = commands.add_parser(name, help=summary, description=summary)
        sub.set_defaults(run=run, recipe=DEFAULTS | defaults)
        for option in options.split():
            text = f"{OPTIONS[option].get('help', '')} (default: {(DEFAULTS | defaults)[option]})".strip()
            sub.add_argument("--" + option.replace("_", "-"), **OPTIONS[option] | {
                "help": text, "default": argparse.SUPPRESS})       # defaults are filled in by parse()
        sub.add_argument("--device", default="auto", metavar="auto|cpu|cuda[:N]", help="(default: %(default)s)")
        sub.add_argument("--threads", type=number(int, 1), metavar="N", help="CPU threads (default: torch's choice)")
        return sub

    sub = command(train, "train", "train; a line an epoch, DIR/last.pt and DIR/best.pt", " ".join(OPTIONS))
    sub.add_argument("--max-steps", type=number(int, 1), metavar="N", help="stop there; the schedule stays the same")
    sub.add_argument("--out", metavar="DIR", help="(default: checkpoints/pytorch-FILTERS, or the resumed run's)")
    sub.add_argument("--resume", metavar="FILE", help="continue this checkpoint with its recipe; options given win")

    sub = command(evaluate_checkpoint, "eval", "accuracy, loss and confusion matrix of a checkpoint",
                  "data limit_test batch_size precision")
    sub.add_argument("--model", metavar="FILE", required=True, help="a checkpoint")
    sub.add_argument("--scores", metavar="FILE", help="write all scores and labels there")
    sub.add_argument("--json", metavar="FILE", help="write the result there")

    sub = command(oracle, "oracle", "scores, gradients and some optimizer steps on one batch, for tests",
                  "optimizer lr rest_lr momentum weight_decay filter_decay label_smoothing clip_grad freeze freeze_labels class_weights")
    sub.set_defaults(device="cpu")
    sub.add_argument("--model", metavar="CHECKPOINT", required=True)
    sub.add_argument("--batch", metavar="FILE", required=True,
                     help='{"images": float32 [N, 3, 32, 32], normalised, "labels": int64 [N]}')
    sub.add_argument("--out", metavar="FILE", required=True)
    sub.add_argument("--steps", type=number(int, 1), default=3, metavar="N", help="(default: 3)")

    sub = command(benchmark, "benchmark", "throughput of whole steps, from uint8 pixels on",
                  "batch_size filters filter_heads filter_size basis basis_image optimizer precision seed", batch_size=512, label_smoothing=0.0,
                  optimizer="sgd", **OWN["sgd"])
    sub.add_argument("--mode", choices=("train", "infer"), default="train", help="(default: train)")
    sub.add_argument("--steps", type=number(int, 1), default=30, metavar="N", help="(default: 30)")
    sub.add_argument("--warmup-steps", type=number(int, 0), default=5, metavar="N", help="(default: 5)")
    sub.add_argument("--serve", action="store_true",
                     help="print 'ready', then for each line N on stdin run N steps and print the seconds of each")
    sub.add_argument("--json", metavar="FILE", help="write the result there")
    return parser


def parse(argv):
    """Options given win over the recipe of a resumed checkpoint, and that over the defaults."""
    given = vars(make_parser().parse_args(argv))
    recipe = given.pop("recipe")
    if given.get("resume"):
        saved = load_checkpoint(given["resume"])["recipe"]
        one = given.get("weight_decay", saved.get("weight_decay"))      # of all that Muon updates, before filter_decay
        recipe |= {"flip": "random", "filter_decay": one} | {name: saved[name] for name in recipe if saved.get(name) is not None}
    before, now = OWN[recipe["optimizer"]], OWN[given.get("optimizer", recipe["optimizer"])]
    recipe |= {name: now[name] for name in now if recipe[name] == before[name]}     # a default follows the optimizer
    return argparse.Namespace(**recipe | given)


if __name__ == "__main__":
    arguments = parse(sys.argv[1:])
    arguments.run(arguments)
