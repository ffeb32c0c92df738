package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.Pictures;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The picture of {@code data augmented}. */
class AugmentedSheetTest {
    private static final int ROWS = 8;
    private static final int COLUMNS = 9; // the original, and eight epochs
    private static final Pattern PICTURE = Pattern.compile("data:image/png;base64,([^\"]+)");

    @TempDir
    private Path folder;

    /** The pictures of a sheet, column by column. */
    private List<String> sheet(String name, Object... options) throws IOException {
        Path file = folder.resolve(name + ".svg");
        List<Object> words = new ArrayList<>(List.of("data", "augmented", "--out", file));
        words.addAll(Arrays.asList(options));
        CommandResult.ofSuccess(words.toArray());
        return PICTURE.matcher(Files.readString(file, UTF_8))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    private static List<String> column(List<String> sheet, int column, int rows) {
        return sheet.subList(column * rows, (column + 1) * rows);
    }

    @Test
    void aRowIsAnImageAndAColumnAnEpoch() throws IOException {
        List<String> plain = sheet("plain", "sample", "--crop", 0, "--flip", "none");
        assertEquals(ROWS * COLUMNS, plain.size());
        for (int epoch = 1; epoch < COLUMNS; epoch++) {
            assertEquals(column(plain, 0, ROWS), column(plain, epoch, ROWS), "without transforms an image stays");
        }
        List<String> scaled = sheet("scaled", "sample", "--scale", 0.3, "--flip", "hv", "--color-jitter", "0.4");
        assertEquals(column(plain, 0, ROWS), column(scaled, 0, ROWS));
        assertEquals(ROWS * COLUMNS, scaled.stream().distinct().count());
        assertEquals(scaled, sheet("again", "sample", "--scale", 0.3, "--flip", "hv", "--color-jitter", "0.4"));
        assertNotEquals(
                scaled, sheet("other", "sample", "--scale", 0.3, "--flip", "hv", "--color-jitter", "0.4", "--seed", 1));
    }

    /** Three of them, so that one has no partner of its own. */
    @Test
    void aFolderOfFewPicturesIsShownMixed() throws IOException {
        Path data = Pictures.split(folder.resolve("pictures"), 1, 1, "blue", "green", "red");
        List<String> mixed = sheet("mixed", data, "--mixup", 1, "--image-size", 24);
        assertEquals(3 * COLUMNS, mixed.size());
        String drawn = Files.readString(folder.resolve("mixed.svg"), UTF_8);
        IntStream.rangeClosed(1, 8).forEach(epoch -> assertTrue(drawn.contains(">epoch " + epoch + "<")));
        assertEquals(8, drawn.split("own label 0\\.", -1).length - 1);
        for (String name : List.of("blue", "green", "red")) {
            assertTrue(drawn.contains(">" + name + "<"), drawn);
        }
    }

    @Test
    void itIsAPngFileAndToldAsJson() throws IOException {
        Path file = folder.resolve("sheet.png");
        CommandResult told = CommandResult.of("data", "augmented", "sample", "--out", file, "--json", "-");
        assertEquals(0, told.code(), told.err());
        assertEquals("written    " + file, told.err().strip());
        JsonNode json = JsonMapper.builder().build().readTree(told.out());
        BufferedImage picture = ImageIO.read(file.toFile());
        assertTrue(picture.getWidth() > 1000 && picture.getHeight() > 1000);
        assertEquals(ROWS, json.get("classes").size());
        assertEquals(file.toString(), json.get("file").asText());
    }
}
