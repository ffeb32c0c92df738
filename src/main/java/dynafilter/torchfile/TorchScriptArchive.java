package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.io.InputException;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The container of TorchScript: a zip file with the pickles {@code ROOT/data.pkl} and {@code ROOT/constants.pkl}, a record for
 * each storage in {@code ROOT/data} and {@code ROOT/constants}, and source text in {@code ROOT/code}. libtorch believes much of
 * this, so every file is checked here before libtorch loads it.
 */
public final class TorchScriptArchive {
    private static final int MAX_PICKLE_BYTES = 16 << 20;
    private static final int MAX_CODE_BYTES = 16 << 20; // all records together; a large network has one
    private static final int MAX_EXTRA_BYTES = 16 << 20;
    private static final int MAX_MARKER_BYTES = 64;
    private static final int MAX_COMPRESSION = 200; // times, of text that a program wrote
    private static final int END_BYTES = 22;
    private static final byte[] END = {'P', 'K', 5, 6};

    /** The limit of the tensors' bytes: expanded tensors and shared storages may take more than the file, within reason. */
    private static final long UNFOLD_BYTES = 16 << 20;

    private static final long UNFOLD_FACTOR = 8;

    private final ZipRecords records;
    private final String root;
    private long codeBytes;
    private long budget;

    private TorchScriptArchive(ZipRecords records, String root, long budget) {
        this.records = records;
        this.root = root;
        this.budget = budget;
    }

