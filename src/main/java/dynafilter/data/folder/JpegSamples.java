package dynafilter.data.folder;

import dynafilter.data.folder.JpegHeader.Component;
import java.awt.image.Raster;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The samples of a JPEG picture's components, row by row, before the conversion to RGB. Components with half as many rows as
 * the picture (4:4:0) are repeated by some JPEG libraries (IJG's, which most builds of Java bring) and interpolated by others
 * (libjpeg-turbo, which Linux distributions' builds of Java and Pillow have): here they are interpolated in any case.
 */
final class JpegSamples {
    private final Raster raster;
    private final List<Integer> repeated; // components to interpolate
    private final byte[] row;
    private final byte[] neighbour; // the row to interpolate with

    JpegSamples(Raster raster, JpegHeader header) {
        this.raster = raster;
        repeated = repeated(header);
        row = new byte[raster.getWidth() * raster.getNumBands()];
        neighbour = new byte[repeated.isEmpty() ? 0 : row.length];
    }

    int width() {
        return raster.getWidth();
    }

    int height() {
        return raster.getHeight();
    }

    /** The samples of a row, one pixel after the other; valid until the next row is asked for. */
    byte[] row(int y) {
        raster.getDataElements(0, y, width(), 1, row);
        if (repeated.isEmpty()) {
            return row;
        }
        // Three quarters of the row itself and one of the pair's neighbour on its side, as jdsample.c rounds them.
        int nearest = y % 2 == 0 ? Math.max(0, y - 1) : Math.min(height() - 1, y + 1);
        int rounding = y % 2 == 0 ? 1 : 2;
        raster.getDataElements(0, nearest, width(), 1, neighbour);
        for (int component : repeated) {
            for (int at = component; at < row.length; at += raster.getNumBands()) {
                row[at] = (byte) ((3 * (row[at] & 0xff) + (neighbour[at] & 0xff) + rounding) >> 2);
            }
        }
        return row;
    }

    /**
     * The components whose rows come in equal pairs: the library has repeated them instead of interpolating. Where interpolated
     * rows come in equal pairs all the same, neighbouring pairs differ so little that interpolating again changes nothing.
     */
    private List<Integer> repeated(JpegHeader header) {
        List<Integer> candidates = new ArrayList<>();
        for (int i = 0; i < header.components().size(); i++) {
            Component component = header.components().get(i);
            if (component.across() == header.mostAcross() && 2 * component.down() == header.mostDown()) {
                candidates.add(i);
            }
        }
        byte[] upper = null;
        byte[] lower = null;
        for (int y = 0; y + 1 < height() && !candidates.isEmpty(); y += 2) {
            upper = (byte[]) raster.getDataElements(0, y, width(), 1, upper);
            lower = (byte[]) raster.getDataElements(0, y + 1, width(), 1, lower);
            if (!Arrays.equals(upper, lower)) {
                byte[] a = upper;
                byte[] b = lower;
                candidates.removeIf(component -> differ(a, b, component));
            }
        }
        return candidates;
    }

    private boolean differ(byte[] upper, byte[] lower, int component) {
        for (int at = component; at < upper.length; at += raster.getNumBands()) {
            if (upper[at] != lower[at]) {
                return true;
            }
        }
        return false;
    }
}
