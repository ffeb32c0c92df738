#!/usr/bin/env python3
"""The same network in Python PyTorch, timed beside the jar.

Measures scripts/pytorch_reference.py in three variants, at the batch sizes and precisions of `dynafilter benchmark`:

  eager          PyTorch as it comes: default memory format and optimizer; autocast for bf16
  channels-last  channels-last, fused optimizer, autocast: what one gets without a compiler
  compile        the same through torch.compile(mode="max-autotune")

A ratio above 1 means that the jar is faster. With --jar the two alternate, round by round, and the ratio is that of the
medians: the way to compare on a machine whose speed drifts.
"""
import argparse
import itertools
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

import pytorch_reference as reference

VARIANTS = ("eager", "channels-last", "compile")
BATCHES = 16            # on the device, as the jar's benchmark has them
WARM_UP = 8
EXAMPLES = """examples:
  %(prog)s --device cuda --jar-json benchmark.json --json peer.json
  %(prog)s --device cuda --jar "bin/dynafilter" --precision bf16 --batch-size 1024
  %(prog)s --device cpu --threads 2 --jar scripts/dynafilter --rounds 5 --mode train --batch-size 256 --precision fp32
"""


class PlainDataset(reference.ResidentDataset):
    """Batches in PyTorch's default memory format."""

    def normalize(self, pixels):
        pixels = pixels.to(torch.float32, memory_format=torch.contiguous_format)
        return torch.addcmul(self.shift, pixels, self.scale)


# ---- measuring Python ----
def steps_of(variant, mode, recipe, device):
    """An endless iterator that does one step at each next()."""
    torch.manual_seed(recipe.seed)
    n = BATCHES * recipe.batch_size
    pixels, labels = torch.randint(0, 256, (n, 3, 32, 32), dtype=torch.uint8), torch.randint(0, 10, (n,))
    plain = variant == "eager"
    dataset = (PlainDataset if plain else reference.ResidentDataset)(pixels, labels, device)
    memory_format = torch.contiguous_format if plain else torch.channels_last
    model = reference.DynamicFilterNetwork(recipe.filters).to(device, memory_format=memory_format)
    if variant == "compile":
        torch._dynamo.reset()
        model = torch.compile(model, mode="max-autotune")
    if mode == "train":
        return training(model, dataset, recipe, {} if plain else {"fused": True})
    return inference(model, dataset, recipe, device)


def training(model, dataset, recipe, implementation, make_optimizer=reference.make_optimizer):
    reference.set_training(model, recipe)
    optimizer = make_optimizer(model, recipe, **implementation)
    loss_sum, correct = (torch.zeros((), device=dataset.labels.device, dtype=kind) for kind in (torch.float, torch.long))
    for epoch in itertools.count():
        for images, labels in dataset.training_batches(recipe.batch_size, recipe.seed, epoch, recipe.augment):
            yield reference.train_step(model, optimizer, images, labels, recipe, recipe.lr, loss_sum, correct)


def inference(model, dataset, recipe, device):
    while True:
        with torch.inference_mode(), reference.autocast(device, recipe):
            scores = reference.inference(model, dataset, recipe.batch_size)
            for _ in range(BATCHES):
                next(scores)
                yield


def counts(seconds_of_step, args):
    """Steps to warm up and to time: fewer where a step is slow, as half precision is on a CPU without it, but three."""
    most = max(3, int(args.seconds / 2 / seconds_of_step))
    return min(WARM_UP, most), min(args.repeats, most)


