package dynafilter.data;

/**
 * Draws one image of the sample set. Only +, -, *, /, square root and StrictMath: exact on every platform.
 *
 * <p>A shape or regular texture is a signed distance in pixels (below zero: inside), so that edges are smooth at any
 * place, size and rotation without drawing at a higher resolution.
 */
final class SampleImage {
    static final int SIDE = 32;
    static final int PLANE = SIDE * SIDE;
    static final int BYTES = 3 * PLANE;

    private static final int GRADIENT = SampleSet.CLASSES.indexOf("gradient");
    private static final int NOISE = SampleSet.CLASSES.indexOf("noise");
    private static final int GRID = 4;
    private static final double COS_30 = 0.8660254037844386;

    private final int label;
    private final SplitMix random;
    private final double cos;
    private final double sin;
    private final double radius;
    private final double centreX;
    private final double centreY;
    private final double period;
    private final double weight;

    SampleImage(int label, SplitMix random) {
        this.label = label;
        this.random = random;
        double angle = random.between(-0.35, 0.35) + (label == GRADIENT ? random.between(0, 2 * StrictMath.PI) : 0);
        this.cos = StrictMath.cos(angle);
        this.sin = StrictMath.sin(angle);
        this.radius = random.between(9, 13);
        double room = SIDE / 2.0 - radius * 0.95;
        this.centreX = SIDE / 2.0 + random.between(-room, room);
        this.centreY = SIDE / 2.0 + random.between(-room, room);
        this.period = random.between(8, 12);
        this.weight = random.between(0, 1);
    }

    /** Writes the R, G and B planes from {@code offset} on. */
    void draw(byte[] out, int offset) {
        double[] back = colour();
        double[] front = contrasting(back);
        double[] shade = {random.between(-1, 1), random.between(-1, 1)}; // of the front, from side to side
        double[] blotches = blotches();
        double[] bar = bar();
        double[] barColour = colour();
        double noise = random.between(0, 24);
        double[] cells = new double[PLANE / 4]; // the noise class: one value for 2x2 pixels
        for (int i = 0; i < cells.length; i++) {
            cells[i] = random.between(0, 1);
        }
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                double inside = label == NOISE
                        ? cells[y / 2 * (SIDE / 2) + x / 2]
                        : inside(x + 0.5 - centreX, y + 0.5 - centreY);
                double light = 20 * (shade[0] * (x - 16) + shade[1] * (y - 16)) / 16;
                double hidden = coverage(barDistance(bar, x + 0.5, y + 0.5));
                long grain = random.nextLong();
                for (int c = 0; c < 3; c++) {
                    double ground = back[c] + blotch(blotches, c, x, y);
                    double value = ground + inside * (front[c] + light - ground);
                    value += hidden * (barColour[c] - value);
                    value += noise * ((grain >>> (16 * c) & 0xFFFF) - 32767.5) / 32768;
                    out[offset + c * PLANE + y * SIDE + x] = (byte) Math.max(0, Math.min(255, (int) (value + 0.5)));
                }
            }
        }
    }

    /** The share of the front colour at a point relative to the centre: 0 to 1. */
    private double inside(double dx, double dy) {
        double u = cos * dx + sin * dy;
        double v = cos * dy - sin * dx;
        return switch (label) {
            case 0 -> coverage(Math.sqrt(u * u + v * v) - 0.9 * radius);
            case 1 -> coverage(Math.abs(Math.sqrt(u * u + v * v) - 0.78 * radius) - (0.16 + 0.08 * weight) * radius);
            case 2 -> coverage(Math.max(Math.abs(u), Math.abs(v)) - 0.8 * radius);
            case 3 -> coverage(Math.max(v, COS_30 * Math.abs(u) - 0.5 * v) - 0.55 * radius);
            case 4 -> coverage(cross(Math.abs(u), Math.abs(v)));
            case 5 -> coverage(wave(v) + (weight - 0.5) * 0.2 * period);
            case 6 -> coverage(checks(wave(u), wave(v)));
            case 7 -> coverage(dot(u, v));
            case 8 -> Math.max(0, Math.min(1, 0.5 + u / 28));
            default -> throw new IllegalArgumentException("label " + label);
        };
    }

    private static double coverage(double distance) {
        return Math.max(0, Math.min(1, 0.5 - distance));
    }

    private double cross(double u, double v) {
        double arm = (0.22 + 0.1 * weight) * radius;
        return Math.min(Math.max(u - radius, v - arm), Math.max(v - radius, u - arm));
    }

    /** A triangle wave from -period/4 to period/4. */
    private double wave(double t) {
        double phase = t / period - Math.floor(t / period);
        return (Math.abs(phase - 0.5) - 0.25) * period;
    }

    private static double checks(double a, double b) {
        return a * b < 0 ? -Math.min(Math.abs(a), Math.abs(b)) : Math.min(Math.abs(a), Math.abs(b));
    }

    private double dot(double u, double v) {
        double x = (u / period - Math.floor(u / period) - 0.5) * period;
        double y = (v / period - Math.floor(v / period) - 0.5) * period;
        return Math.sqrt(x * x + y * y) - (0.22 + 0.12 * weight) * period;
    }

    private double[] colour() {
        return new double[] {random.between(20, 235), random.between(20, 235), random.between(20, 235)};
    }

    private double[] contrasting(double[] other) {
        while (true) {
            double[] colour = colour();
            double apart = 0;
            for (int c = 0; c < 3; c++) {
                apart += Math.abs(colour[c] - other[c]);
            }
            if (apart > 220) {
                return colour;
            }
        }
    }

    /** Offsets of the background at the points of a coarse grid: [3, GRID + 1, GRID + 1]. */
    private double[] blotches() {
        double strength = random.between(5, 35);
        double[] grid = new double[3 * (GRID + 1) * (GRID + 1)];
        for (int i = 0; i < grid.length; i++) {
            grid[i] = random.between(-strength, strength);
        }
        return grid;
    }

    private static double blotch(double[] grid, int channel, int x, int y) {
        int cell = SIDE / GRID;
        double fx = (double) (x % cell) / cell;
        double fy = (double) (y % cell) / cell;
        int at = (channel * (GRID + 1) + y / cell) * (GRID + 1) + x / cell;
        double above = grid[at] + fx * (grid[at + 1] - grid[at]);
        double below = grid[at + GRID + 1] + fx * (grid[at + GRID + 2] - grid[at + GRID + 1]);
        return above + fy * (below - above);
    }

    /** A short bar that hides part of the picture: centre x and y, direction x and y, half length, half width. */
    private double[] bar() {
        double angle = random.between(0, 2 * StrictMath.PI);
        return new double[] {
            random.between(0, SIDE),
            random.between(0, SIDE),
            StrictMath.cos(angle),
            StrictMath.sin(angle),
            random.between(2, 7),
            random.between(0.5, 1.2)
        };
    }

    private static double barDistance(double[] bar, double x, double y) {
        double along = (x - bar[0]) * bar[2] + (y - bar[1]) * bar[3];
        double across = (y - bar[1]) * bar[2] - (x - bar[0]) * bar[3];
        return Math.max(Math.abs(along) - bar[4], Math.abs(across) - bar[5]);
    }
}
