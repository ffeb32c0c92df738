package dynafilter.report.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** From numbers to colours. */
class ColormapTest {
    private static int channel(int rgb, int shift) {
        return rgb >> shift & 0xff;
    }

    /** Of CIE L*a*b*, in [0, 100]. */
    private static double lightness(int rgb) {
        double luminance =
                0.2126 * linear(channel(rgb, 16)) + 0.7152 * linear(channel(rgb, 8)) + 0.0722 * linear(channel(rgb, 0));
        return 116 * Math.cbrt(luminance) - 16; // not for nearly black colours
    }

    private static double linear(int value) {
        double share = value / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
    }

    @Test
    void viridisIsMatplotlibs() {
        int[] steps = {0, 1, 64, 100, 128, 191, 255}; // of 256, and matplotlib's colours there
        int[] colours = {0x440154, 0x440256, 0x3b528b, 0x2a768e, 0x21918c, 0x5cc863, 0xfde725};
        for (int i = 0; i < steps.length; i++) {
            int found = Colormap.VIRIDIS.rgb(steps[i] / 255.0);
            for (int shift = 0; shift <= 16; shift += 8) {
                assertEquals(channel(colours[i], shift), channel(found, shift), 1, "step " + steps[i]);
            }
        }
    }

    @Test
    void viridisGetsLighterInEvenSteps() {
        double first = lightness(Colormap.VIRIDIS.rgb(0));
        double last = lightness(Colormap.VIRIDIS.rgb(1));
        for (int i = 0; i <= 50; i++) {
            double share = i / 50.0;
            assertEquals(first + share * (last - first), lightness(Colormap.VIRIDIS.rgb(share)), 2, "at " + share);
        }
    }

    @Test
    void bothSidesOfZeroAreEquallyDark() {
        for (double share : new double[] {0, 0.1, 0.25, 0.4}) {
            double below = lightness(Colormap.BLUE_RED.rgb(share));
            double above = lightness(Colormap.BLUE_RED.rgb(1 - share));
            assertEquals(below, above, 6, "at " + share);
            assertTrue(below < lightness(Colormap.BLUE_RED.rgb(0.5)));
        }
    }

    @Test
    void whatLiesOutsideTakesTheEnds() {
        assertEquals(Colormap.VIRIDIS.rgb(0), Colormap.VIRIDIS.rgb(-3));
        assertEquals(Colormap.VIRIDIS.rgb(1), Colormap.VIRIDIS.rgb(Double.POSITIVE_INFINITY));
        assertEquals(Colormap.VIRIDIS.rgb(0), Colormap.VIRIDIS.rgb(Double.NaN));
        assertEquals("#440154", Colormap.VIRIDIS.hex(0));
    }

    @Test
    void aScaleGoesFromTheLowestToTheHighestNumber() {
        Scale scale = Scale.of(List.of(
                new Grid(1, 3, new float[] {-1, 0, Float.NaN}),
                new Grid(1, 2, new float[] {3, Float.NEGATIVE_INFINITY})));
        assertEquals(new Scale(-1, 3), scale);
        assertEquals(0, scale.share(-1));
        assertEquals(0.25, scale.share(0));
        assertEquals(1, scale.share(3));
        assertEquals(new Scale(-3, 3), scale.symmetric());
        assertEquals(0.5, new Scale(2, 2).share(2));
    }

    private static List<String> ticks(double low, double high, int count) {
        return new Scale(low, high).ticks(count).stream().map(Scale.Tick::text).toList();
    }

    @Test
    void ticksAreRoundNumbers() {
        assertEquals(List.of("-0.4", "-0.2", "0", "0.2"), ticks(-0.44, 0.24, 4));
        assertEquals(List.of("0", "20", "40", "60"), ticks(0, 63, 4));
        assertEquals(List.of("0.10", "0.15", "0.20"), ticks(0.1, 0.2, 3));
        assertEquals(List.of("-1", "0", "1"), ticks(-1, 1, 2));
        assertEquals(List.of("-0.5", "0", "0.5"), ticks(-0.8, 0.8, 2));
        assertEquals(List.of("1000", "1500", "2000"), ticks(1000, 2000, 3));
        assertEquals(List.of("1", "2", "3", "4", "5", "6"), ticks(1, 6, 7));
        assertEquals(List.of("0", "0.00001"), ticks(0, 1.2e-5, 1));
        assertEquals(List.of("0", "1E-8"), ticks(0, 1.2e-8, 1));
        assertEquals(List.of("0.123"), ticks(0.12345, 0.12345, 4));
    }

    @Test
    void enlargingIsPyTorchsInterpolation() {
        Random random = new Random(2);
        float[] values = new float[5 * 8];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        String printed = Python.withTorch().run("""
                        import json, sys, torch
                        grid = torch.tensor(json.loads(sys.argv[1])).view(1, 1, 5, 8)
                        print(json.dumps(torch.nn.functional.interpolate(grid, (32, 20), mode="bilinear").flatten().tolist()))
                        """, Arrays.toString(values));
        double[] expected = Arrays.stream(
                        printed.strip().replaceAll("[\\[\\]]", "").split(", "))
                .mapToDouble(Double::parseDouble)
                .toArray();
        float[] enlarged = new Grid(5, 8, values).bilinear(32, 20).values();
        double[] actual = new double[enlarged.length];
        Arrays.setAll(actual, i -> enlarged[i]);
        assertArrayEquals(expected, actual, 1e-6);
    }
}
