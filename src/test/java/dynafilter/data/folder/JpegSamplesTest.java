package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JPEG libraries that repeat rows of colour and such that interpolate them end in the same pixels. */
class JpegSamplesTest {
    private static final int WIDTH = 6;

    private static JpegHeader header(String sampling) throws IOException {
        return JpegHeader.of(new TestJpeg(WIDTH, 16, sampling).bytes());
    }

    /** Three bands of noise; the second one's rows come in equal pairs, as IJG's library gives those of a 4:4:0 file. */
    private static WritableRaster repeated(int height, int most) {
        Random random = new Random(height);
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, WIDTH, height, 3, null);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < WIDTH; x++) {
                raster.setSample(x, y, 0, random.nextInt(256));
                raster.setSample(x, y, 1, y % 2 == 0 ? random.nextInt(most) : raster.getSample(x, y - 1, 1));
                raster.setSample(x, y, 2, random.nextInt(256));
            }
        }
        return raster;
    }

    /** The samples of a band as they are handed out. */
    private static int[][] band(Raster raster, String sampling, int band) throws IOException {
        JpegSamples samples = new JpegSamples(raster, header(sampling));
        int[][] values = new int[raster.getHeight()][WIDTH];
        for (int y = 0; y < values.length; y++) {
            byte[] row = samples.row(y);
            for (int x = 0; x < WIDTH; x++) {
                values[y][x] = row[3 * x + band] & 0xff;
            }
        }
        return values;
    }

    private static int[][] stored(Raster raster, int band) {
        int[][] values = new int[raster.getHeight()][WIDTH];
        for (int y = 0; y < values.length; y++) {
            raster.getSamples(0, y, WIDTH, 1, band, values[y]);
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 16})
    void rowsThatWereRepeatedAreInterpolated(int height) throws IOException {
        Raster raster = repeated(height, 256);
        int[][] rows = stored(raster, 1);
        int[][] actual = band(raster, "1x2,1x1,1x1", 1);
        for (int y = 0; y < height; y++) {
            int near = y / 2; // of the rows in the file
            int far = Math.max(0, Math.min((height - 1) / 2, y % 2 == 0 ? near - 1 : near + 1));
            for (int x = 0; x < WIDTH; x++) {
                int sum = 3 * rows[2 * near][x] + rows[2 * far][x];
                assertEquals(Math.floorDiv(sum + 1 + y % 2, 4), actual[y][x], "row " + y);
            }
        }
        assertArrayEquals(stored(raster, 2), band(raster, "1x2,1x1,1x1", 2)); // noise, so the library did it already
        assertArrayEquals(stored(raster, 0), band(raster, "1x2,1x1,1x1", 0));
    }

    @Test
    void whatNoLibraryInterpolatesStaysAsItIs() throws IOException {
        Raster raster = repeated(16, 256);
        for (String sampling : new String[] {"1x1,1x1,1x1", "2x2,1x1,1x1", "1x4,1x1,1x1"}) {
            assertArrayEquals(stored(raster, 1), band(raster, sampling, 1), sampling);
        }
    }

    @Test
    void interpolatedRowsThatLookRepeatedStayAsTheyAre() throws IOException {
        Raster raster = repeated(16, 2); // neighbours that differ by 1 are rounded back to themselves
        assertArrayEquals(stored(raster, 1), band(raster, "1x2,1x1,1x1", 1));
    }
}
