package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import dynafilter.data.device.Batch;
import dynafilter.data.device.Targets;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Reduction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loss as a table of factors, against libtorch's cross_entropy_loss and its autograd. */
@ExtendWith(NativeScope.class)
class CrossEntropyTest {
    private static final int CLASSES = 5;
    private static final int IMAGES = 12;
    private static final long NO_IGNORED_LABEL = -100;
    private static final double TEACHER = 0.4;

    private Tensor scores;
    private Tensor labels;

    private record Outcome(double loss, Tensor gradient) {}

    @BeforeEach
    void makeBatch() {
        scores = torch.randn(IMAGES, CLASSES);
        labels = TensorBytes.of(new long[] {4, 1, 1, 0, 2, 2, 4, 1, 0, 1, 2, 1}); // none of class 3
    }

    private Outcome libtorch(double smoothing, @Nullable Tensor weights, int parts) {
        Tensor leaf = scores.clone().requires_grad_(true);
        Tensor loss = torch.cross_entropy_loss(
                leaf,
                labels,
                weights == null ? new TensorOptional() : new TensorOptional(weights),
                Reduction.Mean.value,
                NO_IGNORED_LABEL,
                smoothing);
        loss.div(new Scalar(parts)).backward();
        return new Outcome(loss.item_double(), leaf.grad());
    }

