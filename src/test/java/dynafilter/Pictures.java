package dynafilter;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Folders of small made-up pictures, by class: each class has a colour, under noise. */
public final class Pictures {
    private Pictures() {}

    /** Writes a picture; what kind it is, is the end of the file's name. */
    public static Path picture(Path file, int type, int width, int height, long seed) throws IOException {
        Files.createDirectories(file.getParent());
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(width, height, type);
        int colour = new Random(file.getParent().getFileName().toString().hashCode()).nextInt(1 << 24);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, (0xff << 24) | (colour ^ random.nextInt(0x40) * 0x10101));
            }
        }
        String name = file.getFileName().toString();
        String format = name.endsWith(".png") ? "png" : "jpg";
        if (!ImageIO.write(image, format, file.toFile())) {
            throw new IOException("no writer for " + file);
        }
        return file;
    }

    /** An RGB picture of 20 to 39 by 20 to 39 pixels. */
    public static Path picture(Path file, long seed) throws IOException {
        int width = 20 + (int) (seed * 7 % 20);
        int height = 20 + (int) (seed * 11 % 20);
        return picture(file, BufferedImage.TYPE_INT_RGB, width, height, seed);
    }

    /** {@code CLASS/i.png} for each class. */
    public static Path classes(Path root, int images, String... classes) throws IOException {
        for (String name : classes) {
            for (int i = 0; i < images; i++) {
                picture(root.resolve(name).resolve(i + ".png"), i + 100L * images);
            }
        }
        return root;
    }

    /** {@code train/CLASS/i.png} and {@code test/CLASS/i.png}. */
    public static Path split(Path root, int train, int test, String... classes) throws IOException {
        classes(root.resolve("train"), train, classes);
        classes(root.resolve("test"), test, classes);
        return root;
    }
}
