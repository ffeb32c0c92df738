package dynafilter.model;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The last layer that is taken of a ResNet.
 *
 * @param stage 1 to 4: {@code layer1} to {@code layer4}
 * @param block the last block of the stage, counted from 0; {@link #ALL}: the stage's last one
 */
public record ResNetCut(int stage, int block) {
    /** The block that stands for the whole stage. */
    static final int ALL = Integer.MAX_VALUE;

    /** The names that {@link #of} knows, for people. */
    public static final String NAMES = "layer1, layer2, layer3 or layer4, or a block in one, such as layer2.0";

    private static final Pattern NAME = Pattern.compile("layer([1-4])(?:\\.(0|[1-9]\\d?))?");

    /** The cut of a name such as {@code layer2} or {@code layer2.0}; empty for another name. */
    public static Optional<ResNetCut> of(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                ? Optional.of(new ResNetCut(
                        Integer.parseInt(matcher.group(1)),
                        matcher.group(2) == null ? ALL : Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return "layer" + stage + (block == ALL ? "" : "." + block);
    }
}
