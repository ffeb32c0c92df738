#!/usr/bin/env python3
"""How the default recipe was chosen: one training run in plain PyTorch, with candidates that the program has or has not.

    OMP_NUM_THREADS=1 python3 scripts/recipe_trials.py --backbone resnet18_stem.pth --epochs 10 --optimizer muon --seed 0

Prints one line of JSON: the options, the test accuracy (plain; of averaged weights, with and without BatchNorm's statistics
estimated anew; and with the scores of shifted and mirrored images averaged), and the processor's seconds. Only the last epoch is
evaluated. Needs torch.
"""
import argparse
import copy
import json
import resource
import sys

import torch
import torch.nn.functional as F

import pytorch_reference as reference

SHIFTS = {"plain": [((0, 0), 1)], "mirror": [((0, 0), 1)], "shifts": [((0, 0), 2), ((-1, -1), 1), ((1, 1), 1)]}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--data", default="data/cifar-10-batches-bin", metavar="DIR")
    add("--backbone", required=True, metavar="FILE", help="state dict or TorchScript file of ResNet-18, or `random`")
    add("--filters", default="dynamic", choices=["dynamic", "static", "single"])
    add("--epochs", type=float, default=20, help="passes over the images, counted by images seen")
    add("--batch-size", type=int, default=256)
    add("--seed", type=int, default=0)
    add("--limit-train", type=int, default=0)
    add("--precision", default="fp32", choices=["fp32", "bf16"])
    add("--lr", type=float, default=0.3, help="peak rate of SGD")
    add("--schedule", default="onecycle", choices=["onecycle", "cosine"])
    add("--warmup", type=float, default=0.2)
    add("--weight-decay", type=float, default=5e-4, help="of SGD's matrices, coupled")
    add("--label-smoothing", type=float, default=0.0)
    add("--optimizer", default="sgd", choices=["sgd", "muon"])
    add("--muon-lr", type=float, default=0.02)
    add("--muon-momentum", type=float, default=0.95)
    add("--muon-decay", type=float, default=0.0, help="decoupled: the rate times this is taken off")
    add("--muon-steps", type=int, default=5)
    add("--muon-what", default="all", choices=["conv", "all"], help="convolutions alone, or the predictor's and generator's, too")
    add("--muon-scale", default="rms", choices=["rms", "unit"], help="unit: weights are scaled to length sqrt(rows) at each step")
    add("--decoupled", type=float, default=0.0, help="weight decay of SGD's matrices apart from the momentum")
    add("--bias-rate", type=float, default=1.0, help="times SGD's rate, for BatchNorm's biases")
    add("--flip", default="random", choices=["random", "alternating"])
    add("--crop", type=int, default=4, help="padding of the random crops")
    add("--cutout", type=int, default=0, help="side of a square that is greyed")
    add("--mixup", type=float, default=0.0, help="alpha of Beta(alpha, alpha)")
    add("--drop", type=float, default=0.0, help="share of the images, the easiest of the last epoch, that an epoch leaves out")
    add("--ema", type=float, nargs="*", default=[], help="decays of averages over the steps")
    add("--teacher", nargs="*", default=[], metavar="FILE",
        help="checkpoints whose probabilities for the whole images are targets, too: of their mean scores")
    add("--teacher-share", type=float, default=0.5)
    add("--temperature", type=float, default=1.0, help="that scores are divided by, the teacher's and the network's")
    add("--save", metavar="FILE", help="checkpoint of the trained network, to be a teacher")
    return parser.parse_args()


class Images:
    """The training images of an epoch, by seed and epoch."""

    def __init__(self, dataset, args):
        self.dataset, self.args, self.loss = dataset, args, None
        generator = torch.Generator().manual_seed(args.seed + 977)
        self.first_flip = torch.randint(2, (len(dataset),), generator=generator)

    def batches(self, epoch):
        args, data = self.args, self.dataset
        rng = torch.Generator().manual_seed((args.seed * 1_000_003 + epoch) % 2**63)
        order = torch.randperm(len(data), generator=rng)
        if args.drop and self.loss is not None:
            hard = self.loss >= self.loss.quantile(args.drop) if len(self.loss) < 2**24 else None
            order = order[hard[order]]
        n, pad = len(order), data.pad
        top, left = torch.randint(pad - args.crop, pad + args.crop + 1, (2, n), generator=rng)
        flip = torch.rand(n, generator=rng) < 0.5
        if args.flip == "alternating":
            flip = (self.first_flip[order] + epoch) % 2 == 1
        for start in range(0, n - args.batch_size + 1, args.batch_size):
            batch = slice(start, start + args.batch_size)
            crops = data.windows[order[batch], top[batch], left[batch]]
            pixels = data.normalize(torch.where(flip[batch, None, None, None], crops.flip(3), crops))
            if args.cutout:
                self.cut(pixels, rng)
            yield order[batch], pixels, data.labels[order[batch]]

    def cut(self, pixels, rng):
        side, size = self.args.cutout, pixels.shape[-1]
        corner = torch.randint(0, size - side + 1, (2, len(pixels), 1), generator=rng)
        inside = (torch.arange(size) >= corner) & (torch.arange(size) < corner + side)     # [2, N, S]
        pixels.masked_fill_((inside[0][:, :, None] & inside[1][:, None, :])[:, None], 0)


