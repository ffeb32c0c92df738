package dynafilter.cli;

import dynafilter.run.StandardOutput;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * Runs in small what users run in earnest, in a virtual machine that writes down the classes it has loaded
 * ({@code -XX:ArchiveClassesAtExit}): the launchers hand that archive to the program, which then starts twice as fast. See
 * {@code native-config/quick-start.sh}.
 */
final class StartRehearsal {
    private static final int SIDE = 64;

    private StartRehearsal() {}

    /** Rehearses, and ends the process: code 0 where all went well. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("dynafilter-rehearsal");
        int code = ExitCode.FAILED;
        try {
            code = rehearse(folder);
        } finally {
            delete(folder);
        }
        System.exit(code);
    }

    private static int rehearse(Path folder) throws IOException {
        Path run = folder.resolve("run");
        Path model = run.resolve("best.pt");
        Path jpeg = picture(folder, "jpg");
        Path png = picture(folder, "png");
        String[][] commands = {
            {
                "train",
                "--data",
                "sample",
                "--backbone",
                "random",
                "--epochs",
                "1",
                "--batch-size",
                "16",
                "--limit-train",
                "64",
                "--limit-test",
                "64",
                "--device",
                "cpu",
                "--out",
                run.toString(),
            },
            {"eval", "--data", "sample", "--limit-test", "64", "--device", "cpu", "--model", model.toString()},
            {"predict", "--device", "cpu", "--model", model.toString(), jpeg.toString(), png.toString()},
            {"--help"},
            {"train", "--help"},
        };
        for (String[] command : commands) {
            int code = Main.run(new StandardOutput(OutputStream.nullOutputStream(), StandardCharsets.UTF_8), command);
            if (code != ExitCode.DONE) {
                return code;
            }
        }
        return ExitCode.DONE;
    }

    private static Path picture(Path folder, String format) throws IOException {
        Path file = folder.resolve("picture." + format);
        ImageIO.write(new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB), format, file.toFile());
        return file;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
