package dynafilter.report.page;

import dynafilter.io.JsonFile;
import dynafilter.report.ComparisonFacts;
import dynafilter.report.Numbers;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The elements that several pages are made of. */
final class PageElements {
    private PageElements() {}

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

    /** A figure to read at a glance: its name, its value and a remark, which may be empty. */
    static Html fact(String name, String value, String meaning) {
        Html fact = Html.of("div", Html.of("dt", name), Html.of("dd", value));
        return meaning.isEmpty() ? fact : fact.add(Html.of("dd", meaning));
    }

    /** A table of names and values; values that differ from the usual ones stand out. */
    private static Html pairs(String name, Map<String, ?> values, Map<String, ?> usual) {
        Html body = Html.of("tbody");
        values.forEach((key, of) -> {
            String value = plain(of);
            boolean changed = usual.containsKey(key) && !value.equals(Recipes.typed(usual.get(key)));
            body.add(Html.of(
                    "tr",
                    Html.of("th", key.replace('_', ' ')).set("scope", "row"),
                    Html.of("td", changed ? Html.of("b", value) : value)));
        });
        return Html.of("div", Html.of("table", body).set("aria-label", name)).as("pairs");
    }

    /** @param recipe the settings by name; null: they are not known */
    static List<Object> recipe(@Nullable Map<String, Object> recipe, String note) {
        return List.of(
                note(note, " What differs from the program's defaults is ", Html.of("b", "bold"), "."),
                pairs("Recipe", recipe == null ? Map.of() : recipe, Recipes.toMap(Recipe.DEFAULT)));
    }

    /** The environment: the machine and the versions that results depend on beside the recipe. */
    static List<Object> environment(Environment environment, RunConfig.Data data) {
        return List.of(
                pairs("Environment", JsonFile.values(environment), Map.of()),
                note(
                        "Data set " + Numbers.known(data.name()) + ", SHA-256 ",
                        Html.of("code", Numbers.known(data.sha256())).as("hash")));
    }

    static Html data(RunConfig.Data data) {
        return fact(
                "Data",
                Numbers.known(data.name()),
                Numbers.count(data.trainingImages()) + " training and " + Numbers.count(data.testImages())
                        + " test images, "
                        + ComparisonFacts.known(data.classes()).size() + " classes");
    }

    /** @param precision of the arithmetic; may be empty */
    static Html device(Environment environment, String precision) {
        int threads = environment.threads() == null ? 0 : environment.threads();
        String device = environment.deviceFacts().device();
        return fact(
                "Device",
                Numbers.known(environment.deviceFacts().name()),
                Stream.of(device == null ? "" : device, Numbers.plural(threads, "thread"), precision)
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining(", ")));
    }

    /** A relative path as a link. */
    static String link(Path relative) {
        return StreamSupport.stream(relative.spliterator(), false)
                .map(part -> URLEncoder.encode(part.toString(), StandardCharsets.UTF_8)
                        .replace("+", "%20"))
                .collect(Collectors.joining("/"));
    }

    /** A value of a JSON file as text. */
    static String plain(@Nullable Object value) {
        return value instanceof List<?> values
                ? values.stream().map(PageElements::plain).collect(Collectors.joining(", "))
                : value == null ? Numbers.NONE : Recipes.typed(value);
    }

    /** The header cells of a table; a name that begins with a hash stands above numbers. */
    static Html head(List<String> names) {
        Html row = Html.of("tr");
        names.forEach(name -> {
            boolean number = name.startsWith("#");
            Html cell = Html.of("th", number ? name.substring(1) : name).set("scope", "col");
            row.add(number ? cell.as("n") : cell);
        });
        return Html.of("thead", row);
    }

    /** A row of a table: its name, and cells with numbers. */
    static Html row(String name, List<String> numbers) {
        Html row = Html.of("tr", Html.of("th", name).set("scope", "row"));
        numbers.forEach(number -> row.add(Html.of("td", number).as("n")));
        return row;
    }

    /** A table that scrolls where it is too wide. */
    static Html table(String caption, List<String> head, List<Html> rows) {
        Html table = Html.of("table", caption(caption), head(head), Html.of("tbody", new ArrayList<Object>(rows)));
        return Html.of("div", table).as("wide");
    }

    /**
     * A table of the first things of a list.
     *
     * @param most rows
     * @param order of the list, in words
     */
    static <T> Html first(int most, List<T> all, String order, List<String> head, Function<T, Html> row) {
        return table(
                all.size() > most
                        ? Numbers.format("The first %,d of %,d, %s", most, all.size(), order)
                        : "All of them, " + order,
                head,
                all.stream().limit(most).map(row).toList());
    }

    /** A table's caption, which stays in sight where the table scrolls. */
    static Html caption(String text) {
        return Html.of("caption", Html.of("span", text));
    }

    static Html details(String summary, Object... content) {
        return Html.of("details", Html.of("summary", summary)).add(content);
    }

    /** The first letter as a capital. */
    static String capital(String text) {
        return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
