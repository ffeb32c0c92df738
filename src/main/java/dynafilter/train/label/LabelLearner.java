package dynafilter.train.label;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.LabelFilters;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runfolder.ScheduleKind;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.train.WorkingParameters;
import dynafilter.train.optim.AdamW;
import dynafilter.train.optim.FlatParameters;
import dynafilter.train.optim.Schedule;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The learner of one more label's embedding for a trained network, of which nothing else changes: embedding, generator, filter,
 * response map, predictor, score. The other labels' scores of the same images are constants, so that the softmax cross-entropy
 * over all labels is a logistic loss of the new score against the log-sum-exp of the old ones.
 */
public final class LabelLearner {
    private final DynamicFilterNetwork network;
    private final Settings settings;
    private final ComputeDevice device;

    /**
     * The settings of the learner.
     *
     * @param steps the number of steps of AdamW, at most, each over all examples
     * @param learningRate the learning rate of the first step; it falls to zero as half a cosine
     * @param oldWeight the weight of all images of old labels together in the loss, where those of the new label have 1
     */
    public record Settings(int steps, double learningRate, double oldWeight) {}

    /** @param network the trained network, which is not closed with this */
    public LabelLearner(DynamicFilterNetwork network, Settings settings, ComputeDevice device) {
        this.network = network;
        this.settings = settings;
        this.device = device;
    }

    /**
     * Learns from images of the new label, and of old labels where there are some. Without images of old labels, only an early
     * end keeps the new label from winning all images: learning ends as soon as it wins half of its own.
     *
     * @param start the initial embedding: [1, E]
     * @param own the examples of the new label
     * @param others the examples of old labels; null: none
     * @return [1, E], on the device; the caller closes it
     */
    public Tensor learn(Tensor start, LabelExamples own, @Nullable LabelExamples others) {
        try (FlatParameters parameters =
                        new FlatParameters(Map.of(NetworkShape.EMBEDDING, start), name -> true, device);
                WorkingParameters working = new WorkingParameters(parameters, Precision.FP32, name -> false);
                AdamW optimizer = new AdamW(parameters, 0);
                PointerScope scope = new PointerScope()) {
            Schedule schedule = Schedule.of(ScheduleKind.COSINE, settings.learningRate, 0, settings.steps);
            Tensor embedding = StateDict.tensor(working.state(), NetworkShape.EMBEDDING);
            Baseline mine = Baseline.of(own);
            Baseline theirs = others == null ? null : Baseline.of(others);
            for (int step = 0; step < settings.steps && (others != null || !winsHalf(embedding, own)); step++) {
                try (PointerScope inner = new PointerScope()) {
                    optimizer.setLearningRate(schedule.learningRate(step));
                    loss(network.filtersOf(embedding), mine, theirs).backward();
                    working.collectGradients(true);
                    optimizer.step();
                }
            }
            try (NoGradGuard guard = new NoGradGuard()) {
                return NativeOwner.outliveScope(embedding.detach().clone());
            }
        }
    }

    /**
     * The default initial embedding: the mean of the old labels' embeddings, weighted by the mean probabilities that the network
     * gives them on the new label's images.
     *
     * @param embeddings [K, E]
     * @return [1, E], in the caller's scope
     */
    public static Tensor mixture(Tensor embeddings, LabelExamples own) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return shares(own).unsqueeze(0).matmul(embeddings);
        }
    }

    /** The mean probabilities that the network gives its labels on some images: [K], in the caller's scope. */
    public static Tensor shares(LabelExamples own) {
        return own.scores().softmax(1).mean(0);
    }

    private boolean winsHalf(Tensor embedding, LabelExamples own) {
        return 2 * won(embedding, own) >= own.size();
    }

    /** The number of images for which a label with this embedding has a higher score than all old labels. */
    public long won(Tensor embedding, LabelExamples images) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor score = network.scores(images.features(), network.filtersOf(embedding)); // [N, 1]
            return score.gt(images.scores().amax(new long[] {1}, true)).sum().item_long();
        }
    }

    /**
     * The constants of the loss on some images.
     *
     * @param features [N, C, h, w]
     * @param old [N], the log-sum-exp of the old labels' scores, which the new score is compared with
     */
    private record Baseline(Tensor features, Tensor old) {
        static Baseline of(LabelExamples examples) {
            return new Baseline(examples.features(), examples.scores().logsumexp(1));
        }
    }

    private Tensor loss(LabelFilters filter, Baseline own, @Nullable Baseline others) {
        Tensor missed = torch.softplus(margin(filter, own).neg()).mean();
        if (others == null) {
            return missed;
        }
        Tensor claimed = torch.softplus(margin(filter, others)).mean();
        return missed.add(claimed, new Scalar(settings.oldWeight)).div(new Scalar(1 + settings.oldWeight));
    }

    /** The margin of the new score over the old ones: [N]. */
    private Tensor margin(LabelFilters filter, Baseline images) {
        return network.scores(images.features, filter).squeeze(1).sub(images.old);
    }
}
