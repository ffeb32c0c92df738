package dynafilter.data.words;

import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** A line of a file of word vectors. The numbers are parsed on demand: most lines have words that nobody asked for. */
final class WordLine {
    private static final Pattern BLANKS = Pattern.compile("[ \\t]+");

    private final String line;
    private final Path file;
    private final long number;
    private final boolean isIndented;
    private int end; // of the word, in the line

    WordLine(String line, Path file, long number) {
        this.line = line.stripTrailing();
        isIndented = !line.isEmpty() && isBlank(line.charAt(0));
        this.file = file;
        this.number = number;
    }

    /**
     * The number of numbers in the line, which is the first one with a word.
     *
     * @throws InputException where there are none
     */
    int numbersOfFirst() {
        boolean isOfBlank = isIndented && isNumber(fields(line.strip()).get(0));
        int count = isOfBlank ? countFields() : countFields() - 1;
        if (count < 1) {
            throw wrong("is no word with numbers: " + shown(line));
        }
        return count;
    }

    /**
     * The word, before the last {@code size} numbers; blanks in it are kept, as GloVe's largest files have them, and it may be
     * a blank, as one of word2vec's GoogleNews vectors is.
     *
     * @throws InputException where there are fewer numbers, or more
     */
    String word(int size) {
        int fields = countFields();
        if (isIndented && fields == size) {
            return "";
        }
        if (fields - 1 < size) {
            throw wrong("has " + (fields - 1) + " numbers where the first has " + size);
        }
        int at = line.length();
        for (int i = 0; i < size; i++) {
            at = fieldBefore(at);
        }
        end = line.substring(0, at).stripTrailing().length();
        String word = line.substring(0, end);
        int last = fieldBefore(end);
        if (last > 0 && isNumber(word.substring(last))) {
            throw wrong("has more numbers than the first, which has " + size);
        }
        return word;
    }

    /** The start of the last field before {@code at}. */
    private int fieldBefore(int at) {
        int start = at;
        while (start > 0 && isBlank(line.charAt(start - 1))) {
            start--;
        }
        while (start > 0 && !isBlank(line.charAt(start - 1))) {
            start--;
        }
        return start;
    }

    /**
     * The numbers behind the word, which was asked for before.
     *
     * @throws InputException where one of them is not a finite number
     */
    float[] numbers() {
        List<String> texts = fields(line.substring(end).strip());
        float[] numbers = new float[texts.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!isNumber(texts.get(i))) {
                throw wrong(shown(texts.get(i)) + " is not a finite number");
            }
            numbers[i] = Float.parseFloat(texts.get(i));
        }
        return numbers;
    }

    /** The fields of a text, which blanks separate; the text has none at its ends. */
    static List<String> fields(String text) {
        return BLANKS.splitAsStream(text).toList();
    }

    private int countFields() {
        int fields = 0;
        boolean blank = true;
        for (int i = 0; i < line.length(); i++) {
            boolean now = isBlank(line.charAt(i));
            if (blank && !now) {
                fields++;
            }
            blank = now;
        }
        return fields;
    }

    /** Only these separate fields: words may have other blanks inside, such as the no-break space. */
    private static boolean isBlank(char letter) {
        return letter == ' ' || letter == '\t';
    }

    private static boolean isNumber(String text) {
        return text.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?") && Float.isFinite(Float.parseFloat(text));
    }

    private InputException wrong(String what) {
        boolean isText = line.chars().noneMatch(letter -> letter == '\uFFFD' || (letter < ' ' && letter != '\t'));
        return new InputException("--label-vectors " + file + ", line " + number + " " + what
                + (isText ? "" : ", and is no text, as in word2vec's .bin files")
                + "; give a file with a word and its numbers a line");
    }

    private static String shown(String text) {
        return "\"" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "\"";
    }
}
