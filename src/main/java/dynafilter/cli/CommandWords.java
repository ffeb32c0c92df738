package dynafilter.cli;

import dynafilter.io.InputException;
import java.util.ArrayList;
import java.util.List;

/** The words of a command line in a text, as a shell would split it: quotes keep words together, {@code #} begins a comment. */
final class CommandWords {
    private static final char NONE = 0;

    /** What a backslash makes an ordinary character of between double quotes. */
    private static final String ESCAPED = "\"\\$`";

    private final String line;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord; // true: also where the word has no characters, as in ''; false: between words

    private CommandWords(String line) {
        this.line = line;
    }

    /**
     * Splits a line.
     *
     * @throws InputException where a quote is not closed, or the last character is a backslash
     */
    static List<String> of(String line) {
        return new CommandWords(line).split();
    }

    private List<String> split() {
        char quote = NONE;
        for (int at = 0; at < line.length(); at++) {
            char letter = line.charAt(at);
            boolean escapes = letter == '\\' && quote != '\'' && (quote == NONE || isEscaped(at + 1));
            if (escapes) {
                at++;
                add(letterAt(at));
            } else if (quote != NONE) {
                quote = letter == quote ? NONE : quote;
                if (quote != NONE) {
                    add(letter);
                }
            } else if (letter == '"' || letter == '\'') {
                quote = letter;
                inWord = true;
            } else if (Character.isWhitespace(letter)) {
                end();
            } else if (letter == '#' && !inWord) {
                break;
            } else {
                add(letter);
            }
        }
        if (quote != NONE) {
            throw new InputException("a quote " + quote + " is not closed; close it, or write \\" + quote);
        }
        end();
        return words;
    }

    private boolean isEscaped(int at) {
        return at < line.length() && ESCAPED.indexOf(line.charAt(at)) >= 0;
    }

    private char letterAt(int at) {
        if (at == line.length()) {
            throw new InputException(
                    "the line ends with a backslash; a command has one line, and a backslash is written \\\\");
        }
        return line.charAt(at);
    }

    private void add(char letter) {
        word.append(letter);
        inWord = true;
    }

    private void end() {
        if (inWord) {
            words.add(word.toString());
        }
        word.setLength(0);
        inWord = false;
    }
}
