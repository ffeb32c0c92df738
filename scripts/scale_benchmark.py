#!/usr/bin/env python3
"""How time, memory and files grow with the classes and with the pictures, measured on this machine.

    python3 scripts/scale_benchmark.py --classes 10 100 1000 10000
    python3 scripts/scale_benchmark.py --pictures 1000 10000 100000 1000000 --folder /tmp/pictures

--classes: a training step and the labelling of a batch by `benchmark`, the least of the rounds' medians, and the checkpoint of
one step. --pictures: folders of 10 classes of small PNG files (hard links to 2,000 different ones), and `train` to the end of its
first step on 64 images: cold, when every picture is decoded, and warm, when the cache is current. Prints Markdown; --json keeps
the numbers. Needs Python alone.
"""
import argparse
import json
import math
import os
import random
import shlex
import struct
import tempfile
import zlib
from pathlib import Path

from start_benchmark import run

DIFFERENT = 2000  # pictures; a folder of more has each of them under several names


def png(seed):
    """A picture of 32 x 32 pixels of noise."""
    numbers = random.Random(seed)
    rows = b"".join(b"\0" + numbers.randbytes(96) for _ in range(32))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">2I5B", 32, 32, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def folder_of(root, classes, pictures):
    """A folder of so many classes and pictures, a tenth of them test images; kept from call to call."""
    folder = root / f"{classes}-classes-{pictures}-pictures"
    if (folder / "whole").exists():
        return folder
    pool = root / "different"
    pool.mkdir(parents=True, exist_ok=True)
    for number in range(min(DIFFERENT, pictures)):
        if not (pool / f"{number}.png").exists():
            (pool / f"{number}.png").write_bytes(png(number))
    number = 0
    for split, share in (("train", pictures * 9 // 10), ("test", pictures // 10)):
        for label in range(classes):
            place = folder / split / f"class{label:05d}"
            place.mkdir(parents=True, exist_ok=True)
            for i in range(share // classes):
                os.link(pool / f"{number % DIFFERENT}.png", place / f"{i:07d}.png")
                number += 1
    (folder / "whole").touch()
    return folder


def growth(before, after, more):
    """The exponent p of n^p between two measurements, where n grew by the factor `more`."""
    return f"n^{math.log(after / before) / math.log(more):.2f}" if before and after > 0 else "-"


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + " ---: |" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def with_growth(rows, scale):
    """The rows, and below them the law by which each column grew from the last but one to the last."""
    if len(rows) < 2:
        return rows
    more = rows[-1][scale] / rows[-2][scale]
    return [*rows, ["growth", *[growth(a, b, more) for a, b in zip(rows[-2][1:], rows[-1][1:])]]]


def classes(arguments, folder):
    rows = []
    for count in arguments.classes:
        told = folder / "benchmark.json"
        run([*arguments.program, "benchmark", "--device", "cpu", "--precision", "fp32", "--batch-size", str(arguments.batch_size),
             "--classes", str(count), "--repeats", "10", "--json", str(told)])
        results = {row["mode"]: row for row in json.loads(told.read_text())["results"]}
        pictures = folder_of(arguments.folder or folder, count, 20 * count)
        out = folder / f"run-{count}"
        run([*arguments.program, "train", "--device", "cpu", "--data", str(pictures), "--backbone", "random", "--progress", "none",
             "--max-steps", "1", "--batch-size", "8", "--limit-test", "8", "--out", str(out)])
        rows.append([count] + [round(results[mode]["step_ms"]["median"], 2) for mode in ("train", "infer")]
                    + [round(results["train"]["peak_memory_bytes"] / 2**20), round((out / "last.pt").stat().st_size / 2**20, 2)])
    head = ["classes", f"training step of {arguments.batch_size}, ms", "labelling, ms", "memory, MiB", "last.pt, MiB"]
    table(head, with_growth(rows, 0))
    return rows


def pictures(arguments, folder):
    rows = []
    for count in arguments.pictures:
        data = folder_of(arguments.folder or folder, 10, count)
        words = [*arguments.program, "train", "--device", "cpu", "--data", str(data), "--backbone", "random", "--progress", "none",
                 "--max-steps", "1", "--batch-size", "64", "--limit-test", "64", "--overwrite", "--out", str(folder / "run")]
        for cache in (data / ".dynafilter-cache").glob("*.cache"):
            cache.unlink()
        cold, _, cold_memory = run(words)
        warm, _, warm_memory = min(run(words) for _ in range(3))
        cache = sum(file.stat().st_size for file in (data / ".dynafilter-cache").glob("*.cache"))
        rows.append([count, round(cold, 1), round(cold_memory), round(warm, 2), round(warm_memory), round(cache / 2**20, 1)])
    head = ["pictures", "cold, s", "memory, MiB", "warm, s", "memory, MiB", "cache, MiB"]
    table(head, with_growth(rows, 0))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", nargs="+", type=int, default=[], metavar="K")
    parser.add_argument("--pictures", nargs="+", type=int, default=[], metavar="N")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="keep the folders of pictures there")
    parser.add_argument("--program", default=str(Path(__file__).resolve().parent / "dynafilter"),
                        help="the words that start the program (scripts/dynafilter)")
    parser.add_argument("--json", type=Path, help="write the numbers there")
    arguments = parser.parse_args()
    if not arguments.classes and not arguments.pictures:
        parser.error("give --classes or --pictures")
    arguments.program = shlex.split(arguments.program)
    with tempfile.TemporaryDirectory() as name:
        found = {"classes": classes(arguments, Path(name)) if arguments.classes else [],
                 "pictures": pictures(arguments, Path(name)) if arguments.pictures else []}
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
