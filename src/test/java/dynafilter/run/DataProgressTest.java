package dynafilter.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataProgressTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final DataProgress progress = new DataProgress(new Terminal(
            Terminal.Style.BAR, new PrintStream(shown, true, StandardCharsets.US_ASCII), StandardCharsets.US_ASCII));

    private List<String> texts() {
        return Arrays.stream(shown.toString(StandardCharsets.US_ASCII).split("\r"))
                .filter(text -> text.contains("decoding"))
                .map(text -> text.replaceAll(".*(decoding.*)\033.*", "$1"))
                .toList();
    }

    @Test
    void theTimeThatIsLeftFollowsFromThePaceSinceTheFirstReport() throws InterruptedException {
        progress.decoding(16, 1016);
        Thread.sleep(200);
        progress.decoding(26, 1016); // 10 files in 0.2 seconds or more: 990 files in 20 or more
        List<String> texts = texts();
        assertEquals("decoding images: 16 of 1,016", texts.get(0));
        assertTrue(texts.get(1).matches("decoding images: 26 of 1,016, \\d+:\\d\\d left"), texts.get(1));
        String[] time = texts.get(1).replaceAll(".*, (.*) left", "$1").split(":", -1);
        assertTrue(Integer.parseInt(time[0]) * 60 + Integer.parseInt(time[1]) >= 20, texts.get(1));
    }

    @Test
    void filesOfAnotherFolderAreCountedAnew() {
        progress.decoding(16, 1000);
        progress.decoding(32, 1000);
        progress.decoding(16, 500);
        assertEquals("decoding images: 16 of 500", texts().get(2));
    }
}
