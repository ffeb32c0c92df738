package dynafilter.data.words;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.TensorAssert;
import dynafilter.io.Checksum;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NativeScope.class)
class WordVectorsTest {
    @TempDir
    private Path folder;

    private WordVectors read(String text, String... names) throws IOException {
        Path file = folder.resolve("vectors.txt");
        Files.writeString(file, text);
        return WordVectors.read(file.toString(), List.of(names));
    }

    private static void assertRow(WordVectors vectors, int row, float... expected) {
        assertArrayEquals(expected, vectors.rows().get(row), 1e-6f);
    }

    @Test
    void readsGlovesFormatAndWord2Vecs() throws IOException {
        String glove = "the 9 9 9\ncat 1 -2.5 3e-1\ndog .5 0 7.\n";
        for (String text : List.of(glove, "3 3\n" + glove, "\uFEFF3 3\r\n" + glove.replace("\n", " \r\n"))) {
            WordVectors vectors = read(text.replace(' ', text.startsWith("3") ? '\t' : ' '), "dog", "cat");
            assertEquals(3, vectors.size());
            assertRow(vectors, 0, 0.5f, 0, 7);
            assertRow(vectors, 1, 1, -2.5f, 0.3f);
        }
    }

    @Test
    void theHashIsThatOfTheFile() throws IOException {
        String text = "cat 1 2\n\n";
        assertEquals(Checksum.sha256Of(text.getBytes(UTF_8)), read(text, "cat").sha256());
    }

    @Test
    void namesAreFoundWhateverTheirCaseAndTheSameSpellingFirst() throws IOException {
        WordVectors vectors = read("CAT 1 1\ncat 2 2\nDog 3 3\nDOG 4 4\n", "Cat", "cat", "dog");
        assertRow(vectors, 0, 1, 1);
        assertRow(vectors, 2, 3, 3);
        assertRow(read("CAT 1 1\ncat 2 2\n", "cat"), 0, 2, 2);
    }

    @Test
    void severalWordsAreOneEntryOrTheMeanOfTheirs() throws IOException {
        String parts = "polar 1 3\nbear 3 5\ntruck 0 8\n";
        assertRow(read(parts, "polar bear"), 0, 2, 4);
        assertRow(read(parts + "Polar_Bear 7 7\n", "polar bear"), 0, 7, 7);
        assertRow(read(parts + "pickup-truck 6 6\n", "pickup_truck"), 0, 6, 6);
        assertRow(
                read(parts + "polar bear 5 9\n", "polar_bear"),
                0,
                5,
                9); // a blank inside, as GloVe's largest files have
        WordVectors spread = read(parts, "polar  bear", "bear");
        assertRow(spread, 0, 2, 4);
        assertRow(spread, 1, 3, 5);
    }

    /** word2vec's GoogleNews vectors, as text, have a word that is a blank. */
    @Test
    void aWordThatIsABlankIsNobodys() throws IOException {
        for (String blank : List.of(" 1 2\n", "\t1 2\n", "  1 2 \n")) {
            assertRow(read("the 9 9\n" + blank + "cat 3 4\n", "cat"), 0, 3, 4);
            assertRow(read("3 2\n" + blank + "the 9 9\ncat 3 4\n", "cat"), 0, 3, 4);
            assertRow(read(blank + "the 9 9\ncat 3 4\n", "cat"), 0, 3, 4);
        }
        assertRow(read(" cat 3 4\n  the 9 9\n", "the"), 0, 9, 9); // only set in
        InputException none = assertThrows(InputException.class, () -> read(" 1 2\ncat 3 4\n", "_"));
        assertTrue(none.getMessage().contains("has no vector for _"), none.getMessage());
    }

    @Test
    void filesOfOtherFormsAreCalledWhatTheyAre() {
        InputException zip = assertThrows(InputException.class, () -> read("PK\3\4", "cat"));
        assertTrue(zip.getMessage().contains("is compressed; unpack it with unzip"), zip.getMessage());
        InputException binary = assertThrows(InputException.class, () -> read("1 2\ncat \1\2\n", "cat"));
        assertTrue(binary.getMessage().contains("is no text, as in word2vec's .bin files"), binary.getMessage());
    }

    @Test
    void rowsAreScaledToAMeanSquareOfOne() throws IOException {
        WordVectors vectors = read("cat 3 4\ndog 0.001 0\n", "cat", "dog");
        float unit = (float) (1 / Math.sqrt(12.5));
        assertArrayEquals(
                new float[] {3 * unit, 4 * unit, (float) Math.sqrt(2), 0},
                TensorAssert.floats(vectors.scaled()),
                1e-6f);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cat 1 2;dog 1 | line 2 has 1 numbers where the first has 2",
                "cat 1 2;dog 1 2 3 | line 2 has more numbers than the first, which has 2",
                "9 3;cat 1 2 3;dog 1 2 | line 3 has 2 numbers where the first has 3",
                "cat one two | line 1 \"one\" is not a finite number",
                "cat 1 2;dog NaN 2 | line 2 \"NaN\" is not a finite number",
                "cat 1 2;dog 1e99 2 | line 2 \"1e99\" is not a finite number",
                "cat 1 2;dog 1 2x | line 2 \"2x\" is not a finite number",
                "cat | line 1 is no word with numbers",
                "2 0;cat 1 | line 1: vectors of 0 numbers",
                "5 99999999999;cat 1 | line 1: vectors of 99999999999 numbers",
                "cat 1 2;mouse 1 2 | has no vector for dog, neither whole",
                "mouse 1 2;rat 1 2 | has no vector for cat, dog, neither whole",
                "cat 0 0;dog 1 2 | the vector of cat is zero",
                "3 2; | has no vectors",
                "; | has no vectors"
            })
    void badFilesAreRefusedWithTheLine(String lines, String message) {
        InputException refused =
                assertThrows(InputException.class, () -> read(lines.strip().replace(';', '\n'), "cat", "dog"));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
        assertTrue(refused.getMessage().startsWith("--label-vectors " + folder.resolve("vectors.txt")));
    }

    @Test
    void whatIsNoFileIsRefused() {
        for (String path : List.of(folder.toString(), folder.resolve("none").toString(), "\0")) {
            assertThrows(InputException.class, () -> WordVectors.read(path, List.of("cat")));
        }
    }
}
