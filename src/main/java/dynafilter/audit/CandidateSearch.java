package dynafilter.audit;

import dynafilter.audit.AuditedImages.Part;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
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
 * The search for images that look alike from afar: of every image the {@value #MOST} whose means of 8x8 fields correlate most with
 * its own, above {@value #LEAST}. All pairs are compared, by products of tiles of a matrix, so that memory does not grow with their
 * number, and nothing is missed as by tables of hash values.
 */
final class CandidateSearch {
    private static final int MOST = 5;
    private static final double LEAST = 0.85;
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
     * @param progress hears of the number of images that are compared with all behind them
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

    /** The means of the fields of each image, less their mean and of length 1: [N, 192], on the device. */
    private static Tensor looks(AuditedImages images, boolean mirrored, ComputeDevice device) {
        List<Tensor> parts = new ArrayList<>();
        for (Part part : images.parts()) {
            for (long from = 0; from < part.set().size(); from += CHUNK) {
                long count = Math.min(CHUNK, part.set().size() - from);
                try (PointerScope scope = new PointerScope()) {
                    Tensor pixels =
                            part.set().images().narrow(0, from, count).to(device.toTorch(), ScalarType.Float);
                    Tensor sided = mirrored ? pixels.flip(3) : pixels;
                    long field = Alignment.SIDE / FIELDS;
                    Tensor means = sided.reshape(count, 3, FIELDS, field, FIELDS, field)
                            .mean(new long[] {3, 5}, false, null)
                            .flatten(1, 3); // [count, 192]
                    Tensor centred = means.sub(means.mean(new long[] {1}, true, null));
                    Tensor length = centred.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true);
                    parts.add(NativeOwner.outliveScope(centred.div(length.add(new Scalar(1e-3)))));
                }
            }
        }
        Tensor all = torch.cat(new TensorVector(parts.toArray(Tensor[]::new)));
        parts.forEach(Tensor::close);
        return all;
    }

    private void compare(Tensor rows, Tensor columns, LongConsumer progress) {
        for (int top = 0; top < images; top += ROWS) {
            progress.accept(top);
            try (PointerScope scope = new PointerScope()) {
                Tensor own = rows.narrow(0, top, Math.min(ROWS, images - top));
                for (int left = top; left < images; left += COLUMNS) {
                    try (PointerScope tile = new PointerScope()) {
                        Tensor others = columns.narrow(0, left, Math.min(COLUMNS, images - left));
                        take(own.matmul(others.t()), top, left);
                    }
                }
            }
        }
    }

    private void take(Tensor products, int top, int left) {
        Tensor alike = products.gt(new Scalar(LEAST));
        long[] places = TensorBytes.longs(alike.nonzero().cpu().contiguous()); // [M, 2]
        float[] values =
                TensorBytes.floats(products.masked_select(alike).cpu().contiguous());
        for (int i = 0; i < values.length; i++) {
            int one = top + (int) places[2 * i];
            int other = left + (int) places[2 * i + 1];
            if (one < other) {
                offer(one, other, values[i]);
                offer(other, one, values[i]);
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
