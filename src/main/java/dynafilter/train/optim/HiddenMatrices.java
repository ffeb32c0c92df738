package dynafilter.train.optim;

import dynafilter.runtime.NativeOwner;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A group of hidden matrices of a network and their update by Muon: momentum that is made about orthogonal by Newton-Schulz
 * iterations. Matrices of one shape lie side by side in the flat buffers and are one batch of products, without a copy.
 */
final class HiddenMatrices implements AutoCloseable {
    static final double MOMENTUM = 0.95;
    static final int STEPS = 5;
    static final double EPSILON = 1e-7;

    /** Of the polynomial a x + b x^3 + c x^5 of an iteration, which Jordan et al. chose for its slope at 0. */
    static final List<Double> COEFFICIENTS = List.of(3.4445, -4.7750, 2.0315);

    private static final long[] BOTH = {1, 2}; // the dimensions of a matrix in a batch

    /**
     * Matrices of one shape.
     *
     * @param values the parameters: [n, R, C]. Convolutions are channels-last, so that C has another order than the tensor's; that
     *     makes no difference, since making rows orthogonal and changing the order of columns commute
     * @param momentum what is made orthogonal: [n, R, C]
     * @param tall true: R > C; false: it is not
     * @param step what the rate is multiplied by: -sqrt(max(1, R / C))
     */
    private record Batch(Tensor values, Tensor momentum, boolean tall, Scalar step) {}

    private final NativeOwner owner;
    private final Tensor values; // [G], the group's slice of the parameters
    private final Tensor gradients; // [G]
    private final Tensor nesterov; // [G], the momentum with Nesterov's look ahead
    private final long start;
    private final List<Batch> batches = new ArrayList<>();
    private final ScalarTypeOptional sameType;
    private final Scalar newer; // the share of the newest gradient in the momentum
    private final Scalar momentum;
    private final Scalar two;
    private final Scalar tiny;
    private final Scalar first;
    private final Scalar third;
    private final Scalar fifth;
    private final Scalar one;
    private final Scalar decay; // negative

    /**
     * @param group the group of these matrices
     * @param weightDecay the decoupled weight decay: a step takes this times the rate off the values
     */
    HiddenMatrices(FlatParameters parameters, FlatParameters.Group group, double weightDecay) {
        start = group.start();
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            values = building.keep(parameters.values().narrow(0, start, group.length()));
            gradients = building.keep(parameters.gradients().narrow(0, start, group.length()));
            nesterov = building.keep(torch.zeros_like(gradients));
            sameType = building.keep(new ScalarTypeOptional());
            newer = building.keep(new Scalar(1 - MOMENTUM));
            momentum = building.keep(new Scalar(MOMENTUM));
            two = building.keep(new Scalar(2.0));
            tiny = building.keep(new Scalar(EPSILON));
            first = building.keep(new Scalar(COEFFICIENTS.get(0)));
            third = building.keep(new Scalar(COEFFICIENTS.get(1)));
            fifth = building.keep(new Scalar(COEFFICIENTS.get(2)));
            one = building.keep(new Scalar(1.0));
            decay = building.keep(new Scalar(-weightDecay));
            List<String> names = group.names().stream()
                    .sorted((a, b) -> Long.compare(parameters.offset(a), parameters.offset(b)))
                    .toList();
            for (int from = 0, to; from < names.size(); from = to) {
                to = from + 1;
                while (to < names.size() && sameShape(parameters, names.get(from), names.get(to))) {
                    to++;
                }
                batches.add(batch(parameters, names.subList(from, to), building));
            }
            owner = building.handOver();
        }
    }

    private static boolean sameShape(FlatParameters parameters, String one, String other) {
        Tensor a = parameter(parameters, one);
        Tensor b = parameter(parameters, other);
        return a.size(0) == b.size(0) && a.numel() == b.numel();
    }

    private static Tensor parameter(FlatParameters parameters, String name) {
        return parameters.view(parameters.values(), name);
    }

    private Batch batch(FlatParameters parameters, List<String> names, NativeOwner building) {
        Tensor matrix = parameter(parameters, names.get(0));
        long rows = matrix.size(0);
        long columns = matrix.numel() / rows;
        long offset = parameters.offset(names.get(0));
        long stride = names.size() > 1 ? parameters.offset(names.get(1)) - offset : matrix.numel();
        long[] sizes = {names.size(), rows, columns};
        long[] strides = {stride, columns, 1};
        long length = (names.size() - 1) * stride + matrix.numel();
        return new Batch(
                building.keep(values.narrow(0, offset - start, length).as_strided(sizes, strides)),
                building.keep(nesterov.narrow(0, offset - start, length).as_strided(sizes, strides)),
                rows > columns,
                building.keep(new Scalar(-Math.sqrt(Math.max(1, (double) rows / columns)))));
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
            values.mul_(rate.mul(decay).add_(one));
            for (Batch batch : batches) {
                try (PointerScope products = new PointerScope()) {
                    batch.values.addcmul_(orthogonal(batch), rate, batch.step);
                }
            }
        }
    }

    /** The momentum of a batch with all singular values brought to about 1: [n, R, C]. */
    private Tensor orthogonal(Batch batch) {
        Tensor given = batch.tall ? batch.momentum.transpose(1, 2) : batch.momentum;
        Tensor x = given.div(
                torch.linalg_vector_norm(given, two, BOTH, true, sameType).clamp_min(tiny));
        for (int step = 0; step < STEPS; step++) {
            Tensor gram = x.bmm(x.transpose(1, 2)); // the smaller side: [n, r, r]
            x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, third, fifth), x, first, one);
        }
        return batch.tall ? x.transpose(1, 2) : x;
    }

    @Override
    public void close() {
        owner.close();
    }
}
