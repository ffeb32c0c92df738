package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Test-time augmentation: a classifier that averages another's scores over views of each image. */
final class ViewsClassifier implements Classifier {
    private static final long HEIGHT = 2; // dimensions of [N, 3, H, W]
    private static final long WIDTH = 3;

    private final Classifier classifier;
    private final Views views;

    ViewsClassifier(Classifier classifier, Views views) {
        this.classifier = classifier;
        this.views = views;
    }

    /** The weighted mean of the scores of all views: float32 [N, classes]. */
    @Override
    public Tensor scores(Tensor pixels) {
        try (NativeOwner owner = new NativeOwner()) {
            List<Tensor> parts = new ArrayList<>(); // [N, classes] each
            for (Views.Shift shift : views.shifts()) {
                for (boolean mirrored : new boolean[] {false, true}) {
                    try (PointerScope view = new PointerScope()) { // a view's features go before the next view's come
                        Tensor scores = classifier.scores(view(pixels, shift.pixels(), mirrored));
                        parts.add(owner.keep(scores.to(ScalarType.Float).mul(new Scalar(shift.weight() / 2))));
                    }
                }
            }
            try (TensorVector all = new TensorVector(parts.toArray(Tensor[]::new))) {
                return torch.stack(all).sum(0);
            }
        }
    }

    private static Tensor view(Tensor pixels, int shift, boolean mirrored) {
        Tensor moved = shift == 0 ? pixels : shifted(shifted(pixels, HEIGHT, shift), WIDTH, shift);
        return ChannelsLast.of(mirrored ? moved.flip(WIDTH) : moved);
    }

    private static Tensor shifted(Tensor pixels, long dimension, int shift) {
        long size = pixels.size(dimension);
        long[] from = LongStream.range(0, size)
                .map(to -> reflected(to - shift, size - 1))
                .toArray();
        Tensor places = TensorBytes.of(from);
        return pixels.index_select(dimension, places.to(pixels.device(), places.scalar_type()));
    }

    /** A place beside the image, or in it, as a place in it: the last pixel is the mirror. */
    private static long reflected(long place, long last) {
        long positive = Math.abs(place);
        return Math.min(positive, 2 * last - positive);
    }

    @Override
    public Tensor responseMaps(Tensor pixels) {
        return classifier.responseMaps(pixels);
    }

    @Override
    public Tensor filters(Tensor pixels) {
        return classifier.filters(pixels);
    }

    @Override
    public int heads() {
        return classifier.heads();
    }

    @Override
    public void close() {
        // the classifier is its owner's
    }
}