    private Outcome table(double smoothing, @Nullable Tensor weights, int batches) {
        Tensor leaf = scores.clone().requires_grad_(true);
        try (CrossEntropy loss = new CrossEntropy(
                        CLASSES, smoothing, TEACHER, weights, IMAGES, batches, 1, ComputeDevice.CPU, sum -> {});
                TrainingMetrics metrics = new TrainingMetrics(ComputeDevice.CPU)) {
            Tensor logarithms = leaf.t().log_softmax(0);
            Tensor factors = loss.factors(new Targets(labels, null));
            logarithms.backward(factors, new BoolOptional(), false, new TensorArrayRefOptional());
            metrics.add(logarithms, factors, loss.lossesIn(IMAGES), leaf.t(), labels);
            metrics.count(IMAGES);
            return new Outcome(metrics.read().loss(), leaf.grad());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, false, 1", "0, false, 3", "0.1, false, 1", "0, true, 2", "0.2, true, 3"})
    void lossAndGradientAreLibtorchs(double smoothing, boolean weighted, int batches) {
        Tensor weights = weighted ? TensorBytes.of(new float[] {1.5F, 0.25F, 2, 0, 1}) : null;
        Outcome expected = libtorch(smoothing, weights, batches);
        Outcome actual = table(smoothing, weights, batches);
        assertEquals(expected.loss(), actual.loss(), 1e-6);
        assertClose(expected.gradient(), actual.gradient(), 1e-6, "gradient");
    }

    /** As torchvision's MixUp and timm have it: share times the loss of the one label, and the rest times that of the other. */
    @ParameterizedTest
    @CsvSource({"0, false", "0.1, false", "0.2, true"})
    void theLossOfMixedImagesIsThatOfTheirTwoLabels(double smoothing, boolean weighted) {
        Tensor others = labels.flip(0);
        double share = 0.3;
        Tensor weights = weighted ? TensorBytes.of(new float[] {1.5F, 0.25F, 2, 0, 1}) : null;
        Tensor leaf = scores.clone().requires_grad_(true);
        Tensor one = libtorchs(leaf, labels, smoothing, weights);
        Tensor other = libtorchs(leaf, others, smoothing, weights);
        Tensor expected = one.mul(new Scalar(share)).add(other.mul(new Scalar(1 - share)));
        expected.backward();
        Tensor ours = scores.clone().requires_grad_(true);
        Batch.Mixture mixture =
                new Batch.Mixture(new Targets(others, null), torch.full(new long[] {IMAGES}, new Scalar(share)));
        try (CrossEntropy loss =
                new CrossEntropy(CLASSES, smoothing, TEACHER, weights, IMAGES, 1, 1, ComputeDevice.CPU, sum -> {})) {
            Tensor logarithms = ours.t().log_softmax(0);
            Tensor factors = loss.factors(new Batch(scores, new Targets(labels, null), false, mixture));
            logarithms.backward(factors, new BoolOptional(), false, new TensorArrayRefOptional());
            assertEquals(expected.item_double(), logarithms.mul(factors).sum().item_double(), 1e-6);
        }
        assertClose(leaf.grad(), ours.grad(), 1e-6, "gradient");
        if (!weighted) { // of which libtorch's loss of probabilities takes no mean
            Tensor soft = torch.one_hot(labels, CLASSES)
                    .mul(new Scalar(share))
                    .add(torch.one_hot(others, CLASSES).mul(new Scalar(1 - share)));
            assertEquals(
                    expected.item_double(),
                    libtorchs(scores, soft, smoothing, null).item_double(),
                    1e-6);
        }
    }

    private static Tensor libtorchs(Tensor scores, Tensor target, double smoothing, @Nullable Tensor weights) {
        return torch.cross_entropy_loss(
                scores,
                target,
                weights == null ? new TensorOptional() : new TensorOptional(weights),
                Reduction.Mean.value,
                NO_IGNORED_LABEL,
                smoothing);
    }

    /** The loss with a teacher's probabilities is libtorch's cross-entropy with probabilities as targets, of mixed images, too. */
    @ParameterizedTest
    @CsvSource({"0, false, false", "0.1, false, false", "0.2, true, false", "0.1, false, true"})
    void theTeachersShareOfTheLossIsLibtorchs(double smoothing, boolean weighted, boolean mixed) {
        Tensor weights = weighted ? TensorBytes.of(new float[] {1.5F, 0.25F, 2, 0, 1}) : null;
        Targets own = new Targets(labels, torch.randn(IMAGES, CLASSES).softmax(1));
        Targets others =
                new Targets(labels.flip(0), torch.randn(IMAGES, CLASSES).softmax(1));
        double share = mixed ? 0.3 : 1;
        Tensor leaf = scores.clone().requires_grad_(true);
        Tensor expected = withTeacher(leaf, own, smoothing, weights)
                .mul(new Scalar(share))
                .add(withTeacher(leaf, others, smoothing, weights).mul(new Scalar(1 - share)));
        expected.backward();
        Tensor ours = scores.clone().requires_grad_(true);
        Batch.Mixture mixture =
                mixed ? new Batch.Mixture(others, torch.full(new long[] {IMAGES}, new Scalar(share))) : null;
        try (CrossEntropy loss =
                new CrossEntropy(CLASSES, smoothing, TEACHER, weights, IMAGES, 1, 1, ComputeDevice.CPU, sum -> {})) {
            Tensor logarithms = ours.t().log_softmax(0);
            Tensor factors = loss.factors(new Batch(scores, own, false, mixture));
            logarithms.backward(factors, new BoolOptional(), false, new TensorArrayRefOptional());
            assertEquals(expected.item_double(), logarithms.mul(factors).sum().item_double(), 1e-6);
        }
        assertClose(leaf.grad(), ours.grad(), 1e-6, "gradient");
    }

    /** libtorch divides the loss of probabilities by the images, and that of labels by their weights: here both have the latter. */
    private Tensor withTeacher(Tensor of, Targets targets, double smoothing, @Nullable Tensor weights) {
        Tensor taught = libtorchs(of, targets.taught(), 0, weights);
        Tensor mean = weights == null
                ? taught
                : taught.mul(new Scalar(IMAGES))
                        .div(weights.index_select(0, targets.labels()).sum());
        return libtorchs(of, targets.labels(), smoothing, weights)
                .mul(new Scalar(1 - TEACHER))
                .add(mean.mul(new Scalar(TEACHER)));
    }

    /** The gradient that autograd begins with is, to the bit, what it computes of the loss itself. */
    @Test
    void factorsAreTheGradientOfTheLogarithms() {
        Tensor leaf = scores.clone().requires_grad_(true);
        torch.nll_loss(leaf, labels).div(new Scalar(3)).backward();
        try (CrossEntropy loss =
                new CrossEntropy(CLASSES, 0, TEACHER, null, IMAGES, 3, 1, ComputeDevice.CPU, sum -> {})) {
            assertIdentical(
                    leaf.grad(), loss.factors(new Targets(labels, null)).t().contiguous(), "factors");
        }
    }

    /** Of many classes no table is kept, which would grow with their square: its numbers are computed. */
    @Test
    void factorsOfManyClassesAreTheGradientOfTheLogarithms() {
        int classes = 20_000;
        Tensor many = labels.mul(new Scalar(4_999L));
        Tensor leaf = torch.randn(IMAGES, classes).requires_grad_(true);
        torch.cross_entropy_loss(
                        leaf.log_softmax(1), many, new TensorOptional(), Reduction.Mean.value, NO_IGNORED_LABEL, 0.1)
                .backward();
        Tensor logarithms = leaf.detach().clone().requires_grad_(true);
        try (CrossEntropy loss =
                new CrossEntropy(classes, 0.1, TEACHER, null, IMAGES, 1, 1, ComputeDevice.CPU, sum -> {})) {
            logarithms
                    .log_softmax(1)
                    .log_softmax(1)
                    .backward(
                            loss.factors(new Targets(many, null)).t(),
                            new BoolOptional(),
                            false,
                            new TensorArrayRefOptional());
            assertClose(leaf.grad(), logarithms.grad(), 1e-6, "gradient");
        }
    }

    /** Each of two ranks has half of the batch: together their gradients are those of the whole. */
    @Test
    void ranksShareTheirWeights() {
        Tensor weights = TensorBytes.of(new float[] {1.5F, 0.25F, 2, 0, 1});
        Tensor total = weights.index_select(0, labels).sum();
        Tensor whole = factors(weights, IMAGES, 1, labels, total);
        Tensor first = factors(weights, IMAGES / 2, 2, labels.narrow(0, 0, IMAGES / 2), total);
        Tensor second = factors(weights, IMAGES / 2, 2, labels.narrow(0, IMAGES / 2, IMAGES / 2), total);
        assertIdentical(whole.narrow(1, 0, IMAGES / 2).contiguous(), first, "first half");
        assertIdentical(whole.narrow(1, IMAGES / 2, IMAGES / 2).contiguous(), second, "second half");
    }

    private static Tensor factors(Tensor weights, int images, int ranks, Tensor labels, Tensor total) {
        try (CrossEntropy loss = new CrossEntropy(
                CLASSES, 0.1, TEACHER, weights, images, 1, ranks, ComputeDevice.CPU, sum -> sum.copy_(total))) {
            return loss.factors(new Targets(labels, null));
        }
    }
}
