package dynafilter.report;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.train.Recipes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Pieces that several pages are made of. */
final class Parts {
    private Parts() {}

    static Html paragraph(Object... content) {
        return Html.of("p", content);
    }

    static Html note(Object... content) {
        return Html.of("p", content).as("note");
    }

    /** A command to copy: one click selects all of it. */
    static Html command(String command) {
        return Html.of("pre", Html.of("code", command)).as("command");
    }

    /** A figure that is read at a glance, with what it means. */
    static Html fact(String name, String value, String meaning) {
        Html fact = Html.of("div", Html.of("dt", name), Html.of("dd", value));
        return meaning.isEmpty() ? fact : fact.add(Html.of("dd", meaning));
    }

    /** Names and values in as many columns as fit. */
    static Html pairs(String caption, JsonNode values) {
        Html body = Html.of("tbody");
        values.properties()
                .forEach(entry -> body.add(Html.of(
                        "tr",
                        Html.of("th", entry.getKey().replace('_', ' ')).set("scope", "row"),
                        Html.of("td", plain(entry.getValue())))));
        return Html.of("div", Html.of("table", Html.of("caption", caption), body))
                .as("pairs");
    }

    /** A value of a JSON file as text. */
    static String plain(JsonNode value) {
        if (value.isArray()) {
            return StreamSupport.stream(value.spliterator(), false)
                    .map(Parts::plain)
                    .collect(Collectors.joining(", "));
        }
        return value.isDouble()
                ? Recipes.typed(value.doubleValue())
                : value.isNull() ? Numbers.NONE : value.asText(value.toString());
    }

    /** The header cells of a table; names that begin with a hash are of numbers. */
    static Html head(List<String> names) {
        Html row = Html.of("tr");
        names.forEach(name -> {
            boolean number = name.startsWith("#");
            Html cell = Html.of("th", number ? name.substring(1) : name).set("scope", "col");
            row.add(number ? cell.as("n") : cell);
        });
        return Html.of("thead", row);
    }

    /** A row of a table: its name, and cells that are numbers. */
    static Html row(String name, List<String> numbers) {
        Html row = Html.of("tr", Html.of("th", name).set("scope", "row"));
        numbers.forEach(number -> row.add(Html.of("td", number).as("n")));
        return row;
    }

    /** A table that scrolls where it is too wide. */
    static Html table(String caption, List<String> head, List<Html> rows) {
        Html table = Html.of(
                "table", Html.of("caption", caption), head(head), Html.of("tbody", new ArrayList<Object>(rows)));
        return Html.of("div", table).as("wide");
    }

    static Html details(String summary, Object... content) {
        return Html.of("details", Html.of("summary", summary)).add(content);
    }

    /** The first letter as a capital. */
    static String capital(String text) {
        return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
