package dynafilter.io;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * The replacement of a file as a whole or not at all: the new file is written beside the old one under another name, forced
 * to disk, and renamed. A kill or a power cut at any moment leaves the whole old file or the whole new one.
 */
public final class AtomicFile {
    private static final int BUFFER = 1 << 16;
    private static final String SUFFIX = ".tmp";
    private static final Duration ABANDONED = Duration.ofHours(1);

    private AtomicFile() {}

    /** The contents of a file: writes them to a stream, which it need not close. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Replaces the file by the content; a symbolic link stays, and the file it points to is replaced. Something that is
     * not a regular file (/dev/stdout, a pipe) is written to directly. Whatever the content throws leaves the old file
     * as it was and no temporary file behind.
     *
     * @throws InputException where a folder has the file's name
     * @throws OutputException where the file cannot be written: its folder is missing, not writable or full
     */
    public static void write(Path file, Content content) {
        try {
            if (Files.isDirectory(file)) {
                throw new InputException(file + " is a folder; give the name of a file in it");
            }
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                writeDirectly(file, content); // by its own name: /dev/stdout leads to a pipe that has none
            } else {
                replace(
                        Files.isSymbolicLink(file) && Files.exists(file) ? file.toRealPath() : file.toAbsolutePath(),
                        content);
            }
        } catch (IOException e) {
            throw cannotWrite(file, e, Files.isRegularFile(file) ? "; the file that was there is kept" : "");
        }
    }

    /**
     * The error for a file that cannot be written: the reason and the way out.
     *
     * @param consequence the consequence of the failure, after a semicolon; or an empty text
     */
    public static OutputException cannotWrite(Path file, IOException failure, String consequence) {
        return new OutputException("cannot write " + file + ": " + explain(file, failure, consequence), failure);
    }

    private static void replace(Path target, Content content) throws IOException {
        Path folder = Objects.requireNonNull(target.getParent(), "no folder is replaced");
        String prefix = "." + target.getFileName() + ".";
        deleteAbandoned(folder, prefix);
        Path temporary = folder.resolve(prefix + UUID.randomUUID() + SUFFIX);
        try {
            Files.createFile(temporary); // not createTempFile: that hides the file from group and others
            // Not a FileChannel: an interrupt (Ctrl-C) would close it in the middle of a checkpoint.
            try (FileOutputStream file = new FileOutputStream(temporary.toFile());
                    OutputStream out = new BufferedOutputStream(file, BUFFER)) {
                content.writeTo(out);
                out.flush();
                file.getFD().sync();
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (Throwable e) {
            deleteQuietly(temporary, e);
            throw e;
        }
        forceFolder(folder);
    }

    private static void writeDirectly(Path target, Content content) throws IOException {
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(target.toFile()), BUFFER)) {
            content.writeTo(out);
        }
    }

    /** Deletes the temporary files of runs that were killed while writing: nobody takes an hour to write one. */
    private static void deleteAbandoned(Path folder, String prefix) {
        Instant limit = Instant.now().minus(ABANDONED);
        try (DirectoryStream<Path> siblings = Files.newDirectoryStream(
                folder, path -> isNamed(path.getFileName().toString(), prefix))) {
            for (Path sibling : siblings) {
                if (Files.getLastModifiedTime(sibling).toInstant().isBefore(limit)) {
                    Files.delete(sibling);
                }
            }
        } catch (IOException e) {
            // They only take space; what matters is whether the new file can be written.
        }
    }

    private static boolean isNamed(String name, String prefix) {
        return name.startsWith(prefix) && name.endsWith(SUFFIX);
    }

    private static void deleteQuietly(Path temporary, Throwable why) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /** Makes the renaming itself survive a power cut. Where folders cannot be opened (Windows) there is no need to. */
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The new file is whole and in place; only its surviving a power cut in the next seconds is open.
        }
    }

    private static String explain(Path file, IOException e, String consequence) {
        Path folder = file.toAbsolutePath().getParent();
        String message = String.valueOf(e.getMessage());
        if (e instanceof NoSuchFileException || (folder != null && !Files.isDirectory(folder))) {
            return "the folder " + folder + " does not exist; create it or choose another";
        }
        if (message.contains("No space left on device") || message.contains("not enough space")) {
            return "the disk is full (No space left on device)" + consequence
                    + "; free some space or choose another folder";
        }
        if (message.contains("quota exceeded")) {
            return "the disk quota is used up" + consequence + "; free some space or choose another folder";
        }
        if (e instanceof AccessDeniedException || message.contains("Permission denied")) {
            return "no permission to write in " + folder + consequence
                    + "; change its permissions or choose another folder";
        }
        return message.lines().findFirst().orElse("") + consequence + "; choose another folder, or check the disk";
    }
}
