package dynafilter.data;

import java.util.Locale;

/** When augmentation mirrors a training image, and which way. */
public enum Flip {
    /**
     * Left and right, in every second epoch; chance decides in which, image by image (Jordan 2024, "94% on CIFAR-10 in 3.29
     * seconds").
     */
    ALTERNATE,
    /** Left and right by chance, in every epoch anew. */
    RANDOM,
    /** As {@link #RANDOM}. */
    H,
    /** Upside down by chance, in every epoch anew. */
    V,
    /** Left and right by chance, and upside down by chance. */
    HV,
    /** Never. */
    NONE;

    /** True: some images are turned upside down; false: none is. */
    public boolean isVertical() {
        return this == V || this == HV;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
