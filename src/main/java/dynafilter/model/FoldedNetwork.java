package dynafilter.model;

import dynafilter.data.SplitMix;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.Normalization;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network for one small picture at a time, on the CPU and in float32: BatchNorm folded into the convolutions, the filters
 * computed once, and the whole forward pass one native call into memory that is kept from call to call.
 *
 * <p>A convolution is the product of the picture's windows, laid out as rows, and the filters. For a single picture that is as
 * quick as oneDNN's convolutions, whose preparation costs as much as a tenth of them; and on processors whose convolutions have
 * to do without AVX-512 ({@link dynafilter.runtime.ConvolutionProof}) the products still use it. Any number of threads may call.
 */
public final class FoldedNetwork implements AutoCloseable {
    private static final int LARGEST = 64; // of larger pictures the windows leave the caches, and oneDNN is quicker
    private static final double TOLERANCE = 1e-5; // of the largest score
    private static final int TRIALS = 3;

    /** The convolutions with the BatchNorm behind each, in the order of the program. */
    private static final List<Map.Entry<String, String>> LAYERS = List.of(
            Map.entry("conv1", "bn1"),
            Map.entry("layer1.0.conv1", "layer1.0.bn1"),
            Map.entry("layer1.0.conv2", "layer1.0.bn2"),
            Map.entry("layer1.1.conv1", "layer1.1.bn1"),
            Map.entry("layer1.1.conv2", "layer1.1.bn2"));

    /** The program. {@code map} and {@code rows} are two views of one memory, and so on: {@link FoldedCall}. */
    private static final String PROGRAM = """
            def scores(pixels: Tensor, shift: Tensor, scale: Tensor, image: Tensor,
                       stem_windows: Tensor, stem_cells: Tensor, stem_rows: Tensor, stem_out: Tensor, stem_map: Tensor,
                       outer: Tensor, outer_windows: Tensor, inner: Tensor, inner_windows: Tensor,
                       cells: Tensor, rows: Tensor, map: Tensor, out: Tensor,
                       features: Tensor, places: Tensor, responses: Tensor, labels: Tensor, hidden: Tensor, result: Tensor,
                       w0: Tensor, b0: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor,
                       w3: Tensor, b3: Tensor, w4: Tensor, b4: Tensor,
                       filters: Tensor, pw0: Tensor, pb0: Tensor, pw2: Tensor, pb2: Tensor) -> Tensor:
              torch.addcmul(shift, pixels, scale, value=1, out=image)
              stem_cells.copy_(stem_windows)
              torch.addmm(b0, stem_rows, w0, out=stem_out)
              torch.clamp_min(torch.max_pool2d(stem_map, [3, 3], [2, 2], [1, 1]), 0, out=outer)
              cells.copy_(outer_windows)
              torch.addmm(b1, rows, w1, out=out)
              torch.clamp_min(map, 0, out=inner)
              cells.copy_(inner_windows)
              torch.add(outer, b2.view(1, -1, 1, 1), out=map)
              out.addmm_(rows, w2)
              torch.clamp_min(map, 0, out=outer)
              cells.copy_(outer_windows)
              torch.addmm(b3, rows, w3, out=out)
              torch.clamp_min(map, 0, out=inner)
              cells.copy_(inner_windows)
              torch.add(outer, b4.view(1, -1, 1, 1), out=map)
              out.addmm_(rows, w4)
              torch.clamp_min(map, 0, out=features)
              torch.mm(filters, places, out=responses)
              torch.addmm(pb0, labels, pw0, out=hidden)
              hidden.clamp_min_(0)
              torch.addmm(pb2, hidden, pw2, out=result)
              return result
            """;

    private final FoldedSizes sizes;
    private final Function program;
    private final List<Tensor> normalisation; // shift and scale
    private final List<Tensor> weights; // as the program takes them
    private final NativeOwner owner;
    private final ConcurrentLinkedDeque<FoldedCall> idle = new ConcurrentLinkedDeque<>();

