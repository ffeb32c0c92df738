package dynafilter.report.page;

import dynafilter.audit.AuditedImages;
import java.util.ArrayList;
import java.util.List;

/** Many small pictures side by side, which the page's script filters by their labels; without a script all are there. */
final class PhotoGrid {
    private final AuditedImages images;
    private final List<String> filters;
    private final List<Object> tiles = new ArrayList<>();

    /** @param filters the names of what the pictures are filtered by */
    PhotoGrid(AuditedImages images, List<String> filters) {
        this.images = images;
        this.filters = filters;
    }

    /**
     * Adds a picture.
     *
     * @param values what it is filtered by, in the order of the filters
     * @param lines to read below it; the first is its name
     */
    void add(int image, List<String> values, List<String> lines) {
        String place = images.place(image).toString();
        Html tile = Html.of("figure", Thumbnail.of(images, image, place)).as("tile");
        Html caption = Html.of("figcaption", lines.get(0));
        lines.stream().skip(1).forEach(line -> caption.add(Html.of("small", line)));
        caption.add(Html.of("small", place).as("place"));
        for (int i = 0; i < values.size(); i++) {
            tile.set("data-f" + i, values.get(i));
        }
        tiles.add(tile.add(caption));
    }

    Html html() {
        Html grid = Html.of("div", tiles).as("photos");
        return filters.isEmpty() ? grid : grid.set("data-filters", String.join("|", filters));
    }
}
