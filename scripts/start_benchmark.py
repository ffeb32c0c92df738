#!/usr/bin/env python3
"""The time from a command to its end, where most of it is start-up, beside an older build and Python's PyTorch.

Every round runs each program once, one after the other, so that a machine whose speed drifts disturbs all alike; told are
medians, and their ratios to those of --new. The network is trained for one step first, on the sample set. Python imports
torch, loads the same checkpoint and scores one picture of zeros; it decodes none.
"""
import argparse
import json
import os
import shlex
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

PEER = """
import sys
sys.path.insert(0, sys.argv[1])
import torch
import pytorch_reference as reference
network = reference.network_of(reference.load_checkpoint(sys.argv[2]), sys.argv[2]).eval()
with torch.inference_mode():
    print(network(torch.zeros(1, 3, 32, 32)).softmax(1))
"""
SAMPLE = ["--data", "sample", "--device", "cpu"]
COMMANDS = ("help", "predict", "eval", "train")


def png(side):
    """A picture in grey stripes."""
    rows = b"".join(b"\0" + bytes((x * 8 & 255) for x in range(side)) for _ in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def run(words):
    """Seconds of the clock, seconds of processors, and the most memory in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"start_benchmark.py: {shlex.join(words)}: code {process.returncode}: {said.strip()[-500:]}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def words_of(command, folder, number):
    model, picture = str(folder / "run" / "best.pt"), str(folder / "picture.png")
    return {
        "help": ["--help"],
        "predict": ["predict", "--device", "cpu", "--model", model, picture],
        "eval": ["eval", *SAMPLE, "--model", model],
        "train": ["train", *SAMPLE, "--backbone", "random", "--max-steps", "1", "--limit-test", "1",
                  "--out", str(folder / f"run-{number}")],
    }[command]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", default=str(Path(__file__).resolve().parent / "dynafilter"), metavar="COMMAND",
                        help="the program; its ratio is 1 [%(default)s]")
    parser.add_argument("--old", action="append", default=[], metavar="COMMAND",
                        help="another build, such as 'java -jar OLD/target/dynafilter.jar'; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="[%(default)s]")
    parser.add_argument("--commands", default=",".join(COMMANDS), metavar="LIST", help="[%(default)s]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the medians")
    args = parser.parse_args()
    programs = {"new": args.new, **{f"old {i + 1}": old for i, old in enumerate(args.old)}}
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "picture.png").write_bytes(png(64))
        run([*shlex.split(args.new), "train", *SAMPLE, "--backbone", "random", "--epochs", "1", "--limit-train", "256",
             "--limit-test", "1", "--out", str(folder / "run")])
        peer = [sys.executable, "-c", PEER, str(Path(__file__).resolve().parent), str(folder / "run" / "best.pt")]
        for command in args.commands.split(","):
            results = {}
            for number in range(args.rounds + 1):       # the first one warms the files
                for who, program in programs.items():
                    words = [*shlex.split(program), *words_of(command, folder, f"{who[-1]}-{number}")]
                    results.setdefault(who, []).append(run(words))
                if command == "predict":
                    results.setdefault("python", []).append(run(peer))
            for who, measured in results.items():
                wall, cpu, memory = (statistics.median(column) for column in zip(*measured[1:]))
                rows.append({"command": command, "program": who, "seconds": wall, "cpu_seconds": cpu, "peak_mb": memory})
            base = next(row for row in rows if row["command"] == command)
            for row in rows:
                if row["command"] == command:
                    ratios = [f"{base[key] / row[key]:5.2f}x" for key in ("seconds", "cpu_seconds", "peak_mb")]
                    print(f"{command:8} {row['program']:7} {row['seconds']:7.3f} s  {row['cpu_seconds']:7.3f} s of processors"
                          f"  {row['peak_mb']:5.0f} MB   new is {' '.join(ratios)}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
