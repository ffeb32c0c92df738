package dynafilter.audit;

import dynafilter.audit.AuditedImages.Part;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The search for images that look alike from afar: of every image the {@value #MOST} whose looks correlate most with its own, above
 * {@value #LEAST}. Looks are the lightness of 8x8 fields and the colour of 4x4. All pairs are compared, by products of tiles of a
 * matrix, so that memory does not grow with their number and no pair is lost, as tables of hash values lose those that are shifted.
 */
final class CandidateSearch {
    private static final int MOST = 5;
    private static final float LEAST = 0.85F;

    /** Lightness, and two axes of colour: orthonormal, in R, G and B. */
    private static final float[] AXES = {
        (float) Math.sqrt(1.0 / 3), (float) Math.sqrt(1.0 / 3), (float) Math.sqrt(1.0 / 3),
        (float) Math.sqrt(0.5), 0, (float) -Math.sqrt(0.5),
        (float) Math.sqrt(1.0 / 6), (float) -Math.sqrt(2.0 / 3), (float) Math.sqrt(1.0 / 6)
    };

    private static final long FIELDS = 8; // across and down
    private static final long CHUNK = 4096;
    private static final int ROWS = 1024; // of a tile
    private static final int COLUMNS = 4096;

    private final int images;
    private final int[] partners; // [images, MOST]
    private final float[] likeness; // of each partner, 0 where there is none

    private CandidateSearch(int images) {
        this.images = images;
        partners = new int[images * MOST];
        likeness = new float[images * MOST];
    }

    /**
     * Finds pairs of images.
     *
     * @param images of 32x32
     * @param mirrored true: pairs of an image and another's mirror image; false: pairs of images as they are
     * @param progress hears of the number of images that are done, from several threads
     * @return the pairs as {@code first * N + second}, ascending, where first is below second
     */
    static long[] pairs(AuditedImages images, boolean mirrored, ComputeDevice device, LongConsumer progress) {
        CandidateSearch search = new CandidateSearch(images.size());
        try (InferenceMode inference = new InferenceMode();
                PointerScope scope = new PointerScope()) {
            Tensor plain = looks(images, false, device);
            search.compare(plain, mirrored ? looks(images, true, device) : plain, progress);
        }
        return search.found();
    }

    /**
     * The looks of each image, of length 1, whose products are correlations: [N, 96], on the device. The three axes of colour are
     * orthonormal, so that lengths are those of the fields in R, G and B but for what small fields of colour would add.
     */
    private static Tensor looks(AuditedImages images, boolean mirrored, ComputeDevice device) {
        List<Tensor> parts = new ArrayList<>();
        try (PointerScope all = new PointerScope()) {
            Tensor axes = TensorBytes.of(AXES).view(3, 3).to(device.toTorch(), ScalarType.Float);
            for (Part part : images.parts()) {
                for (long from = 0; from < part.set().size(); from += CHUNK) {
                    long count = Math.min(CHUNK, part.set().size() - from);
                    try (PointerScope scope = new PointerScope()) {
                        Tensor pixels =
                                part.set().images().narrow(0, from, count).to(device.toTorch(), ScalarType.Float);
                        parts.add(NativeOwner.outliveScope(looks(mirrored ? pixels.flip(3) : pixels, axes)));
                    }
                }
            }
        }
        Tensor looks = torch.cat(new TensorVector(parts.toArray(Tensor[]::new)));
        parts.forEach(Tensor::close);
        return looks;
    }

    private static Tensor looks(Tensor pixels, Tensor axes) {
        Tensor fields = means(pixels, FIELDS); // [n, 3, 8, 8]
        Tensor centred = fields.sub(fields.mean(new long[] {1, 2, 3}, true, null));
        Tensor turned = axes.matmul(centred.flatten(2, 3)).view(-1, 3, FIELDS, FIELDS);
        Tensor light = turned.narrow(1, 0, 1).flatten(1, 3); // [n, 64]
        Tensor colour =
                means(turned.narrow(1, 1, 2), FIELDS / 2).mul(new Scalar(2)).flatten(1, 3); // [n, 32]
        Tensor both = torch.cat(new TensorVector(light, colour), 1);
        Tensor length = both.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true);
        return both.div(length.add(new Scalar(1e-3)));
    }

    /** The means of fields of images of any size that is a multiple of their number: [n, C, fields, fields]. */
    private static Tensor means(Tensor images, long fields) {
        long side = images.size(2) / fields;
        return images.reshape(images.size(0), images.size(1), fields, side, fields, side)
                .mean(new long[] {3, 5}, false, null);
    }

    /** Compares tiles side by side: of one product, BLAS has one thread here. */
    private void compare(Tensor rows, Tensor columns, LongConsumer progress) {
        AtomicInteger done = new AtomicInteger();
        IntStream.range(0, (images + ROWS - 1) / ROWS).parallel().forEach(tile -> {
            int top = tile * ROWS;
            for (int left = top; left < images; left += COLUMNS) {
                try (InferenceMode inference = new InferenceMode();
                        PointerScope scope = new PointerScope()) {
                    Tensor own = rows.narrow(0, top, Math.min(ROWS, images - top));
                    Tensor others = columns.narrow(0, left, Math.min(COLUMNS, images - left));
                    take(TensorBytes.floats(own.matmul(others.t()).cpu().contiguous()), top, left, (int)
                            others.size(0));
                }
            }
            progress.accept(Math.min(images, (long) done.incrementAndGet() * ROWS));
        });
    }

    /** @param products of images from {@code top} and images from {@code left} on, row by row */
    private void take(float[] products, int top, int left, int width) {
        int[] alike = new int[1024];
        int found = 0;
        for (int i = 0; i < products.length; i++) {
            if (products[i] > LEAST) {
                alike = found < alike.length ? alike : Arrays.copyOf(alike, 2 * found);
                alike[found++] = i;
            }
        }
        synchronized (this) {
            for (int i = 0; i < found; i++) {
                int one = top + alike[i] / width;
                int other = left + alike[i] % width;
                if (one < other) {
                    offer(one, other, products[alike[i]]);
                    offer(other, one, products[alike[i]]);
                }
            }
        }
    }

    /** Keeps a partner of an image where it is among those that are most alike. */
    private void offer(int image, int partner, float value) {
        int worst = image * MOST;
        for (int at = worst + 1; at < (image + 1) * MOST; at++) {
            worst = likeness[at] < likeness[worst] ? at : worst;
        }
        if (value > likeness[worst]) {
            likeness[worst] = value;
            partners[worst] = partner;
        }
    }

    private long[] found() {
        return LongStream.range(0, partners.length)
                .filter(at -> likeness[(int) at] > 0)
                .map(at -> {
                    long image = at / MOST;
                    long partner = partners[(int) at];
                    return Math.min(image, partner) * images + Math.max(image, partner);
                })
                .sorted()
                .distinct()
                .toArray();
    }
}
