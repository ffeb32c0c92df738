package dynafilter.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * JSON as text in which values that another machine, or another moment, would write otherwise are replaced by their kind. All
 * other bytes stay: names and their order, indentation, how numbers are written.
 */
final class MaskedJson {
    private static final Pattern TOKEN =
            Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|[{}\\[\\],:]|[^\\s\"{}\\[\\],:]+|\\s+", Pattern.DOTALL);

    private record Open(char bracket, String path) {}

    private final Pattern masked;
    private final StringBuilder out = new StringBuilder();
    private final Deque<Open> open = new ArrayDeque<>();
    private String name;
    private boolean expectsName;

    private MaskedJson(String root, Pattern masked) {
        this.name = root;
        this.masked = masked;
    }

    /**
     * The text with some values replaced.
     *
     * @param root the document's name, with which the paths of all its values begin
     * @param masked the whole paths of these values: names with dots between; a list's elements have the list's path
     */
    static String of(String json, String root, Pattern masked) {
        MaskedJson document = new MaskedJson(root, masked);
        Matcher tokens = TOKEN.matcher(json);
        while (tokens.find()) {
            document.take(tokens.group());
        }
        return document.out.toString();
    }

    private void take(String token) {
        char first = token.charAt(0);
        switch (first) {
            case '{', '[' -> {
                open.push(new Open(first, path()));
                out.append(token);
                name = "";
                expectsName = first == '{';
            }
            case '}', ']' -> {
                out.append(token);
                open.pop();
                expectsName = false;
                name = "";
            }
            case ',' -> {
                out.append(token);
                expectsName = open.element().bracket == '{';
            }
            case ':' -> {
                out.append(token);
                expectsName = false;
            }
            default -> {
                if (expectsName && first == '"') {
                    name = token.substring(1, token.length() - 1);
                }
                boolean isValue = !expectsName && !token.isBlank();
                out.append(isValue && masked.matcher(path()).matches() ? kind(token) : token);
            }
        }
    }

    /** Of the value that comes next. */
    private String path() {
        String outer = open.isEmpty() ? "" : open.element().path;
        boolean named = open.isEmpty() || open.element().bracket == '{';
        return !named ? outer : outer.isEmpty() ? name : outer + "." + name;
    }

    private static String kind(String value) {
        if (value.startsWith("\"")) {
            return "\"<text>\"";
        }
        if (value.equals("null")) {
            return value;
        }
        return value.matches("true|false") ? "<boolean>" : value.matches("-?\\d+") ? "<whole>" : "<decimal>";
    }

    /**
     * The names in a document and the kinds of their values, a line each; of a list its first element's.
     *
     * @param without names that not every machine's document has
     */
    static String names(JsonNode json, Collection<String> without) {
        StringBuilder text = new StringBuilder();
        names(json, "", without, text);
        return text.toString();
    }

    private static void names(JsonNode json, String path, Collection<String> without, StringBuilder text) {
        if (json.isArray() && !json.isEmpty()) {
            names(json.get(0), path + "[]", without, text);
        } else if (json.isObject() && !json.isEmpty()) {
            json.properties().forEach(field -> {
                if (!without.contains(field.getKey())) {
                    String name = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
                    names(field.getValue(), name, without, text);
                }
            });
        } else {
            text.append(path).append(' ').append(json.getNodeType()).append('\n');
        }
    }
}
