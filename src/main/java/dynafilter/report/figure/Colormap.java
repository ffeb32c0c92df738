package dynafilter.report.figure;

import java.util.HexFormat;

/** A colormap: colours for the numbers between two ends. */
public final class Colormap {
    /**
     * A perceptually uniform map from dark violet over green to yellow: equal steps look equal, in grey and to colour-blind eyes,
     * too. By Stéfan van der Walt and Nathaniel Smith for matplotlib, released as CC0; every fifth of its 256 colours.
     */
    public static final Colormap VIRIDIS = new Colormap(
            "44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a3a538b38598c355e8d33638d"
                    + "31688e2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c"
                    + "35b7793dbc7446c06f50c46a5ac86465cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11fd8e219e5e419f1e51d"
                    + "fde725");

    /** A diverging map from blue over nearly white to red, for numbers round zero: equally dark on both sides, in even steps of OKLab. */
    public static final Colormap BLUE_RED = new Colormap(
            "15549c2968b23f7bc65790d772a4e58fb9efaecdf5d0e1f8f8f4f3fbd6cdf8b9a9f19d88e68269d7684dc45034af3a1c982604");

    private static final double STEPS = 255; // so that a picture's colours fit into a palette

    private final byte[] anchors; // r, g, b, r, ...

    private Colormap(String colours) {
        anchors = HexFormat.of().parseHex(colours);
    }

    /**
     * The colour of a number.
     *
     * @param share in [0, 1]: the first to the last of 256 colours; a number outside takes the nearer end, NaN the first
     * @return 0xRRGGBB
     */
    public int rgb(double share) {
        int last = anchors.length / 3 - 1;
        double at = Math.round(Math.max(0, Math.min(1, share)) * STEPS) * last / STEPS; // 0 of no number
        int anchor = Math.min((int) at, last - 1);
        double beyond = at - anchor;
        int colour = 0;
        for (int channel = 0; channel < 3; channel++) {
            int from = anchors[3 * anchor + channel] & 0xff;
            int to = anchors[3 * anchor + 3 + channel] & 0xff;
            colour = colour << 8 | (int) Math.round(from + beyond * (to - from));
        }
        return colour;
    }

    /** All 256 colours, from the first on: red, green, blue, red, ... */
    public byte[] table() {
        byte[] table = new byte[3 * ((int) STEPS + 1)];
        for (int step = 0; step <= STEPS; step++) {
            int colour = rgb(step / STEPS);
            table[3 * step] = (byte) (colour >> 16);
            table[3 * step + 1] = (byte) (colour >> 8);
            table[3 * step + 2] = (byte) colour;
        }
        return table;
    }

    /** The colour of a number as SVG and CSS write it, such as {@code #440154}. */
    public String hex(double share) {
        return "#" + HexFormat.of().toHexDigits(rgb(share), 6);
    }

    /** Black or white, whichever can be read on the colour of a number. */
    public String inkOn(double share) {
        int colour = rgb(share);
        double light = 0.299 * (colour >> 16) + 0.587 * (colour >> 8 & 0xff) + 0.114 * (colour & 0xff);
        return light > 140 ? "#000000" : "#ffffff";
    }
}