    private FoldedNetwork(NetworkShape shape, Map<String, Tensor> state, Tensor filters, ChannelStatistics statistics) {
        sizes = new FoldedSizes(
                shape.imageSize(),
                Math.toIntExact(filters.size(0)),
                shape.design().heads(),
                Math.toIntExact(shape.predictorOutputs()));
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            Normalization normal = building.keep(new Normalization(statistics, ComputeDevice.CPU));
            normalisation = List.of(normal.shift(), normal.scale());
            List<Tensor> made = new ArrayList<>();
            LAYERS.forEach(names -> {
                ConvolutionNorm.Folded layer = ConvolutionNorm.folded(
                        state,
                        BackboneArchitecture.PREFIX + names.getKey(),
                        BackboneArchitecture.PREFIX + names.getValue());
                made.add(layer.weight().permute(2, 3, 1, 0).flatten(0, 2)); // [k * k * inputs, outputs]
                made.add(layer.bias());
            });
            double rescaling = DynamicConvolution.rescaling(filters.size(1));
            made.add(filters.flatten(1, -1).to(ScalarType.Double).mul(new Scalar(rescaling)));
            made.addAll(ScorePredictor.products(state));
            List<Tensor> all = new ArrayList<>();
            made.forEach(
                    tensor -> all.add(building.keep(tensor.to(ScalarType.Float).contiguous())));
            weights = List.copyOf(all);
            program = building.keep(
                    building.keep(torch.compile(PROGRAM)).get_functions().front());
            owner = building.handOver();
        }
    }

    /**
     * The network for single pictures.
     *
     * @param state every tensor of the network by name, float32 on the CPU; they are read now
     * @param plain a classifier of the network, which the scores are compared with
     * @return empty where the network is of another kind (only ResNet-18's stem with filters of one place, the same for all
     *     pictures, without adapter, on pictures of at most 64 by 64 pixels), or where its numbers are such that folding would
     *     change a score by more than 1e-5 of the largest; the caller closes it
     */
    public static Optional<FoldedNetwork> of(
            DynamicFilterNetwork network, Map<String, Tensor> state, ChannelStatistics statistics, Classifier plain) {
        NetworkShape shape = network.shape();
        if (shape.backbone() != ResNetStem.ARCHITECTURE || shape.adapter() || shape.imageSize() > LARGEST) {
            return Optional.empty();
        }
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            if (!(network.filters() instanceof ConstantFilters filters)
                    || filters.places() != null
                    || filters.weights().size(2) != 1) {
                return Optional.empty();
            }
            try (NativeOwner building = new NativeOwner()) {
                FoldedNetwork folded = building.keep(new FoldedNetwork(shape, state, filters.weights(), statistics));
                if (!folded.agreesWith(plain)) {
                    return Optional.empty();
                }
                building.handOver();
                return Optional.of(folded);
            }
        }
    }

    /** True: the scores of some pictures are the plain network's; false: they are off. */
    private boolean agreesWith(Classifier plain) {
        SplitMix random = SplitMix.at(1, 0);
        byte[] planes = new byte[sizes.pixels()];
        for (int trial = 0; trial < TRIALS; trial++) {
            for (int i = 0; i < planes.length; i++) {
                planes[i] = (byte) random.below(256);
            }
            Tensor pixels = TensorBytes.of(planes).view(3, sizes.image(), sizes.image());
            float[] wanted = TensorBytes.floats(plain.scores(Classifier.batch(List.of(pixels), ComputeDevice.CPU)));
            float[] found = scores(planes);
            double largest = 0;
            double off = 0;
            for (int i = 0; i < found.length; i++) {
                largest = Math.max(largest, Math.abs(wanted[i]));
                off = Math.max(off, Math.abs(found[i] - wanted[i]));
            }
            if (!(off <= TOLERANCE * largest)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The class scores (logits) of one picture. The calling thread's operators should have one thread.
     *
     * @param planes the pixels' planes of red, green and blue: [3, S, S]
     * @return [classes]
     */
    public float[] scores(byte[] planes) {
        FoldedCall call = idle.poll();
        if (call == null) {
            call = new FoldedCall(sizes, normalisation, weights);
        }
        float[] scores =
                call.run(program, planes); // where it fails, its memory may hold anything: it is not used again
        idle.push(call);
        return scores;
    }

    /** Releases everything; no call may be under way. */
    @Override
    public void close() {
        FoldedCall call = idle.poll();
        while (call != null) {
            call.close();
            call = idle.poll();
        }
        owner.close();
    }
}
