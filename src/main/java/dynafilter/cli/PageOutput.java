package dynafilter.cli;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.run.Logging;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The files of HTML pages. */
final class PageOutput {
    private static final int BEGINNING = 4096; // bytes in which a page names its generator

    private PageOutput() {}

    /**
     * Sees that nothing but a page of this program is replaced.
     *
     * @param option that names another file
     * @throws InputException where another file is there
     */
    static void requireReplaceable(Path file, String option) {
        if (Files.isRegularFile(file) && !isPage(file)) {
            throw new InputException(
                    file + " is there and is no report of this program; name another file with --" + option);
        }
    }

    /** True: a file of this name is an HTML page; false: its name ends otherwise. */
    static boolean isNamedSo(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".html");
    }

    private static boolean isPage(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            String beginning = new String(in.readNBytes(BEGINNING), StandardCharsets.UTF_8);
            return beginning.isEmpty() || beginning.contains("<meta name=\"generator\" content=\"dynafilter");
        } catch (IOException unreadable) {
            return false;
        }
    }

    static void write(Path file, String html) {
        byte[] page = html.getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, stream -> stream.write(page));
        Logging.log().info("written    {}: {} KiB", file, (page.length + 1023) / 1024);
    }
}