class Muon:
    """Momentum made orthogonal (Jordan et al. 2024): as torch.optim.Muon, in float32 and for convolutions, too."""

    def __init__(self, parameters, args):
        self.parameters, self.args = parameters, args
        self.buffers = [torch.zeros_like(parameter) for parameter in parameters]

    @torch.no_grad()
    def step(self, rate):
        args, mu = self.args, self.args.muon_momentum
        for parameter, buffer in zip(self.parameters, self.buffers):
            buffer.lerp_(parameter.grad, 1 - mu)
            update = parameter.grad.lerp(buffer, mu).flatten(1)
            rows, columns = update.shape
            x = update.T if rows > columns else update
            x = x / x.norm().clamp(min=1e-7)
            for _ in range(args.muon_steps):
                gram = x @ x.T
                x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
            x = (x.T if rows > columns else x).reshape(parameter.shape)
            if args.muon_scale == "unit":
                parameter.mul_(rows**0.5 / parameter.norm())
            parameter.mul_(1 - rate * args.muon_decay).add_(x, alpha=-rate * max(1, rows / columns)**0.5)


def optimizers(model, args):
    """The matrices of Muon (or none), and SGD for the rest in groups by rate and decay."""
    named = dict(model.named_parameters())
    muon = [name for name, parameter in named.items() if args.optimizer == "muon" and parameter.ndim >= 2
            and (parameter.ndim == 4 or args.muon_what == "all")
            and name != "embedding.weight" and len(parameter) > 1]
    rest = {name: parameter for name, parameter in named.items() if name not in muon}
    decays = [parameter for parameter in rest.values() if parameter.ndim >= 2]
    norms = {name + ".bias" for name, module in model.named_modules() if hasattr(module, "running_mean")}
    groups = [dict(params=decays, weight_decay=0 if args.decoupled else args.weight_decay, scale=1),
              dict(params=[p for name, p in rest.items() if p.ndim < 2 and name not in norms], weight_decay=0, scale=1),
              dict(params=[p for name, p in rest.items() if name in norms], weight_decay=0, scale=args.bias_rate)]
    return Muon([named[name] for name in muon], args), torch.optim.SGD(groups, args.lr, 0.9, nesterov=True, foreach=True)


class Average:
    """An average of the parameters over the steps; BatchNorm's statistics are averaged likewise, as the program does."""

    def __init__(self, model, decay):
        self.decay, self.steps = decay, 0
        self.model = copy.deepcopy(model)
        self.own = [t for t in self.model.state_dict().values() if t.is_floating_point()]
        self.live = [t for t in model.state_dict().values() if t.is_floating_point()]

    def update(self):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.own, self.live, 1 - decay)


@torch.no_grad()
def estimate_statistics(model, images, batches=40):
    model = copy.deepcopy(model).train()
    for module in model.modules():
        if hasattr(module, "running_mean"):
            module.reset_running_stats()
            module.momentum = None
    for _, (_, pixels, _) in zip(range(batches), images.batches(10_000)):
        model(pixels)
    return model


@torch.inference_mode()
def accuracy(model, dataset, views, mirror):
    """With the scores of all views averaged; a shifted image repeats its edge."""
    model.eval()
    filters, right = model.generated_filters(), 0
    for pixels, labels in zip(dataset.images.split(1000), dataset.labels.split(1000)):
        pixels = dataset.normalize(pixels)
        padded, size, scores = F.pad(pixels, (1, 1, 1, 1), mode="reflect"), pixels.shape[-1], 0
        for (down, right_by), weight in views:
            view = padded[:, :, 1 + down:1 + down + size, 1 + right_by:1 + right_by + size]
            view = view.contiguous(memory_format=torch.channels_last)
            scores = scores + weight * model(view, filters)
            if mirror:
                scores = scores + weight * model(view.flip(3), filters)
        right += (scores.argmax(1) == labels).sum().item()
    return round(100 * right / len(dataset), 2)


