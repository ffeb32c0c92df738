#!/bin/sh
# Library:  Pillow 12.3.0, beside OpenCV 5.0.0.93 (opencv-python-headless), from pip's index.
# Input:    a PNG file of 16-bit grey, as X-ray, depth and microscope pictures are, with the values 0, 255, 256, 16384, 65535.
# Guess:    convert("RGB") brings 16 bits to 8, as it does for 16-bit RGB: 0, 0, 1, 64, 255.
# Seen:     it cuts off at 255, so that nearly the whole picture is white: 0, 255, 255, 255, 255. No warning. OpenCV scales.
# This ends with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --retries 1 pillow==12.3.0 opencv-python-headless==5.0.0.93
"$folder/python/bin/python" - "$folder/grey.png" <<'PYTHON'
import struct, sys, zlib
import cv2
import PIL
from PIL import Image

values = [0, 255, 256, 16384, 65535]


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(colour_type, samples):
    header = struct.pack(">IIBBBBB", len(values), 1, 16, colour_type, 0, 0, 0)
    row = b"\0" + struct.pack(f">{len(samples)}H", *samples)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")


def red(content):
    with open(sys.argv[1], "wb") as file:
        file.write(content)
    with Image.open(sys.argv[1]) as image:
        return list(image.convert("RGB").tobytes()[::3])


grey = red(png(0, values))
opencv = cv2.imread(sys.argv[1], cv2.IMREAD_COLOR)[0, :, 2].tolist()
rgb = red(png(2, [value for value in values for _ in "rgb"]))
print(f"stored                                   {values}")
print(f"Pillow {PIL.__version__}, convert('RGB') of 16-bit grey {grey}")
print(f"Pillow {PIL.__version__}, convert('RGB') of 16-bit RGB  {rgb}")
print(f"OpenCV {cv2.__version__}, imread of 16-bit grey          {opencv}")
assert grey == [0, 255, 255, 255, 255], "Pillow no longer cuts off at 255"
assert rgb == [0, 0, 1, 64, 255]
assert opencv == [0, 0, 1, 64, 255]
PYTHON