    /** True: a file has the records of TorchScript, sound or not; false: it is another file, or is not there. */
    public static boolean isTorchScript(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return zip.stream()
                    .map(ZipEntry::getName)
                    .anyMatch(name -> name.contains("/code/") || name.endsWith("/constants.pkl"));
        } catch (IOException | RuntimeException notZip) {
            return false;
        }
    }

    /**
     * Checks the structure of a file before it is loaded.
     *
     * @throws InputException where the structure is not sound; the message says what is wrong
     */
    static void check(Path file) {
        checkProgram(file, 0);
    }

    /**
     * Checks the structure of a program whose weights are elsewhere.
     *
     * @param weights the bytes of those weights
     * @throws InputException where the structure is not sound; the message says what is wrong
     */
    static void checkProgram(Path file, long weights) {
        long budget = UNFOLD_BYTES + UNFOLD_FACTOR * (weights + file.toFile().length());
        inFile(file, records -> {
            new TorchScriptArchive(records, root(records), budget).check();
            return Optional.empty(); // nothing is asked for but that it is sound
        });
    }

    /**
     * The bytes of an extra file in the archive; empty where there is none of this name.
     *
     * @throws InputException where the archive cannot be read
     */
    public static Optional<byte[]> extra(Path file, String name) {
        return inFile(file, records -> {
            ZipEntry entry = records.all().get(root(records) + "extra/" + name);
            return entry == null ? Optional.empty() : Optional.of(records.unpacked(entry, MAX_EXTRA_BYTES));
        });
    }

    @FunctionalInterface
    private interface Use<T> {
        T apply(ZipRecords records) throws IOException;
    }

    private static <T> T inFile(Path path, Use<T> use) {
        File file = path.toFile();
        try (ZipRecords records = new ZipRecords(file)) {
            requireEnd(file);
            return use.apply(records);
        } catch (BadFile e) {
            throw new InputException(path + " " + e.getMessage(), e);
        } catch (IOException e) {
            BadFile unreadable = BadFile.unreadable(e);
            throw new InputException(path + " " + unreadable.getMessage(), unreadable);
        } catch (RuntimeException e) { // so does ZipFile at bad bytes, too
            BadFile damaged = BadFile.damaged(
                    String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
            throw new InputException(path + " " + damaged.getMessage(), damaged);
        }
    }

    /**
     * Requires that nothing follows the zip file's directory: readers search for it backwards, and all must find the same one.
     */
    private static void requireEnd(File file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file, "r")) {
            byte[] end = new byte[END_BYTES];
            bytes.seek(Math.max(0, bytes.length() - END_BYTES));
            bytes.readFully(end);
            if (!Arrays.equals(END, Arrays.copyOf(end, END.length))
                    || end[END_BYTES - 2] != 0
                    || end[END_BYTES - 1] != 0) {
                throw BadFile.damaged("there is something behind its end");
            }
        }
    }

    /** The folder that all records lie in. Requires that no record's name is a path that leads elsewhere. */
    private static String root(ZipRecords records) {
        String root = null;
        Set<String> seen = new HashSet<>();
        for (String name : records.all().keySet()) {
            int slash = name.indexOf('/');
            boolean plain = slash > 0
                    && name.indexOf('\\') < 0
                    && Arrays.stream(name.split("/", -1))
                            .noneMatch(part -> part.isEmpty() || part.equals("..") || part.equals("."));
            if (!plain) {
                throw BadFile.damaged("it has a record named " + BadFile.shown(name));
            }
            String here = name.substring(0, slash + 1);
            if (root != null && !root.equals(here)) {
                throw BadFile.damaged("its records lie in " + BadFile.shown(root) + " and " + BadFile.shown(here));
            }
            root = here;
            // libtorch does not tell upper from lower case when it looks a record up.
            if (!seen.add(name.toLowerCase(Locale.ROOT))) {
                throw BadFile.damaged(
                        "it has two records named " + BadFile.shown(name) + ", but for upper and lower case");
            }
        }
        if (root == null) {
            throw BadFile.damaged("it is empty");
        }
        return root;
    }

    private void check() throws IOException {
        if (!records.all().containsKey(root + "version") && !records.all().containsKey(root + ".data/version")) {
            throw BadFile.damaged("record version is missing");
        }
        for (Map.Entry<String, ZipEntry> record : records.all().entrySet()) {
            checkRecord(record.getKey().substring(root.length()), record.getValue());
        }
        checkPickle("data");
        checkPickle("constants");
    }

    private void checkRecord(String name, ZipEntry entry) throws IOException {
        if (name.startsWith("code/")) {
            checkCode(name, entry);
        } else if (name.equals("version") || name.equals(".data/version") || name.equals("byteorder")) {
            checkMarker(name, new String(records.bytes(entry, MAX_MARKER_BYTES), UTF_8).strip());
        } else if (name.startsWith("extra/")) {
            requireHonest(entry);
            records.unpacked(entry, MAX_EXTRA_BYTES);
        } else {
            try (CheckedInputStream in = records.open(entry)) {
                in.skipNBytes(entry.getSize());
                records.checkCrc(entry, in);
            }
        }
    }

    private static void checkMarker(String name, String value) {
        if (name.equals("byteorder") ? !value.equals("little") : !value.matches("\\d{1,3}")) {
            throw BadFile.refused("has the " + name + " \"" + BadFile.shown(value)
                    + "\", which is not read here; export it again with a current PyTorch on a little-endian machine");
        }
    }

    private void checkCode(String name, ZipEntry entry) throws IOException {
        requireHonest(entry);
        byte[] text = records.unpacked(entry, MAX_CODE_BYTES);
        codeBytes += text.length;
        if (codeBytes > MAX_CODE_BYTES) {
            throw BadFile.refused("has more than " + MAX_CODE_BYTES + " bytes of code; refused");
        }
        if (name.endsWith(".py")) {
            ScriptCode.check(name, text);
        }
    }

    private static void requireHonest(ZipEntry entry) {
        if (entry.getSize() > 1024 + (long) MAX_COMPRESSION * Math.max(0, entry.getCompressedSize())) {
            throw BadFile.refused("has a record " + BadFile.shown(entry.getName()) + " that unfolds from "
                    + entry.getCompressedSize() + " to " + entry.getSize() + " bytes; refused");
        }
    }

    private void checkPickle(String name) throws IOException {
        ZipEntry entry = records.all().get(root + name + ".pkl");
        if (entry == null) {
            throw BadFile.damaged("record " + name + ".pkl is missing");
        }
        byte[] pickle = records.unpacked(entry, MAX_PICKLE_BYTES); // stored, as was seen above
        Object objects = new CheckpointUnpickler(ScriptPickleGlobals::find, new PickleInput(pickle)).next();
        new ObjectReader(tensor -> checkTensor(name, tensor)).read(objects);
    }

    private @Nullable Object checkTensor(String folder, TensorRef tensor) {
        StorageRef storage = tensor.storage();
        ZipEntry entry = records.all().get(root + folder + "/" + storage.key());
        if (entry == null) {
            throw BadFile.damaged("record " + folder + "/" + storage.key() + " is missing");
        }
        if (entry.getSize() != storage.bytes()) {
            throw BadFile.damaged("storage " + storage.key() + " should have " + storage.bytes() + " bytes and has "
                    + entry.getSize());
        }
        if (tensor.bytes() > budget) {
            throw BadFile.refused("unfolds to tensors much larger than the file; refused");
        }
        budget -= tensor.bytes();
        return null;
    }
}
