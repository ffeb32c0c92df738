#!/usr/bin/env python3
"""Keeps the machine code of some GPU architectures in a CUDA library and zeroes that of the others.

The file keeps its size and layout, and zeros compress to nothing. The section .nv_fatbin is a row of fat binaries, each a
header (magic 0xBA55ED50, u16 version, u16 header size, u64 size) followed by entries (u16 kind: 1 PTX, 2 machine code; u32
header size at 4, u64 payload size at 8, u32 architecture at 28).
"""
import argparse
import struct
import sys
from pathlib import Path

MAGIC = struct.pack("<I", 0xBA55ED50)


def fail(message):
    print(f"trim_gpu_code.py: error: {message}", file=sys.stderr)
    sys.exit(2)


def payloads(library):
    """The architecture, start and end of every payload; ends quietly where a header makes no sense."""
    at = library.find(MAGIC)
    while at >= 0 and at + 16 <= len(library):
        header, size = struct.unpack_from("<HQ", library, at + 6)
        entry, end = at + header, at + header + size
        while entry + 32 <= end <= len(library):
            head, length = struct.unpack_from("<IQ", library, entry + 4)
            if head < 32 or entry + head + length > end:
                break
            yield struct.unpack_from("<I", library, entry + 28)[0], entry + head, entry + head + length
            entry += head + length
        at = library.find(MAGIC, at + 16)


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
    found = list(payloads(library))
    architectures = {architecture for architecture, start, end in found if any(library[start:start + 8])}
    if not keep <= architectures:
        fail(f"{args.library.name} has no code for {', '.join(map(str, sorted(keep - architectures)))}; it has"
             f" {', '.join(map(str, sorted(architectures))) or 'none'}")
    for architecture, start, end in found:
        if architecture not in keep:
            library[start:end] = bytes(end - start)
    args.library.write_bytes(library)


if __name__ == "__main__":
    main()
