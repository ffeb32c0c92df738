package dynafilter.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * JSON as text in which values that another machine, or another moment, would write otherwise are replaced by their kind. All
 * other bytes stay: names and their order, indentation, how numbers are written.
 */
final class MaskedJson {
    private static final Pattern TOKEN =
            Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|[{}\\[\\],:]|[^\\s\"{}\\[\\],:]+|\\s+", Pattern.DOTALL);

    /** Objects whose entries the program writes in an order that is chance, another in each process: sorted here. */
    private static final Pattern UNORDERED = Pattern.compile("(.*\\.)?(resumed|label_vectors|against|learned_from"
            + "|cross_validated|tested|skipped|ceilings\\.\\w+)|(evaluated|test)\\.data|verified(-pictures)?");

    private record Open(char bracket, String path, int at) {}

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
                open.push(new Open(first, path(), out.length()));
                out.append(token);
                name = "";
                expectsName = first == '{';
            }
            case '}', ']' -> {
                out.append(token);
                Open closed = open.pop();
                if (first == '}' && UNORDERED.matcher(closed.path).matches()) {
                    String sorted = sorted(out.substring(closed.at));
                    out.setLength(closed.at);
                    out.append(sorted);
                }
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

    /** The lines of an object, its entries by name. */
    private static String sorted(String object) {
        List<String> lines = object.lines().toList();
        String indent = lines.get(1).replaceFirst("\\S.*", "");
        List<String> entries = new ArrayList<>();
        for (String line : lines.subList(1, lines.size() - 1)) {
            if (line.startsWith(indent + "\"")) {
                entries.add(line);
            } else {
                entries.set(entries.size() - 1, entries.get(entries.size() - 1) + "\n" + line);
            }
        }
        String middle = entries.stream()
                .map(entry -> entry.replaceFirst(",$", ""))
                .sorted()
                .collect(Collectors.joining(",\n"));
        return lines.get(0) + "\n" + middle + "\n" + lines.get(lines.size() - 1);
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
            Collection<String> fields = new ArrayList<>();
            json.fieldNames().forEachRemaining(fields::add);
            for (String field : UNORDERED.matcher(path).matches() ? new TreeSet<>(fields) : fields) {
                if (!without.contains(field)) {
                    names(json.get(field), path.isEmpty() ? field : path + "." + field, without, text);
                }
            }
        } else {
            text.append(path).append(' ').append(json.getNodeType()).append('\n');
        }
    }
}
