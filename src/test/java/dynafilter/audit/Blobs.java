package dynafilter.audit;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures of coloured blobs that are as different from each other as photos are. */
public final class Blobs {
    private static final int BLOBS = 12;

    private Blobs() {}

    /** Writes a picture as PNG; a seed gives the same picture at every size. */
    public static Path write(Path file, int size, long seed) throws IOException {
        Random random = new Random(seed);
        double[][] blobs = new double[BLOBS][];
        for (int i = 0; i < BLOBS; i++) {
            blobs[i] = new double[] {
                random.nextDouble(),
                random.nextDouble(),
                0.04 + 0.1 * random.nextDouble(),
                random.nextDouble(-160, 160),
                random.nextDouble(-160, 160),
                random.nextDouble(-160, 160)
            };
        }
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                image.setRGB(x, y, colour(blobs, (x + 0.5) / size, (y + 0.5) / size));
            }
        }
        Files.createDirectories(file.getParent());
        ImageIO.write(image, "png", file.toFile());
        return file;
    }

    private static int colour(double[][] blobs, double x, double y) {
        double[] rgb = {128, 128, 128};
        for (double[] blob : blobs) {
            double distance = Math.hypot(x - blob[0], y - blob[1]) / blob[2];
            double weight = Math.exp(-distance * distance / 2);
            for (int channel = 0; channel < 3; channel++) {
                rgb[channel] += weight * blob[3 + channel];
            }
        }
        int colour = 0;
        for (double value : rgb) {
            colour = colour << 8 | (int) Math.max(0, Math.min(255, value));
        }
        return colour;
    }
}
