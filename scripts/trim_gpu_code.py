#!/usr/bin/env python3
"""Keeps the machine code of some GPU architectures in a CUDA library, and takes that of the others out.

The section .nv_fatbin is a row of fat binaries, each a header (magic 0xBA55ED50, u16 version, u16 header size, u64 size of what
follows) and entries (u16 kind: 1 PTX, 2 machine code; u32 header size at 4, u64 payload size at 8, u32 architecture at 28). The
entries to keep move to the front of their fat binary, whose size then says that there are no others: who walks through it meets
none that is empty. What is left behind is zeros, which compress to nothing, so that the file keeps its size and layout.
"""
import argparse
import struct
import sys
from pathlib import Path

MAGIC = struct.pack("<I", 0xBA55ED50)
HEADER = 16
ENTRY = 32      # of an entry's header, what is read here


def fail(message):
    print(f"trim_gpu_code.py: error: {message}", file=sys.stderr)
    sys.exit(2)


def entries(library, at):
    """The fat binary at a place: a list of (kind, architecture, start, end); None where it is none, or is damaged."""
    version, header, size = struct.unpack_from("<HHQ", library, at + 4)
    entry, end = at + header, at + header + size
    found = []
    while entry + ENTRY <= end <= len(library):
        kind, = struct.unpack_from("<H", library, entry)
        head, length = struct.unpack_from("<IQ", library, entry + 4)
        if head < ENTRY or entry + head + length > end:
            return None
        found.append((kind, struct.unpack_from("<I", library, entry + 28)[0], entry, entry + head + length))
        entry = found[-1][3]
    return found if version == 1 and header == HEADER and found and entry == end else None


def fat_binaries(library):
    """Where each fat binary is, and its entries."""
    at = library.find(MAGIC)
    while 0 <= at <= len(library) - HEADER:
        found = entries(library, at)
        if found:
            yield at, found
        at = library.find(MAGIC, found[-1][3] if found else at + len(MAGIC))


def trim(library, at, found, keep):
    """Moves the entries to keep to the front of the fat binary; payloads stay aligned, since all sizes are multiples of 8."""
    kept = b"".join(library[start:end] for _, architecture, start, end in found if architecture in keep)
    begin, end = at + HEADER, found[-1][3]
    struct.pack_into("<Q", library, at + 8, len(kept))
    library[begin:end] = kept + bytes(end - begin - len(kept))


def listing(found):
    return ", ".join(map(str, sorted(found))) or "none"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, help="changed in place")
    parser.add_argument("architectures", help="what to keep, such as 90 or 80,90")
    args = parser.parse_args()
    try:
        keep = {int(architecture) for architecture in args.architectures.split(",")}
        library = bytearray(args.library.read_bytes())
    except ValueError:
        fail(f"{args.architectures}: expected architectures such as 90 or 80,90")
    except OSError as error:
        fail(f"{args.library}: {error.strerror}")
    binaries = list(fat_binaries(library))
    has = [{architecture for _, architecture, _, _ in found} for _, found in binaries]
    missing = keep - set().union(*has)
    if missing:
        fail(f"{args.library.name} has no code for {listing(missing)}; it has {listing(set().union(*has))}")
    # A fat binary without any entry is nothing that a driver is known to take.
    without = [architectures for architectures in has if not architectures & keep]
    if without:
        fail(f"{len(without)} of {len(has)} fat binaries of {args.library.name} have no code for {listing(keep)};"
             f" keep one of {listing(set.intersection(*without))} as well")
    for at, found in binaries:
        trim(library, at, found, keep)
    args.library.write_bytes(library)
    print(f"{args.library.name}: {sum(map(len, (found for _, found in binaries)))} entries in {len(binaries)} fat binaries,"
          f" {sum(1 for _, found in fat_binaries(library) for _ in found)} kept")


if __name__ == "__main__":
    main()
