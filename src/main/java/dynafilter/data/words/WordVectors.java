package dynafilter.data.words;

import dynafilter.io.Checksum.Algorithm;
import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import dynafilter.runtime.TensorBytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Word vectors of names, from a file in the text format of word2vec and GloVe: a word and its numbers a line, separated by
 * blanks, after an optional first line with the counts of words and numbers. The file is read once, front to back, and may be
 * of any size: only the vectors that are looked for are kept.
 *
 * <p>A name is found whatever its case; blanks, hyphens and underscores in it are one: "pickup_truck" is "Pickup truck". A
 * name of several words that is not in the file as a whole has the mean of its words' vectors. Of words that differ by case
 * alone, the one spelled as the name counts, else the first.
 *
 * @param names the names that have these vectors
 * @param rows the vector of each name
 * @param sha256 the SHA-256 of the file, in hex
 */
public record WordVectors(List<String> names, List<float[]> rows, String sha256) {
    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final byte[] GZIP = {0x1f, (byte) 0x8b};
    private static final byte[] ZIP = {'P', 'K'};
    private static final int BUFFER = 1 << 16;
    private static final int MOST_NUMBERS = 1 << 16;

    /**
     * Reads the vectors of some names.
     *
     * @throws InputException where the file cannot be read, is not in that format (naming the line), or lacks a name
     */
    public static WordVectors read(String path, List<String> names) {
        return read(path, names, List.of());
    }

    /**
     * Reads the vectors of some names, and behind them those of others as far as the file has them.
     *
     * @throws InputException where the file cannot be read, is not in that format (naming the line), or lacks one of {@code names}
     */
    public static WordVectors read(String path, List<String> names, List<String> others) {
        Path file = SystemLocale.path("--label-vectors", path, "give a file of word vectors");
        if (!Files.isRegularFile(file)) {
            throw new InputException("--label-vectors " + file
                    + (Files.isDirectory(file) ? " is a folder" : " does not exist")
                    + "; give a file of word vectors: a word and its numbers a line");
        }
        requireText(file);
        CharsetDecoder lenient = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        List<String> all = new ArrayList<>(names);
        all.addAll(others);
        WordSearch search = new WordSearch(all);
        try (InputStream in = Files.newInputStream(file);
                DigestInputStream hashed = new DigestInputStream(in, Algorithm.SHA256.digest());
                Reader text = new InputStreamReader(hashed, lenient);
                BufferedReader lines = new BufferedReader(text, BUFFER)) {
            read(lines, file, search);
            String sha256 = HexFormat.of().formatHex(hashed.getMessageDigest().digest());
            all.removeIf(name -> others.contains(name)
                    && !names.contains(name)
                    && search.vector(name).isEmpty());
            return new WordVectors(List.copyOf(all), rows(search, all, file), sha256);
        } catch (IOException unreadable) {
            throw new InputException(
                    "--label-vectors " + file + " cannot be read: " + FileErrors.reason(unreadable), unreadable);
        }
    }

    /** Refuses a compressed file, as such files often are when they have been downloaded. */
    private static void requireText(Path file) {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(2);
        } catch (IOException unreadable) {
            throw new InputException(
                    "--label-vectors " + file + " cannot be read: " + FileErrors.reason(unreadable), unreadable);
        }
        String tool = Arrays.equals(head, GZIP) ? "gunzip" : Arrays.equals(head, ZIP) ? "unzip" : null;
        if (tool != null) {
            throw new InputException("--label-vectors " + file + " is compressed; unpack it with " + tool
                    + ", and give the file of words and numbers that was in it");
        }
    }

    private static void read(BufferedReader lines, Path file, WordSearch search) throws IOException {
        int size = 0;
        long number = 0;
        for (String next = lines.readLine(); next != null; next = lines.readLine()) {
            number++;
            String line = number == 1 && next.startsWith(BYTE_ORDER_MARK) ? next.substring(1) : next;
            if (number == 1 && line.strip().matches("\\d+[ \\t]+\\d+")) {
                size = announced(line.strip(), file);
            } else if (!line.isBlank()) {
                WordLine parsed = new WordLine(line, file, number);
                if (size == 0) {
                    size = parsed.numbersOfFirst();
                }
                search.offer(parsed.word(size), parsed::numbers);
            }
        }
        if (size == 0 || !search.sawWords()) {
            throw new InputException("--label-vectors " + file
                    + " has no vectors; give a file of word vectors: a word and" + " its numbers a line");
        }
    }

    /** The second number of a first line such as "400000 300". */
    private static int announced(String line, Path file) {
        String count = WordLine.fields(line).get(1);
        int size = count.length() > 6 ? Integer.MAX_VALUE : Integer.parseInt(count);
        if (size < 1 || size > MOST_NUMBERS) {
            throw new InputException("--label-vectors " + file + ", line 1: vectors of " + count
                    + " numbers; from 1 to " + MOST_NUMBERS + " make sense");
        }
        return size;
    }

    private static List<float[]> rows(WordSearch search, List<String> names, Path file) {
        List<float[]> rows = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String name : names) {
            Optional<float[]> row = search.vector(name);
            row.ifPresentOrElse(rows::add, () -> missing.add(name));
        }
        if (!missing.isEmpty()) {
            throw new InputException("--label-vectors " + file + " has no vector for " + String.join(", ", missing)
                    + ", neither whole nor for each of its words; rename these classes, or add lines for them");
        }
        for (int i = 0; i < rows.size(); i++) {
            if (meanSquare(rows.get(i)) == 0) {
                throw new InputException("--label-vectors " + file + ": the vector of " + names.get(i)
                        + " is zero, which says nothing of it; give it another");
            }
        }
        return rows;
    }

    /** The number of numbers in a vector. */
    public int size() {
        return rows.get(0).length;
    }

    /**
     * The vectors, each scaled so that the mean of its squares is one: as large as randomly initialised embeddings.
     *
     * @return float32 [names, size], in the caller's scope
     */
    public Tensor scaled() {
        return scaled(0, rows.size());
    }

    /**
     * Some of the vectors, scaled likewise.
     *
     * @param from the first name
     * @param to the first name behind them
     * @return float32 [to - from, size]; the caller closes it
     */
    public Tensor scaled(int from, int to) {
        float[] values = new float[(to - from) * size()];
        for (int row = from; row < to; row++) {
            double scale = 1 / Math.sqrt(meanSquare(rows.get(row)));
            for (int i = 0; i < size(); i++) {
                values[(row - from) * size() + i] = (float) (scale * rows.get(row)[i]);
            }
        }
        try (Tensor flat = TensorBytes.of(values)) {
            return flat.view(to - from, size());
        }
    }

    /**
     * Sees that the vectors are as long as a network's embeddings.
     *
     * @param path the file that they were read from
     * @throws InputException where they are not
     */
    public void requireSize(int embeddingSize, String path) {
        if (size() != embeddingSize) {
            throw new InputException(
                    "--label-vectors " + path + " has vectors of " + size() + " numbers, the network's labels have "
                            + embeddingSize + "; give the file that they started from");
        }
    }

    private static double meanSquare(float[] row) {
        double sum = 0;
        for (float value : row) {
            sum += (double) value * value;
        }
        return sum / row.length;
    }
}
