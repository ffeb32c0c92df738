#!/bin/sh
# TwelveMonkeys ImageIO: the colours of lossy WebP are blocks of two by two pixels.
#
# Seen with:   com.twelvemonkeys.imageio:imageio-webp 3.15.0 on Java 17, beside Pillow 12.3.0 (libwebp)
# The guess:   two decoders of WebP give the same pixels, as two of PNG do: the bit stream of VP8 is decoded exactly, and what
#              is left is a conversion of colours.
# What it does: WebP stores colour at half of the resolution. libwebp interpolates it when it is brought back, which its authors
#              call fancy upsampling; TwelveMonkeys repeats each value. Brightness is the same to a level or two; at the edges
#              of colours the pixels differ by far more. A network that was trained on pictures of the one sees others here.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for artifact in imageio:imageio-webp imageio:imageio-core imageio:imageio-metadata common:common-lang common:common-io \
    common:common-image; do
    mvn -q -B dependency:copy -Dartifact="com.twelvemonkeys.$artifact:3.15.0" -DoutputDirectory="$work/jars" >/dev/null
done
python3 -m venv python
python/bin/pip install --quiet --retries 1 pillow==12.3.0
python/bin/python - <<'PYTHON'
from PIL import Image

# Grey on the left; on the right stripes of one brightness, red and green by turns, each four pixels wide.
colours = [(150, 60, 60), (40, 107, 60)]
image = Image.new("RGB", (64, 32), (96, 96, 96))
for x in range(32, 64):
    for y in range(32):
        image.putpixel((x, y), colours[x // 4 % 2])
image.save("stripes.webp", quality=95)
PYTHON
cat >Decode.java <<'JAVA'
import java.awt.image.BufferedImage;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

class Decode {
    public static void main(String[] arguments) throws Exception {
        BufferedImage image = ImageIO.read(new File("stripes.webp"));
        byte[] pixels = new byte[3 * image.getWidth() * image.getHeight()];
        for (int i = 0; i < pixels.length / 3; i++) {
            int rgb = image.getRGB(i % image.getWidth(), i / image.getWidth());
            for (int channel = 0; channel < 3; channel++) {
                pixels[3 * i + channel] = (byte) (rgb >> (16 - 8 * channel));
            }
        }
        Files.write(Path.of("java.rgb"), pixels);
    }
}
JAVA
java -cp 'jars/*' Decode.java
python/bin/python - <<'PYTHON'
from PIL import Image

python = Image.open("stripes.webp").convert("RGB")
java = Image.frombytes("RGB", python.size, open("java.rgb", "rb").read())


def difference(left, right):
    pairs = [(python.getpixel((x, y)), java.getpixel((x, y))) for x in range(left, right) for y in range(4, 28)]
    return max(abs(a - b) for one, other in pairs for a, b in zip(one, other))


grey, coloured = difference(4, 28), difference(36, 60)
print(f"largest difference of a colour's value: grey {grey}, stripes of colour {coloured}")
assert grey <= 2, "CHANGED: grey differs"
assert coloured >= 20, "CHANGED: colours are interpolated now"
PYTHON