def measure(variant, mode, recipe, device, args):
    row = {"variant": variant, "mode": mode, "precision": recipe.precision, "batch_size": recipe.batch_size}
    try:
        if device.type == "cuda":
            torch.cuda.empty_cache()
        steps = steps_of(variant, mode, recipe, device)
        reference.time_steps(steps, 1, device)          # prepares, or compiles
        warm_up, repeats = counts(*reference.time_steps(steps, 1, device), args)
        reference.time_steps(steps, warm_up, device)
        milliseconds = sorted(1e3 * seconds for seconds in reference.time_steps(steps, repeats, device))
    except Exception as failure:        # a variant that cannot run is a row that says so
        message = next(iter(str(failure).strip().splitlines()), "")      # an assertion may have none
        return row | {"failure": f"{type(failure).__name__}: {message[:200]}"}
    quantile = torch.tensor(milliseconds, dtype=torch.float64).quantile
    median, p10, p90 = (quantile(share).item() for share in (0.5, 0.1, 0.9))
    return row | {"images_per_second": 1e3 * recipe.batch_size / median, "repeats": repeats,
                  "step_ms": {"median": median, "p10": p10, "p90": p90}}


# ---- the jar ----
def run_jar(command, args, device):
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "jar.json")
        line = [*shlex.split(command), "benchmark", "--device", str(device), "--json", str(result),
                "--mode", ",".join(args.mode), "--precision", ",".join(args.precision), "--filters", args.filters,
                "--batch-size", ",".join(map(str, args.batch_size)), "--repeats", str(args.repeats)]
        if args.threads:
            line += ["--threads", str(args.threads)]
        try:
            subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as failure:
            reference.fail(f"--jar {command}: {failure}", code=1)
        return read_jar(result)


def read_jar(path):
    try:
        rows = json.loads(Path(path).read_text())["results"]
        medians(rows, case)
        return rows
    except (OSError, ValueError, KeyError, TypeError) as failure:
        reference.fail(f"--jar-json {path}: not a JSON of `dynafilter benchmark`: {failure}")


# ---- comparing ----
def case(row):
    return row["mode"], row["precision"], row["batch_size"]


def medians(rows, key):
    """By `key` of a row: the median over the rounds of its median step, in milliseconds."""
    found = {}
    for row in rows:
        if "failure" not in row:
            found.setdefault(key(row), []).append(row["step_ms"]["median"])
    return {name: statistics.median(values) for name, values in found.items()}


def compare(python_rows, jar_rows):
    """A comparison a case: the jar's images a second, each variant's, the ratios, and the best variant."""
    python, jar = medians(python_rows, lambda row: (*case(row), row["variant"])), medians(jar_rows, case)
    comparisons = []
    for name in dict.fromkeys(map(case, python_rows)):
        mode, precision, batch_size = name
        times = {variant: python[*name, variant] for variant in VARIANTS if (*name, variant) in python}
        row = {"mode": mode, "precision": precision, "batch_size": batch_size,
               "python_images_per_second": {variant: 1e3 * batch_size / time for variant, time in times.items()},
               "best": min(times, key=times.get) if times else None}
        if name in jar:
            row |= {"jar_images_per_second": 1e3 * batch_size / jar[name],
                    "ratio": {variant: time / jar[name] for variant, time in times.items()}}
        comparisons.append(row)
    return comparisons


def table(comparisons):
    yield f"{'mode':5} {'prec':4} {'batch':>6} {'jar images/s':>13}" + "".join(f"  {name:>20}" for name in VARIANTS)
    for row in comparisons:
        jar = row.get("jar_images_per_second")
        line = f"{row['mode']:5} {row['precision']:4} {row['batch_size']:6} {f'{jar:,.0f}' if jar else '-':>13}"
        for variant in VARIANTS:
            speed = row["python_images_per_second"].get(variant)
            ratio = row.get("ratio", {}).get(variant)
            text = "-" if speed is None else f"{speed:,.0f}{'*' if variant == row['best'] else ' '}"
            line += f"  {text + (f' {ratio:5.2f} x' if ratio else ''):>20}"
        yield line
    yield "images/s of Python, and how many times as fast the jar is; * the best of Python"


# ---- command line ----
def listed(kind, choices=None):
    def convert(text):
        values = [kind(part) for part in text.split(",")]
        if choices and not set(values) <= set(choices) or not choices and min(values) < 1:
            raise argparse.ArgumentTypeError(f"{text}: expected some of {','.join(choices) if choices else '1,2,...'}")
        return values
    return convert


