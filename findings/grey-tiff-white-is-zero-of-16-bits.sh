#!/bin/sh
# Library:  Pillow 12.3.0 and OpenCV 5.0.0.93 (opencv-python-headless), from pip's index.
# Input:    grey TIFF files whose PhotometricInterpretation is 0, "white is zero", as scanners and fax programs write them: one of 8
#           bits a sample, one of 16, both with the shades 0, a quarter, all.
# Guess:    both are turned into the usual "black is zero" when they are read: 255, 191, 0 of 8 bits, 65535, 49151, 0 of 16.
# Seen:     of 8 bits, yes; of 16 bits both libraries give the samples as they are stored, a negative, and no mode or warning tells.
# This ends with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --retries 1 pillow==12.3.0 opencv-python-headless==5.0.0.93
"$folder/python/bin/python" - "$folder/grey.tif" <<'PYTHON'
import struct, sys
import cv2
import PIL
from PIL import Image


def tiff(bits, samples):
    """One strip, little-endian, without compression; the samples lie behind the entries."""
    pixels = struct.pack(f"<{len(samples)}{'B' if bits == 8 else 'H'}", *samples)
    short, long = 3, 4
    entries = [
        (256, short, len(samples)), (257, short, 1), (258, short, bits), (259, short, 1), (262, short, 0),
        (273, long, 0), (277, short, 1), (278, short, 1), (279, long, len(pixels)),
    ]
    behind = 8 + 2 + 12 * len(entries) + 4
    body = b"".join(struct.pack("<HHII", tag, kind, 1, behind if tag == 273 else value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + b"\0\0\0\0" + pixels


def shades(bits, samples):
    with open(sys.argv[1], "wb") as file:
        file.write(tiff(bits, samples))
    with Image.open(sys.argv[1]) as image:
        pillow = list(struct.unpack(f"<{len(samples)}{'B' if bits == 8 else 'H'}", image.tobytes())), image.mode
    return pillow, cv2.imread(sys.argv[1], cv2.IMREAD_UNCHANGED)[0].tolist()


(eight, mode8), opencv8 = shades(8, [0, 64, 255])
(sixteen, mode16), opencv16 = shades(16, [0, 16384, 65535])
print(f"8 bits:  stored [0, 64, 255], Pillow {PIL.__version__} ({mode8}) {eight}, OpenCV {cv2.__version__} {opencv8}")
print(f"16 bits: stored [0, 16384, 65535], Pillow ({mode16}) {sixteen}, OpenCV {opencv16}")
assert eight == opencv8 == [255, 191, 0]
assert sixteen == [0, 16384, 65535], "Pillow inverts 16 bits, too"
assert opencv16 == [0, 16384, 65535], "OpenCV inverts 16 bits, too"
PYTHON
