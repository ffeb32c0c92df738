package dynafilter.train;

import dynafilter.data.device.DeviceFeatures;
import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.EpochPlan;
import dynafilter.data.device.FeatureShape;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkClassifier;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The examples of a run whose backbone is frozen: the features that it makes of the images, each computed once. View v of an
 * image is its transforms in epoch v, so that the first epochs are those of a run without views; epoch e shows view e mod V,
 * in its own order. A view is computed at the beginning of the first epoch that shows it, also in a resumed run. It depends on
 * (seed, v) alone, and stays for the next run that would compute it ({@link FeatureShelf}). Ranks divide the images of a view
 * and exchange the features, since each comes to see all images.
 */
final class FrozenFeatures implements Examples {
    private static final long INTERVAL = 500_000_000; // nanoseconds between reports

    private final Recipe recipe;
    private final TrainingData data;
    private final DynamicFilterNetwork network;
    private final ComputeDevice device;
    private final WorkerGroup group;
    private final TrainingListener listener;
    private final Evaluator evaluator;
    private final KeptFeatures kept;
    private @Nullable FeatureShape shape; // null before the first features
    private double secondsOfView; // of the view that was computed last
    private long lastReport = System.nanoTime();

    /**
     * @param network whose backbone is frozen; closed by its owner
     * @param kept takes the features, and has those that an earlier run has computed; closed by its owner
     */
    FrozenFeatures(TrainingSetup setup, DynamicFilterNetwork network, Evaluator evaluator, KeptFeatures kept) {
        recipe = setup.recipe();
        data = setup.data();
        device = setup.device();
        group = setup.group();
        listener = setup.listener();
        this.network = network;
        this.evaluator = evaluator;
        this.kept = kept;
    }

    @Override
    public boolean prepare(int epoch, BooleanSupplier stops) {
        int view = epoch % kept.views();
        if (!kept.isComputed(view)) {
            long start = System.nanoTime();
            if (compute(view, stops)) {
                kept.complete(view);
            }
            secondsOfView = (System.nanoTime() - start) / 1e9;
        }
        return kept.isComputed(view);
    }

    @Override
    public double secondsToPrepare(int end) {
        long missing = 0;
        for (int view = 0; view < Math.min(kept.views(), end); view++) {
            missing += kept.isComputed(view) ? 0 : 1;
        }
        return missing * secondsOfView;
    }

    @Override
    public EpochBatches begin(EpochPlan plan, int epoch, long from) {
        return training().epoch(plan, epoch % kept.views(), from);
    }

    private DeviceFeatures training() {
        return kept.training(data.training().targets(), this::shape);
    }

    private FeatureShape shape() {
        FeatureShape found = shape;
        if (found == null) {
            try (PointerScope scope = new PointerScope()) {
                found = FeatureShape.of(
                        features(data.selection().evaluationBatch(0, 1).images()));
            }
            shape = found;
        }
        return found;
    }

    /** The backbone's features of normalised images, in the caller's scope. */
    private Tensor features(Tensor images) {
        try (NoGradGuard guard = new NoGradGuard();
                Precision.Region autocast = recipe.computation().precision().autocast(device.type())) {
            return network.backboneFeatures(images, false);
        }
    }

    /** The first of the images that a rank computes; that of the rank behind the last is the number of images. */
    private static long first(long images, int rank, WorkerGroup group) {
        return images * rank / group.size();
    }

    private boolean compute(int view, BooleanSupplier stops) {
        long images = data.training().size();
        long[] bounds = new long[group.size() + 1];
        Arrays.setAll(bounds, rank -> first(images, rank, group));
        long begin = bounds[group.rank()];
        long size = evaluator.batchSize(data.training().imageSize());
        EpochPlan crops =
                data.training().plan(recipe.computation().seed(), view).inOrderOfSet();
        EpochBatches batches = data.training().epoch(crops, begin);
        FeatureExchange exchange = new FeatureExchange(training(), shape(), bounds, size, device, group);
        long most = (images + group.size() - 1) / group.size(); // of a rank
        for (long done = 0; done < most; done += size) {
            if (stops.getAsBoolean()) {
                return false;
            }
            try (PointerScope scope = new PointerScope()) {
                long own = Math.min(size, bounds[group.rank() + 1] - begin - done);
                Tensor mine = own > 0
                        ? features(batches.stage(own).next(own).images())
                        : null; // a rank may have one image less than another
                exchange.store(view, done, mine);
            }
            String what = (view + 1) + " of " + kept.views() + (kept.views() == 1 ? " view" : " views");
            report(what, Math.min(images, (done + size) * group.size()), images);
        }
        return true;
    }

    private void report(String what, long done, long total) {
        long now = System.nanoTime();
        if (done < total && now - lastReport >= INTERVAL) {
            lastReport = now;
            listener.computingFeatures(new FeatureProgress(what, done, total));
        }
    }

    @Override
    public Evaluation evaluate(DynamicFilterNetwork evaluated) {
        long images = data.selection().size();
        long from = first(images, group.rank(), group);
        DeviceFeatures own = selection(from, first(images, group.rank() + 1, group));
        try (NetworkClassifier now = new NetworkClassifier(evaluated, data.statistics(), device)) {
            return evaluator.evaluate(
                    (at, size) -> now.scoresOfFeatures(own.features(at - from, size)),
                    data.selection(),
                    evaluated.shape().classes(),
                    group);
        }
    }

    private DeviceFeatures selection(long from, long to) {
        try (PointerScope scope = new PointerScope()) {
            Tensor labels = data.selection().labels().narrow(0, from, to - from);
            return kept.selection(labels, this::shape, features -> computeSelection(features, from, to));
        }
    }

    private void computeSelection(DeviceFeatures into, long from, long to) {
        long size = evaluator.batchSize(data.selection().imageSize());
        for (long at = from; at < to; at += size) {
            try (PointerScope scope = new PointerScope()) {
                long count = Math.min(size, to - at);
                into.put(
                        0,
                        at - from,
                        features(data.selection().evaluationBatch(at, count).images()));
            }
            report(data.selectionName() + " images", at - from, to - from);
        }
    }

    @Override
    public void close() {} // the features are for the next run, too
}
