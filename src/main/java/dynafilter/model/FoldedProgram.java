package dynafilter.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The program of a {@link FoldedNetwork} and the memory that one call of it works in, built step by step: a step names the
 * memory that it needs, and what has the same name is the same memory. Maps lie pixel by pixel, the channels together; those
 * that are convolved have a border of zeros, in which windows reach beyond their edges. All tensors belong to the caller's scope.
 */
final class FoldedProgram {
    private static final int COLOURS = 3;

    private final FoldedSizes sizes;
    private final StringBuilder steps = new StringBuilder();
    private final Map<String, Tensor> arguments = new LinkedHashMap<>(); // by their names in the program
    private final Map<String, Tensor> bordered = new HashMap<>();

    FoldedProgram(FoldedSizes sizes) {
        this.sizes = sizes;
        long image = sizes.image();
        argument(
                "pixels", () -> torch.zeros(new long[] {1, COLOURS, image, image}, new TensorOptions(ScalarType.Byte)));
        ResNetLayer stem = sizes.layout().stem();
        Plane pixels = new Plane("image", image, COLOURS, stem.padding());
        step("torch.addcmul(shift, pixels, scale, value=1, out=%s)".formatted(inside(pixels)));
        Plane features = new Plane("outer", sizes.layout().pooled(image), stem.outputs(), 1);
        String rows = rows(pixels, stem);
        long side = stem.side(image);
        step("torch.addmm(%s, %s, %s, out=%s)".formatted(bias(stem), rows, weight(stem), product(stem, side)));
        step("torch.clamp_min(torch.max_pool2d(%s, [3, 3], [2, 2], [1, 1]), 0, out=%s)"
                .formatted(map(stem, side), inside(features)));
        List<ResNetBlock> blocks = sizes.layout().blocks();
        for (int i = 0; i < blocks.size(); i++) {
            features = block(blocks.get(i), features, i == blocks.size() - 1);
        }
        head();
    }

    /**
     * A map with a border.
     *
     * @param role the first part of its name: maps that are in use at the same time have different ones
     */
    private record Plane(String role, long side, int channels, int border) {
        String name() {
            return role + "_" + side + "_" + channels;
        }
    }

    /** A residual block, from a plane to another, or at the end to the feature map; returns the former. */
    private Plane block(ResNetBlock block, Plane input, boolean isLast) {
        Plane from = input;
        List<ResNetLayer> layers = block.layers();
        ResNetLayer last = block.last();
        String rows = rows(input, layers.get(0));
        for (int i = 0; i < layers.size() - 1; i++) {
            ResNetLayer layer = layers.get(i);
            long side = layer.side(from.side);
            String product = product(layer, side);
            step("torch.addmm(%s, %s, %s, out=%s)".formatted(bias(layer), rows, weight(layer), product));
            from = new Plane("inner", side, layer.outputs(), 1);
            if (layers.get(i + 1).kernel() == 1) { // whose windows are the pixels as they lie there
                step("%s.clamp_min_(0)".formatted(product));
                rows = product;
            } else {
                step("torch.clamp_min(%s, 0, out=%s)".formatted(map(layer, side), inside(from)));
                rows = rows(from, layers.get(i + 1));
            }
        }
        long side = block.side(input.side);
        Plane output = new Plane("outer", side, block.outputs(), 1);
        String sum = "sum_" + side + "_" + block.outputs();
        argument(sum, () -> torch.zeros(side * side, block.outputs()));
        String sumMap = argument(sum + "_map", () -> map(tensor(sum), side, block.outputs()));
        ResNetLayer down = block.downsample();
        if (down == null) {
            step("torch.add(%s, %s.view(1, -1, 1, 1), out=%s)".formatted(inside(input), bias(last), sumMap));
        } else { // whose bias has the last layer's in it
            step("torch.addmm(%s, %s, %s, out=%s)".formatted(bias(down), rows(input, down), weight(down), sum));
        }
        step("%s.addmm_(%s, %s)".formatted(sum, rows, weight(last)));
        step("torch.clamp_min(%s, 0, out=%s)".formatted(sumMap, isLast ? featureMap() : inside(output)));
        return output;
    }