@torch.inference_mode()
def teachers_probabilities(args, train):
    """Of each training image, by the teachers' mean score of it and its mirror image: [N, K]."""
    total = 0
    for path in args.teacher:
        checkpoint = reference.load_checkpoint(path)
        teacher, size, images = reference.network_of(checkpoint, path).eval(), checkpoint["recipe"].get("image_size", 32), train
        if size != 32:
            names = [f"data_batch_{i}.bin" for i in range(1, 6)]
            images = reference.read_cifar10(args.data, names, args.limit_train, train.labels.device, size)
        filters, scores = teacher.generated_filters(), []
        for pixels in images.images.split(500):
            pixels = images.normalize(pixels).contiguous(memory_format=torch.channels_last)
            scores.append(teacher(pixels, filters) + teacher(pixels.flip(3), filters))
        total = total + torch.cat(scores) / 2 / len(args.teacher)
    right = (total.argmax(1) == train.labels).double().mean()
    print(f"the teachers know {100 * right:.2f} % of the training images", file=sys.stderr)
    return (total / args.temperature).softmax(1)


def loss_of(scores, targets, weights, teacher, args):
    """Cross-entropy for each image, of one label or two mixed, and the teacher's part."""
    losses = sum(weight * F.cross_entropy(scores, target, reduction="none", label_smoothing=args.label_smoothing)
                 for target, weight in zip(targets, weights))
    if teacher is None:
        return losses
    soft = args.temperature**2 * F.cross_entropy(scores / args.temperature, teacher, reduction="none")
    return (1 - args.teacher_share) * losses + args.teacher_share * soft


def main():
    args = options()
    device = torch.device("cpu")
    torch.manual_seed(args.seed)
    train = reference.read_cifar10(args.data, [f"data_batch_{i}.bin" for i in range(1, 6)], args.limit_train, device, 32)
    test = reference.read_cifar10(args.data, ["test_batch.bin"], 0, device, 32)
    model = reference.DynamicFilterNetwork(args.filters)
    if args.backbone != "random":
        reference.load_backbone(model.backbone, args.backbone)
    model = model.to(memory_format=torch.channels_last)
    taught = teachers_probabilities(args, train) if args.teacher else None
    images = Images(train, args)
    muon, sgd = optimizers(model, args)
    averages = [Average(model, decay) for decay in args.ema]
    schedule = argparse.Namespace(lr=1.0, schedule=args.schedule, warmup=args.warmup)
    total, step, epoch = int(args.epochs * (len(train) // args.batch_size)), 0, 0
    mixing = torch.distributions.Beta(args.mixup, args.mixup) if args.mixup else None
    while step < total:
        model.train()
        seen = torch.full((len(train),), float("inf"))
        if images.loss is not None:
            seen = images.loss.clone()
        for places, pixels, labels in images.batches(epoch):
            if step == total:
                break
            targets, weights = [labels], [1.0]
            if mixing:
                share = mixing.sample().item()
                pixels = torch.lerp(pixels.flip(0), pixels, share)
                targets, weights = [labels, labels.flip(0)], [share, 1 - share]
            soft = None
            if taught is not None:
                soft = taught[places]
                if mixing:
                    soft = torch.lerp(soft.flip(0), soft, share)
            with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
                scores = model(pixels).float()
            losses = loss_of(scores, targets, weights, soft, args)
            model.zero_grad(set_to_none=True)
            losses.mean().backward()
            seen[places] = losses.detach()
            factor = reference.learning_rate(schedule, step, total)
            for group in sgd.param_groups:
                group["lr"] = args.lr * factor * group["scale"]
            if args.decoupled:
                torch._foreach_mul_(sgd.param_groups[0]["params"], 1 - args.lr * factor * args.decoupled)
            muon.step(args.muon_lr * factor)
            sgd.step()
            for average in averages:
                average.update()
            step += 1
        images.loss = seen
        epoch += 1
        print(f"epoch {epoch} step {step}/{total} loss {losses.mean().item():.4f}", file=sys.stderr, flush=True)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    networks = {"": model, "anew": estimate_statistics(model, images)}
    for average in averages:
        networks[f"ema {average.decay}"] = average.model
        networks[f"ema {average.decay} anew"] = estimate_statistics(average.model, images)
    result = {f"{view} {name}".strip(): accuracy(network, test, SHIFTS[view], view != "plain")
              for name, network in networks.items()
              for view in (SHIFTS if name == "" else ["plain"])}
    given = {key: value for key, value in vars(args).items() if key not in ("data", "backbone", "save")}
    print(json.dumps({"options": given, "accuracy": result, "loss": round(losses.mean().item(), 4), "steps": step,
                      "seconds": round(usage.ru_utime + usage.ru_stime), "torch": torch.__version__}), flush=True)
    if args.save:
        state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
        torch.save({"format": reference.FORMAT, "model": state, "classes": reference.CLASSES,
                    "recipe": {"filters": args.filters}}, args.save)


if __name__ == "__main__":
    main()
