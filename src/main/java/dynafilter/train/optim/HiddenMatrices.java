package dynafilter.train.optim;

import dynafilter.runtime.NativeOwner;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The hidden matrices of a network and their update by Muon: momentum that is made about orthogonal by Newton-Schulz iterations,
 * in batches of matrices.
 */
final class HiddenMatrices implements AutoCloseable {
    static final double MOMENTUM = 0.95;
    static final int STEPS = 5;
    static final double EPSILON = 1e-7;

    /** Of the polynomial a x + b x^3 + c x^5 of an iteration, which Jordan et al. chose for its slope at 0. */
    static final List<Double> COEFFICIENTS = List.of(3.4445, -4.7750, 2.0315);

    private static final long[] BOTH = {1, 2}; // the dimensions of a matrix in a batch

    private final NativeOwner owner;
    private final Tensor values; // [G], the groups' slice of the parameters
    private final Tensor gradients; // [G]
    private final Tensor decays; // [G], negative
    private final Tensor nesterov; // [G], the momentum with Nesterov's look ahead
    private final long start;
    private final List<MatrixBatch> batches = new ArrayList<>();
    private final ScalarTypeOptional sameType;
    private final Scalar newer; // the share of the newest gradient in the momentum
    private final Scalar momentum;
    private final Scalar two;
    private final Scalar tiny;
    private final Scalar first;
    private final Scalar third;
    private final Scalar fifth;
    private final Scalar one;
    private final Tensor kept; // [], 1: the share of the values that is left without weight decay

    /**
     * @param groups of these matrices, which lie side by side in the flat buffers
     * @param weightDecay the decoupled weight decay of a group: a step takes this times the rate off the values
     * @param launches what it costs to have one batch more, in FLOPs: matrices of several shapes are padded to be one batch where
     *     that is less; 0: none are
     */
    HiddenMatrices(
            FlatParameters parameters,
            List<FlatParameters.Group> groups,
            ToDoubleFunction<FlatParameters.Group> weightDecay,
            double launches) {
        start = groups.get(0).start();
        FlatParameters.Group last = groups.get(groups.size() - 1);
        long length = last.start() + last.length() - start;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            values = building.keep(parameters.values().narrow(0, start, length));
            gradients = building.keep(parameters.gradients().narrow(0, start, length));
            decays = building.keep(torch.zeros_like(values));
            groups.forEach(group -> decays.narrow(0, group.start() - start, group.length())
                    .fill_(new Scalar(-weightDecay.applyAsDouble(group))));
            Tensor padded = building.keep(gradients.new_zeros(length + 1)); // the last stays 0
            nesterov = building.keep(padded.narrow(0, 0, length));
            sameType = building.keep(new ScalarTypeOptional());
            newer = building.keep(new Scalar(1 - MOMENTUM));
            momentum = building.keep(new Scalar(MOMENTUM));
            two = building.keep(new Scalar(2.0));
            tiny = building.keep(new Scalar(EPSILON));
            first = building.keep(new Scalar(COEFFICIENTS.get(0)));
            third = building.keep(new Scalar(COEFFICIENTS.get(1)));
            fifth = building.keep(new Scalar(COEFFICIENTS.get(2)));
            one = building.keep(new Scalar(1.0));
            kept = building.keep(values.new_ones(new long[0]));
            List<MatrixShape> shapes = groups.stream()
                    .flatMap(group -> group.names().stream())
                    .map(name -> MatrixShape.of(parameters, name, start))
                    .toList();
            for (List<MatrixShape> batch : MatrixShape.batches(shapes, launches)) {
                batches.add(building.keep(
                        MatrixShape.areSame(batch)
                                ? new EqualMatrices(values, nesterov, batch)
                                : new PaddedMatrices(values, padded, batch)));
            }
            owner = building.handOver();
        }
    }

    /**
     * One update.
     *
     * @param buffer the momentum of all parameters: [P]
     * @param rate the learning rate: []
     */
    void update(Tensor buffer, Tensor rate) {
        try (PointerScope scope = new PointerScope()) {
            Tensor own = buffer.narrow(0, start, gradients.size(0));
            own.lerp_(gradients, newer);
            torch.lerp_out(nesterov, gradients, own, momentum);
            values.mul_(kept.addcmul(decays, rate));
            for (MatrixBatch batch : batches) {
                try (PointerScope products = new PointerScope()) {
                    batch.add(orthogonal(batch.momentum()), rate);
                }
            }
        }
    }

    /** Matrices with all singular values brought to about 1: [n, r, c]. */
    private Tensor orthogonal(Tensor given) {
        Tensor x = given.div(
                torch.linalg_vector_norm(given, two, BOTH, true, sameType).clamp_min(tiny));
        for (int step = 0; step < STEPS; step++) {
            Tensor gram = x.bmm(x.transpose(1, 2)); // the smaller side: [n, r, r]
            x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, third, fifth), x, first, one);
        }
        return x;
    }

    @Override
    public void close() {
        owner.close();
    }
}