    private void head() {
        long map = sizes.map();
        String places = argument("places", () -> tensor("features").t());
        argument("responses", () -> torch.zeros(sizes.maps(), map * map));
        String labels = argument("labels", () -> tensor("responses").view(sizes.labels(), -1));
        argument("hidden", () -> torch.zeros(sizes.labels(), NetworkShape.PREDICTOR_WIDTH));
        argument("result", () -> torch.zeros(sizes.labels(), sizes.outputs()));
        step("torch.mm(filters, %s, out=responses)".formatted(places));
        step("torch.addmm(pb0, %s, pw0, out=hidden)".formatted(labels));
        step("hidden.clamp_min_(0)");
        step("torch.addmm(pb2, hidden, pw2, out=result)");
        step("return result");
    }

    private String featureMap() {
        long map = sizes.map();
        int channels = sizes.layout().channels();
        argument("features", () -> torch.zeros(map * map, channels));
        return argument("features_map", () -> map(tensor("features"), map, channels));
    }

    /** The name of a layer's weight among the arguments: [kernel * kernel * inputs, outputs]. */
    static String weight(ResNetLayer layer) {
        return "w_" + layer.convolution().replace('.', '_');
    }

    /** The name of a layer's bias among the arguments: [outputs]. */
    static String bias(ResNetLayer layer) {
        return "b_" + layer.convolution().replace('.', '_');
    }

    /** The name of the memory of a layer's product, one row a pixel. */
    private String product(ResNetLayer layer, long side) {
        return argument("product_" + side + "_" + layer.outputs(), () -> torch.zeros(side * side, layer.outputs()));
    }

    /** The name of a layer's product as a map. */
    private String map(ResNetLayer layer, long side) {
        String product = product(layer, side);
        return argument(product + "_map", () -> map(tensor(product), side, layer.outputs()));
    }

    /** Rows, one a pixel, as a map: [1, channels, side, side]. */
    private static Tensor map(Tensor rows, long side, long channels) {
        return rows.view(1, side, side, channels).permute(0, 3, 1, 2);
    }

    /** The name of a plane without its border: [1, channels, side, side]. */
    private String inside(Plane plane) {
        return argument(
                plane.name(),
                () -> withBorder(plane)
                        .narrow(1, plane.border, plane.side)
                        .narrow(2, plane.border, plane.side)
                        .permute(0, 3, 1, 2));
    }

    /** Zeros for a map and its border: [1, side + 2 border, side + 2 border, channels]. */
    private Tensor withBorder(Plane plane) {
        long whole = plane.side + 2L * plane.border;
        return bordered.computeIfAbsent(plane.name(), name -> torch.zeros(1, whole, whole, plane.channels));
    }

    /** Lays out the windows of a layer as rows, and returns their name. */
    private String rows(Plane plane, ResNetLayer layer) {
        long count = layer.side(plane.side);
        int kernel = layer.kernel();
        String windows = argument(
                plane.name() + "_windows_" + kernel + "_" + layer.stride(), () -> windows(plane, layer, count));
        String cells = "cells_" + count + "_" + kernel + "_" + plane.channels;
        argument(cells, () -> torch.zeros(count, count, kernel, (long) kernel * plane.channels));
        step("%s.copy_(%s)".formatted(cells, windows));
        return argument(cells + "_rows", () -> tensor(cells).view(count * count, -1));
    }

    /**
     * The windows of a map: [count, count, kernel, kernel * channels], a view; the pixels of a window's row lie together.
     *
     * @param count of windows in a row, and of rows
     */
    private Tensor windows(Plane plane, ResNetLayer layer, long count) {
        Tensor whole = withBorder(plane);
        long row = whole.stride(1);
        long pixel = whole.stride(2);
        long first = (plane.border - layer.padding()) * (row + pixel);
        return whole.as_strided(
                new long[] {count, count, layer.kernel(), layer.kernel() * pixel},
                new long[] {layer.stride() * row, layer.stride() * pixel, row, 1},
                new LongOptional(first));
    }

    private String argument(String name, Supplier<Tensor> memory) {
        if (!arguments.containsKey(name)) {
            arguments.put(name, memory.get());
        }
        return name;
    }

    private void step(String line) {
        steps.append("  ").append(line).append('\n');
    }

    /** The memory of this name. */
    Tensor tensor(String name) {
        return Objects.requireNonNull(arguments.get(name), name);
    }

    /** The program's first arguments. */
    Collection<Tensor> memory() {
        return Collections.unmodifiableCollection(arguments.values());
    }

    /**
     * The program in TorchScript.
     *
     * @param others the names of its further arguments
     */
    String text(Collection<String> others) {
        List<String> names = new ArrayList<>(arguments.keySet());
        names.addAll(others);
        return names.stream().map(name -> name + ": Tensor").collect(Collectors.joining(", ", "def scores(", ""))
                + ") -> Tensor:\n" + steps;
    }
}
