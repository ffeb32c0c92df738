package dynafilter.benchmark;

import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The operators of one step of the network on ResNet-18's stem, counted from its shapes. The convention, after the roofline
 * model (Williams, Waterman and Patterson 2009):
 *
 * <ul>
 *   <li>a convolution is the product of an [M, K] and a [K, N] matrix, 2 M N K FLOPs; in training as many again for the
 *       gradient of the weights, and as many for that of the inputs, where something behind them trains;
 *   <li>every operator reads inputs and weights once and writes its outputs once, in the precision's element size; ReLU, the
 *       residual sum and pooling ride along with the BatchNorm before them. In training that is a pass of its own, since it
 *       needs the statistics of the whole batch first; for the same reason its gradient takes two. In inference BatchNorm is
 *       part of the convolution;
 *   <li>work of less than a thousandth (the loss, statistics, normalising the filters) is left out.
 * </ul>
 */
public final class StepCost {
    private static final int STEM_KERNEL = 7 * 7 * 3;
    private static final int KERNEL = 3 * 3;
    private static final int BLOCKS = 2;

    private final NetworkShape shape;
    private final long batch;
    private final int elementSize;
    private final boolean training;
    private final List<Operator> operators = new ArrayList<>();

    private StepCost(NetworkShape shape, long batch, int elementSize, boolean training) {
        this.shape = shape;
        this.batch = batch;
        this.elementSize = elementSize;
        this.training = training;
    }

    /**
     * The operators of a training step.
     *
     * @param elementSize bytes of a number in the activations: 4, or 2 in bf16
     * @param parameters the number of trained parameters
     */
    public static List<Operator> training(NetworkShape shape, long batch, int elementSize, long parameters) {
        StepCost cost = new StepCost(shape, batch, elementSize, true);
        cost.network();
        cost.operators.add(new Operator("optimizer", 0, 6.0 * 4 * parameters)); // zero, read 3, write 2: all in float32
        return List.copyOf(cost.operators);
    }

    /**
     * The operators of inference on one batch.
     *
     * @param elementSize bytes of a number in the activations: 4, or 2 in bf16
     */
    public static List<Operator> inference(NetworkShape shape, long batch, int elementSize) {
        StepCost cost = new StepCost(shape, batch, elementSize, false);
        cost.network();
        return List.copyOf(cost.operators);
    }

    /** The FLOPs of a step. */
    public static double flops(List<Operator> operators) {
        return operators.stream().mapToDouble(Operator::flops).sum();
    }

    /** The least time of a step on a device with these ceilings: the sum over its operators, in seconds. */
    public static double roofline(List<Operator> operators, Ceiling ceiling) {
        return operators.stream()
                .mapToDouble(operator -> operator.seconds(ceiling))
                .sum();
    }

    private void network() {
        long channels = shape.channels();
        long map = shape.mapSize();
        long features = channels * map;
        long image = 3L * shape.imageSize() * shape.imageSize();
        long half = (shape.imageSize() + 1L) / 2;
        long stemMap = half * half;
        long stem = channels * stemMap;
        operators.add(new Operator("batch", 0, batch * image * (1.0 + elementSize)));
        convolution(
                "conv1",
                batch * stemMap,
                channels,
                STEM_KERNEL,
                batch * image,
                batch * (training ? stem : features),
                false);
        norm("bn1, max-pool, relu", stem, features, 0);
        for (int block = 0; block < BLOCKS; block++) {
            String name = "layer1." + block;
            convolution(
                    name + ".conv1",
                    batch * map,
                    channels,
                    KERNEL * channels,
                    batch * features,
                    batch * features,
                    true);
            norm(name + ".bn1, relu", features, features, 0);
            long residual = training ? 0 : batch * features; // read by the convolution that writes the sum
            convolution(
                    name + ".conv2",
                    batch * map,
                    channels,
                    KERNEL * channels,
                    batch * features + residual,
                    batch * features,
                    true);
            norm(name + ".bn2, sum, relu", features, features, features);
        }
        head(channels, map);
    }

    private void head(long channels, long map) {
        long maps = shape.maps();
        FilterDesign design = shape.design();
        long labels = maps / design.heads(); // that have maps of their own
        long length = channels * design.size() * design.size();
        long width = NetworkShape.GENERATOR_WIDTH;
        if (training) { // else what is made of labels is computed before
            ofLabels(labels, length);
        }
        if (design.kind() == FilterKind.CONDITIONAL) {
            product("generator.image", batch, width, channels);
            product("generator.2", batch * labels, channels, width);
        }
        if (design.kind() == FilterKind.BASIS) {
            if (!design.isConstant()) {
                product("mixer.image", batch, design.basis(), channels);
            }
            product("basis", batch * map, design.basis(), channels);
            product("predictor.0", batch * design.basis(), NetworkShape.PREDICTOR_WIDTH, map);
            product("mixture", batch * labels, NetworkShape.PREDICTOR_WIDTH, design.basis());
        } else {
            product("filters", batch * map, maps, length);
            product("predictor.0", batch * labels, NetworkShape.PREDICTOR_WIDTH, design.heads() * map);
        }
        product("predictor.2", batch * labels, shape.predictorOutputs(), NetworkShape.PREDICTOR_WIDTH);
    }

    /**
     * What is made of the labels' embeddings.
     *
     * @param length of a filter
     */
    private void ofLabels(long labels, long length) {
        FilterDesign design = shape.design();
        long width = NetworkShape.GENERATOR_WIDTH;
        int size = shape.embeddingSize();
        switch (design.kind()) {
            case STATIC, SINGLE -> {}
            case BASIS -> product("mixer.label", labels, design.basis(), size);
            case CONDITIONAL -> product("generator.0", labels, width, size);
            case DYNAMIC, LOCAL -> {
                product("generator.0", labels, width, size);
                product("generator.2", labels, design.heads() * length, width);
                if (design.kind() == FilterKind.LOCAL) {
                    product("places.0", labels, width, size);
                    product("places.2", labels, shape.mapSize(), width);
                }
            }
        }
    }

    /** The product of a [rows, depth] matrix and weights [depth, columns]. */
    private void product(String name, long rows, long columns, long depth) {
        convolution(name, rows, columns, depth, rows * depth, rows * columns, true);
    }

    /**
     * A convolution, which is the matrix product of windows [rows, depth] and weights [depth, columns].
     *
     * @param read numbers read beside the weights: fewer than the windows have, since these overlap
     * @param written numbers written: fewer than the product has where pooling rides along
     * @param inputTrains true: the gradient of the input is needed, too; false: it is not
     */
    private void convolution(
            String name, long rows, long columns, long depth, long read, long written, boolean inputTrains) {
        double flops = 2.0 * rows * columns * depth;
        double bytes = (double) elementSize * (read + depth * columns + written);
        operators.add(new Operator(name, flops, bytes));
        if (training) {
            operators.add(new Operator(name + ", weights' gradient", flops, bytes));
            if (inputTrains) {
                operators.add(new Operator(name + ", inputs' gradient", flops, bytes));
            }
        }
    }

    /** BatchNorm in training and the work that rides along with it: one pass, and two for the gradient. */
    private void norm(String name, long in, long out, long residual) {
        if (training) {
            double unit = (double) batch * elementSize;
            operators.add(new Operator(name, 0, unit * (in + residual + out)));
            operators.add(new Operator(name + ", sums of the gradient", 0, unit * (in + out)));
            operators.add(new Operator(name + ", gradient", 0, unit * (in + out + in + residual)));
        }
    }
}
