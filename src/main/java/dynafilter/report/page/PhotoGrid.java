package dynafilter.report.page;

import dynafilter.audit.AuditedImages;
import dynafilter.data.ImagePlace;
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
        ImagePlace place = images.place(image);
        Html tile =
                Html.of("figure", Thumbnail.of(images, image, place.toString())).as("tile");
        Html caption = Html.of("figcaption", lines.get(0));
        lines.stream().skip(1).forEach(line -> caption.add(Html.of("small", line)));
        caption.add(Html.of("small", shortened(place)).as("place").set("title", place));
        for (int i = 0; i < values.size(); i++) {
            tile.set("data-f" + i, values.get(i));
        }
        tiles.add(tile.add(caption));
    }

    /** The end of a place, which tells images of a set apart; the whole path is told when pointed at. */
    private static String shortened(ImagePlace place) {
        String whole = place.toString();
        int name = whole.lastIndexOf('/');
        int folder = place.index() == ImagePlace.ALONE ? whole.lastIndexOf('/', name - 1) : name;
        return whole.substring(folder + 1);
    }

    Html html() {
        Html grid = Html.of("div", tiles).as("photos");
        return filters.isEmpty() ? grid : grid.set("data-filters", String.join("|", filters));
    }
}
