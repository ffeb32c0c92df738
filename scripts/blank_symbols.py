#!/usr/bin/env python3
"""Zeroes the symbol tables of shared libraries that only debuggers read (.symtab and its names), in place.

The loader uses others (.dynsym), so that the libraries work as before. They keep their size and layout, and zeros compress to
nothing.
"""
import argparse
import mmap
import struct
import sys
from pathlib import Path

SYMBOL_TABLE = 2        # a section's type


def blank(path):
    """Zeroes the tables of a 64-bit ELF file; leaves any other file alone."""
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as library:
        if library[:5] != b"\x7fELF\x02":
            return
        table, = struct.unpack_from("<Q", library, 0x28)
        size, count, names = struct.unpack_from("<HHH", library, 0x3A)
        # Each: u32 name, u32 type, u64 flags, u64 address, u64 offset, u64 size, u32 index of the section with the names
        sections = [struct.unpack_from("<IIQQQQI", library, table + index * size) for index in range(count)]
        for _, kind, _, _, start, length, link in sections:
            if kind == SYMBOL_TABLE:
                library[start:start + length] = bytes(length)
                if link != names:
                    start, length = sections[link][4:6]
                    library[start:start + length] = bytes(length)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", type=Path, nargs="+", help="changed in place")
    for library in parser.parse_args().libraries:
        try:
            blank(library)
        except (OSError, ValueError, IndexError, struct.error) as error:
            print(f"blank_symbols.py: error: {library}: {error}", file=sys.stderr)
            sys.exit(2)


if __name__ == "__main__":
    main()
