package dynafilter.model;

import dynafilter.io.EnumOption;
import dynafilter.io.InputException;
import java.util.List;
import java.util.Locale;

/** The views of an image whose scores are averaged at test time. */
public enum Views {
    /** The image alone. */
    NONE(List.of()),
    /** The image and its mirror image, the same weight each. */
    MIRROR(List.of(new Shift(0, 1))),
    /**
     * Both, and both shifted by a pixel up and left, and down and right: half the weight to what is not shifted, as in the
     * CIFAR-10 speed runs of Jordan 2024 ("94% on CIFAR-10 in 3.29 seconds on a single GPU").
     */
    SHIFTS(List.of(new Shift(0, 0.5), new Shift(1, 0.25), new Shift(-1, 0.25)));

    /**
     * A shift of an image, which is seen both as it is and mirrored.
     *
     * @param pixels how far the image moves down and right; its edge is reflected into what becomes free
     * @param weight the share of the mean score of the two
     */
    record Shift(int pixels, double weight) {}

    private final List<Shift> shifts;

    Views(List<Shift> shifts) {
        this.shifts = shifts;
    }

    /** @throws InputException for a text that names no views */
    public static Views of(String text) {
        return EnumOption.of(Views.class, "--tta", text);
    }

    List<Shift> shifts() {
        return shifts;
    }

    /** A classifier of these views of each image, around another that it does not close: that one itself for {@link #NONE}. */
    public Classifier of(Classifier classifier) {
        return this == NONE ? classifier : new ViewsClassifier(classifier, this);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
