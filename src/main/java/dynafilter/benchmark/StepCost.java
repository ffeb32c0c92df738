package dynafilter.benchmark;

import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.ResNetBlock;
import dynafilter.model.ResNetLayer;
import dynafilter.model.ResNetLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The operators of one step of the network on a ResNet, counted from its shapes. The convention, after the roofline
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
        ResNetLayout layout = ((ResNetArchitecture) shape.backbone()).layout();
        long image = 3L * shape.imageSize() * shape.imageSize();
        operators.add(new Operator("batch", 0, batch * image * (1.0 + elementSize)));
        ResNetLayer first = layout.stem();
        long half = first.side(shape.imageSize());
        long side = layout.pooled(shape.imageSize());
        long stem = first.outputs() * half * half;
        long pooled = first.outputs() * side * side;
        convolution(first, half * half, batch * image, batch * (training ? stem : pooled), false);
        norm(first.norm() + ", max-pool, relu", stem, pooled, 0);
        for (ResNetBlock block : layout.blocks()) {
            side = block(block, side);
        }
        head(shape.channels(), shape.mapSize());
    }

    /** A residual block of a map of this height and width; returns those of its output. */
    private long block(ResNetBlock block, long input) {
        long side = input;
        for (ResNetLayer layer : block.layers()) {
            boolean last = layer.equals(block.last());
            long read = batch * layer.inputs() * side * side;
            side = layer.side(side);
            long map = layer.outputs() * side * side;
            long residual = training || !last ? 0 : batch * map; // read by the convolution that writes the sum
            convolution(layer, side * side, read + residual, batch * map, true);
            norm(layer.norm() + (last ? ", sum, relu" : ", relu"), map, map, last ? map : 0);
        }
        ResNetLayer down = block.downsample();
        if (down != null) {
            long map = down.outputs() * side * side;
            convolution(down, side * side, batch * down.inputs() * side * side, batch * map, true);
            norm(down.norm(), map, map, 0);
        }
        return side;
    }

    /**
     * A layer's convolution.
     *
     * @param places of an image's output
     */
    private void convolution(ResNetLayer layer, long places, long read, long written, boolean inputTrains) {
        long depth = (long) layer.kernel() * layer.kernel() * layer.inputs() / layer.groups();
        convolution(layer.convolution(), batch * places, layer.outputs(), depth, read, written, inputTrains);
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
