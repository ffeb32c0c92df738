package dynafilter.audit;

import dynafilter.audit.AuditedImages.Part;
import dynafilter.io.Checksum.Algorithm;
import dynafilter.runtime.ComputeDevice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * Images that are in a set more than once: with the same pixels, or alike but for scale (0.8 to 1.25), shift (up to an eighth of
 * the image), colour, brightness, contrast, compression, or as in a mirror. Turned pictures and smaller parts are not found.
 */
public final class Duplicates {
    /** The correlation of details from which two images count as one, unless somebody says otherwise. */
    public static final double ALIKE = 0.9;

    private static final long FAR = 50_000; // pairs between two reports

    private final AuditedImages images; // of 32x32
    private final double alike;
    private final BiConsumer<String, Double> progress;
    private final int[] group; // by image another one of its group; itself for the last of the chain
    private final double[] likeness; // by image the highest to another one, 0: none
    private final boolean[] mirrored; // by image, true: it is most alike to another's mirror image

    /**
     * Images that are the same.
     *
     * @param images their numbers, ascending
     * @param isExact true: their pixels are the same; false: some differ
     * @param likeness the lowest of the images' highest correlations with another one of the group
     * @param isMirrored true: some are alike only as in a mirror; false: none is
     */
    public record Group(List<Integer> images, boolean isExact, double likeness, boolean isMirrored) {}

    private Duplicates(AuditedImages images, double alike, BiConsumer<String, Double> progress) {
        this.images = images;
        this.alike = alike;
        this.progress = progress;
        int size = images.size();
        group = IntStream.range(0, size).toArray();
        likeness = new double[size];
        mirrored = new boolean[size];
    }

    /**
     * Finds the groups: those over several splits first, then the exact ones, then the most alike.
     *
     * @param images of any size; brought to 32x32, they are compared
     * @param alike the least correlation of details, in (0, 1)
     * @param progress hears what is done, and which share of it
     */
    public static List<Group> find(
            AuditedImages images, double alike, ComputeDevice device, BiConsumer<String, Double> progress) {
        long[] hashes = hashes(images);
        if (images.imageSize() == Alignment.SIDE) {
            return new Duplicates(images, alike, progress).find(hashes, images, device);
        }
        try (AuditedImages small = new AuditedImages(images.parts().stream()
                .map(part -> new Part(part.split(), part.set().resized(Alignment.SIDE)))
                .toList())) {
            return new Duplicates(small, alike, progress).find(hashes, images, device);
        }
    }

    /** The first 64 bits of the SHA-256 of each image's pixels. */
    private static long[] hashes(AuditedImages images) {
        return IntStream.range(0, images.size())
                .parallel()
                .mapToLong(image -> ByteBuffer.wrap(Algorithm.SHA256.digest().digest(images.pixels(image)))
                        .getLong())
                .toArray();
    }

    private List<Group> find(long[] hashes, AuditedImages all, ComputeDevice device) {
        joinEqual(hashes);
        for (boolean side : new boolean[] {false, true}) {
            long[] pairs = CandidateSearch.pairs(
                    images,
                    side,
                    device,
                    done -> progress.accept(
                            side ? "comparing mirror images" : "comparing images", (double) done / images.size()));
            confirm(pairs, side, hashes);
        }
        Map<Integer, List<Integer>> groups = new LinkedHashMap<>();
        for (int image = 0; image < group.length; image++) {
            groups.computeIfAbsent(root(image), root -> new ArrayList<>()).add(image);
        }
        return groups.values().stream()
                .filter(members -> members.size() > 1)
                .map(members -> group(members, hashes))
                .sorted(Comparator.comparing((Group one) -> !isAcross(one, all))
                        .thenComparing(one -> !one.isExact)
                        .thenComparingDouble(one -> -one.likeness)
                        .thenComparingInt(one -> one.images.get(0)))
                .toList();
    }

    /** True: a group has images of several splits; false: of one. */
    public static boolean isAcross(Group group, AuditedImages images) {
        return group.images.stream().map(images::split).distinct().count() > 1;
    }

    private void joinEqual(long[] hashes) {
        Map<Long, Integer> first = new HashMap<>();
        for (int image = 0; image < hashes.length; image++) {
            Integer before = first.putIfAbsent(hashes[image], image);
            if (before != null) {
                join(before, image, 1, false);
            }
        }
    }

    private void confirm(long[] pairs, boolean side, long[] hashes) {
        float[] found = new float[pairs.length];
        AtomicInteger done = new AtomicInteger();
        IntStream.range(0, pairs.length).parallel().forEach(i -> {
            int one = (int) (pairs[i] / images.size());
            int other = (int) (pairs[i] % images.size());
            if (side || hashes[one] != hashes[other]) {
                found[i] = (float) Alignment.likeness(
                        Alignment.details(images.pixels(one), false), Alignment.details(images.pixels(other), side));
            }
            int now = done.incrementAndGet();
            if (now % FAR == 0) {
                progress.accept("looking at pairs", (double) now / pairs.length);
            }
        });
        for (int i = 0; i < pairs.length; i++) {
            if (found[i] >= alike) {
                join((int) (pairs[i] / images.size()), (int) (pairs[i] % images.size()), found[i], side);
            }
        }
    }

    private void join(int one, int other, double value, boolean side) {
        group[root(Math.max(one, other))] = root(Math.min(one, other));
        for (int image : new int[] {one, other}) {
            if (value > likeness[image]) {
                likeness[image] = value;
                mirrored[image] = side;
            }
        }
    }

    private int root(int image) {
        int at = image;
        while (group[at] != at) {
            group[at] = group[group[at]];
            at = group[at];
        }
        return at;
    }

    private Group group(List<Integer> members, long[] hashes) {
        return new Group(
                List.copyOf(members),
                members.stream().map(image -> hashes[image]).distinct().count() == 1,
                members.stream().mapToDouble(image -> likeness[image]).min().orElse(1),
                members.stream().anyMatch(image -> mirrored[image]));
    }
}
