package dynafilter.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipFile;

final class TorchScriptArchive {
    private TorchScriptArchive() {}

    static void check(Path file) {}

    static boolean isTorchScript(Path file) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return zip.stream().anyMatch(entry -> entry.getName().contains("/code/"));
        } catch (IOException notZip) {
            return false;
        }
    }

    static Optional<byte[]> extra(Path file, String name) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            var found = zip.stream()
                    .filter(e -> e.getName().endsWith("/extra/" + name))
                    .findFirst();
            return found.isEmpty()
                    ? Optional.empty()
                    : Optional.of(zip.getInputStream(found.get()).readAllBytes());
        } catch (IOException notZip) {
            return Optional.empty();
        }
    }
}