def main(argv):
    parser = reference.Parser(description=__doc__, epilog=EXAMPLES,
                              formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto", metavar="auto|cpu|cuda[:N]")
    parser.add_argument("--threads", type=reference.number(int, 1), metavar="N", help="CPU threads")
    parser.add_argument("--mode", type=listed(str, ("train", "infer")), metavar="LIST",
                        help="(default: the jar's, else train,infer)")
    parser.add_argument("--batch-size", type=listed(int), metavar="LIST",
                        help="(default: the jar's, else 64,256,1024,4096; CPU: 64,256)")
    parser.add_argument("--precision", type=listed(str, ("fp32", "tf32", "bf16")), metavar="LIST",
                        help="(default: the jar's, else fp32,tf32,bf16; CPU: fp32,bf16)")
    parser.add_argument("--filters", choices=("dynamic", "static", "single"), default="dynamic")
    parser.add_argument("--variants", type=listed(str, VARIANTS), default=list(VARIANTS), metavar="LIST",
                        help=f"(default: {','.join(VARIANTS)})")
    parser.add_argument("--repeats", type=reference.number(int, 1), default=30, metavar="N", help="(default: 30)")
    parser.add_argument("--seconds", type=reference.number(float, 0), default=60, metavar="S",
                        help="fewer repeats where a row of Python's would take longer, but three (default: 60)")
    parser.add_argument("--rounds", type=reference.number(int, 1), default=1, metavar="N", help="(default: 1)")
    parser.add_argument("--seed", type=reference.number(int, 0), default=0, metavar="N")
    jar = parser.add_mutually_exclusive_group()
    jar.add_argument("--jar-json", metavar="FILE", help="what `dynafilter benchmark --json` wrote in the same run")
    jar.add_argument("--jar", metavar="COMMAND", help="the program, to be run in every round")
    parser.add_argument("--json", metavar="FILE", help="write rows and ratios there")
    args = parser.parse_args(argv)
    jar_rows = read_jar(args.jar_json) if args.jar_json else []

    settings = argparse.Namespace(device=args.device, precision="fp32", threads=args.threads, seed=args.seed)
    device = reference.set_up_device(settings)
    cpu = device.type == "cpu"
    defaults = {"mode": ["train", "infer"], "batch_size": [64, 256] if cpu else [64, 256, 1024, 4096],
                "precision": ["fp32", "bf16"] if cpu else ["fp32", "tf32", "bf16"]}
    for key, values in defaults.items():
        setattr(args, key, getattr(args, key) or list(dict.fromkeys(row[key] for row in jar_rows)) or values)
    print(f"{reference.describe(device)}, {args.repeats} timed steps a row, rounds: {args.rounds}", file=sys.stderr)
    python_rows = []
    for _ in range(args.rounds):
        if args.jar:
            jar_rows += run_jar(args.jar, args, device)
        for mode, precision, batch_size in itertools.product(args.mode, args.precision, args.batch_size):
            settings.precision = precision
            reference.set_up_device(settings)
            recipe = argparse.Namespace(**reference.DEFAULTS | reference.OWN["sgd"] | dict(
                optimizer="sgd", label_smoothing=0.0, filters=args.filters, precision=precision, batch_size=batch_size,
                seed=args.seed))
            for variant in args.variants:
                row = measure(variant, mode, recipe, device, args)
                outcome = row.get("failure") or f"{row['images_per_second']:,.0f} images/s"
                if row.get("repeats", args.repeats) < args.repeats:
                    outcome += f", {row['repeats']} timed steps only: more would take longer than --seconds {args.seconds:g}"
                print(f"{mode} {precision} {batch_size} {variant}: {outcome}", file=sys.stderr, flush=True)
                python_rows.append(row)
                comparisons = compare(python_rows, jar_rows)
                reference.write_json(args, {         # after every row: compiling may take longer than there is time
                    "device": reference.describe(device), "results": python_rows, "jar_results": jar_rows,
                    "comparison": comparisons})
    print("\n".join(table(comparisons)))


if __name__ == "__main__":
    main(sys.argv[1:])
