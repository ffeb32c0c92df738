package dynafilter.model;

import dynafilter.io.InputException;

/**
 * The design of the filters of the last convolution.
 *
 * @param kind what filters are made of
 * @param heads the number of filters of a label, and so of its response maps
 * @param size the height and width of a filter
 * @param basis the number of trained filters that {@link FilterKind#BASIS} mixes
 * @param basisImage whether the image has a part in the mixture
 */
public record FilterDesign(FilterKind kind, int heads, int size, int basis, BasisImage basisImage) {
    /** The number of filters in a basis, where none is given. */
    public static final int BASIS = 8;

    /** @throws InputException where filters of the kind have no such heads, size or basis, naming the option */
    public FilterDesign {
        check(kind, heads, size, basis, basisImage);
    }

    /** Sees that filters of a kind can have these heads, this size and this basis; see the constructor. */
    public static void check(FilterKind kind, int heads, int size, int basis, BasisImage basisImage) {
        boolean plain = kind == FilterKind.DYNAMIC || !kind.hasEmbeddings();
        if (!plain && heads != 1) {
            throw new InputException("--filter-heads " + heads + ": " + kind + " filters have one head; "
                    + "use --filters dynamic, static or single");
        }
        if (size != 1 && size != 3) {
            throw new InputException("--filter-size " + size + ": must be 1 or 3");
        }
        if (!plain && size != 1) {
            throw new InputException("--filter-size " + size + ": " + kind + " filters have one place; "
                    + "use --filters dynamic, static or single");
        }
        if (kind != FilterKind.BASIS && (basis != BASIS || basisImage != BasisImage.ON)) {
            throw new InputException((basis != BASIS ? "--basis " + basis : "--basis-image " + basisImage) + ": " + kind
                    + " filters have no basis; use --filters basis");
        }
    }

    /** Filters of a kind as they are without further options. */
    public static FilterDesign of(FilterKind kind) {
        return new FilterDesign(kind, 1, 1, BASIS, BasisImage.ON);
    }

    /** True: filters are constants of the labels, which evaluation and export compute once; false: each image has its own. */
    public boolean isConstant() {
        return kind != FilterKind.CONDITIONAL && (kind != FilterKind.BASIS || basisImage == BasisImage.OFF);
    }

    /** The number of values of a filter on a feature map with {@code channels} channels. */
    int length(int channels) {
        return channels * size * size;
    }

    /** The words for people: {@code dynamic}, {@code dynamic (4 heads)}, {@code basis (of 8, without the image)}. */
    @Override
    public String toString() {
        StringBuilder words = new StringBuilder();
        if (heads > 1) {
            words.append(", ").append(heads).append(" heads");
        }
        if (size > 1) {
            words.append(", ").append(size).append("x").append(size);
        }
        if (kind == FilterKind.BASIS) {
            words.append(", of ").append(basis).append(basisImage == BasisImage.ON ? "" : ", without the image");
        }
        return words.isEmpty() ? kind.toString() : kind + " (" + words.substring(2) + ")";
    }
}
