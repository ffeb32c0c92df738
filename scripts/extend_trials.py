#!/usr/bin/env python3
"""How a new label is best learned: variants of what `dynafilter extend` does, in plain PyTorch over cached feature maps.

    python3 scripts/extend_trials.py --model nine/best.pt --label ship --data data/cifar-10-batches-bin

The model is a checkpoint that knows CIFAR-10's classes but for the label. Prints a row a variant: the label's accuracy and the old
labels' on the test images, the share of old images it claims, and the accuracy on all; means over the draws. Needs torch.
"""
import argparse
import math

import torch
import torch.nn.functional as F

import pytorch_reference as reference

VARIANTS = [        # what differs from DEFAULT
    dict(), dict(images=1), dict(images=5), dict(images=500), dict(images=500, negatives=3000), dict(negatives=300),
    dict(old_weight=1), dict(old_weight=4), dict(old_weight=20), dict(steps=30), dict(steps=300), dict(start="mean"),
    dict(margin=1.0), dict(rows=2), dict(rows=4), dict(images=500, rows=2), dict(free=True), dict(images=500, free=True),
    dict(negatives=0, steps=100), dict(negatives=0, steps=100, images=1), dict(negatives=0, steps=100, images=5),
    dict(negatives=0, steps=100, until=1.0), dict(negatives=0, steps=100, until=0.75),
]
DEFAULT = dict(images=50, negatives=1000, steps=100, old_weight=9, start="mixture", margin=0.0, rows=1, free=False, until=0.5)


class Trials:
    def __init__(self, args):
        checkpoint = reference.load_checkpoint(args.model)
        self.network = reference.network_of(checkpoint, args.model).eval().requires_grad_(False)
        self.embedding = self.network.embedding.weight
        new, known = reference.CLASSES.index(args.label), checkpoint["classes"]
        place = torch.tensor([known.index(name) if name in known else -1 for name in reference.CLASSES])
        device = torch.device("cpu")
        train = reference.read_cifar10(args.data, ["data_batch_1.bin", "data_batch_2.bin"], 0, device, 32)
        test = reference.read_cifar10(args.data, ["test_batch.bin"], 0, device, 32)
        self.own = self.examples(train, (train.labels == new).nonzero().flatten())
        self.old = self.examples(train, (train.labels != new).nonzero().flatten()[:4000])
        self.test, self.labels = self.examples(test, torch.arange(len(test))), place[test.labels]

    def examples(self, dataset, places):
        """Feature maps and the old labels' scores."""
        with torch.inference_mode():
            parts = [self.network.backbone(dataset.normalize(dataset.images[part])) for part in places.split(500)]
            features = torch.cat(parts).contiguous().clone()
            return features, torch.cat([self.scores(part, self.network.generated_filters()) for part in features.split(500)])

    def scores(self, features, filters):
        return self.network.predictor((F.conv2d(features, filters) / math.sqrt(filters.shape[1])).flatten(2)).flatten(1)

    def learn(self, draw, images, negatives, steps, old_weight, start, margin, rows, free, until):
        """The filters of the new label, one a row; `free`: learned themselves, not through the generator."""
        rng = torch.Generator().manual_seed(draw)
        features, scores = (part[torch.randperm(len(self.own[0]), generator=rng)[:images]].clone() for part in self.own)
        others = [part[torch.randperm(len(self.old[0]), generator=rng)[:negatives]].clone() for part in self.old]
        first = self.embedding.mean(0) if start == "mean" else scores.softmax(1).mean(0) @ self.embedding
        first = self.network.generator(first) if free else first
        row = first.repeat(rows, 1) + (0.1 * torch.randn(rows, len(first), generator=rng) if rows > 1 else 0)
        row = row.detach().requires_grad_()
        filters = lambda: F.normalize(row if free else self.network.generator(row))[:, :, None, None]
        rate = 0.05 if negatives else 0.02
        optimizer = torch.optim.AdamW([row], weight_decay=0)
        for step in range(steps):
            score = self.scores(features, filters()).logsumexp(1)
            if not negatives and (score > scores.amax(1)).float().mean() >= until:
                break
            loss = F.softplus(margin + scores.logsumexp(1) - score).mean()
            if negatives:
                claimed = self.scores(others[0], filters()).logsumexp(1) - others[1].logsumexp(1)
                loss = (loss + old_weight * F.softplus(margin + claimed).mean()) / (1 + old_weight)
            optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return filters().detach()

    def result(self, filters):
        features, scores = self.test
        with torch.inference_mode():
            score = torch.cat([self.scores(part, filters).amax(1) for part in features.split(1000)])
        claimed, right, new = score > scores.amax(1), scores.argmax(1) == self.labels, self.labels < 0
        kept = right & ~claimed
        shares = claimed[new], right[~new], kept[~new], claimed[~new], torch.where(new, claimed, kept)
        return torch.stack([share.float().mean() for share in shares])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, metavar="FILE")
    parser.add_argument("--label", required=True, choices=reference.CLASSES)
    parser.add_argument("--data", default="data/cifar-10-batches-bin", metavar="DIR")
    parser.add_argument("--draws", type=int, default=3, metavar="N", help="choices of images (default: %(default)s)")
    parser.add_argument("--threads", type=int, metavar="N")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    trials = Trials(args)
    print(f"| {args.label} | new label | old labels before | after | claimed | all ten |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for variant in VARIANTS:
        results = [trials.result(trials.learn(draw, **DEFAULT | variant)) for draw in range(args.draws)]
        name = ", ".join(f"{key} {value}" for key, value in variant.items()) or "default"
        print(f"| {name} | " + " | ".join(f"{100 * value:.1f}" for value in torch.stack(results).mean(0)) + " |", flush=True)


if __name__ == "__main__":
    main()
