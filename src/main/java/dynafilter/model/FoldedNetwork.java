package dynafilter.model;

import dynafilter.data.SplitMix;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.Normalization;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.LinkedHashMap;
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

    /** The names of the predictor's products in the program. */
    private static final List<String> PREDICTOR = List.of("pw0", "pb0", "pw2", "pb2");

    private final FoldedSizes sizes;
    private final Function program;
    private final List<Tensor> shared; // shift, scale and weights, as the program takes them
    private final NativeOwner owner;
    private final ConcurrentLinkedDeque<FoldedCall> idle = new ConcurrentLinkedDeque<>();

    private FoldedNetwork(
            ResNetLayout layout,
            NetworkShape shape,
            Map<String, Tensor> state,
            Tensor filters,
            ChannelStatistics statistics) {
        sizes = new FoldedSizes(
                layout,
                shape.imageSize(),
                Math.toIntExact(filters.size(0)),
                shape.design().heads(),
                Math.toIntExact(shape.predictorOutputs()));
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            Normalization normal = building.keep(new Normalization(statistics, ComputeDevice.CPU));
            Map<String, Tensor> named = new LinkedHashMap<>();
            named.put("shift", normal.shift());
            named.put("scale", normal.scale());
            Map<String, Tensor> weights = layers(layout, state);
            double rescaling = DynamicConvolution.rescaling(filters.size(1));
            weights.put("filters", filters.flatten(1, -1).to(ScalarType.Double).mul(new Scalar(rescaling)));
            List<Tensor> products = ScorePredictor.products(state);
            for (int i = 0; i < PREDICTOR.size(); i++) {
                weights.put(PREDICTOR.get(i), products.get(i));
            }
            weights.forEach((name, tensor) ->
                    named.put(name, building.keep(tensor.to(ScalarType.Float).contiguous())));
            shared = List.copyOf(named.values());
            String text = new FoldedProgram(sizes).text(named.keySet());
            program = building.keep(
                    building.keep(torch.compile(text)).get_functions().front());
            owner = building.handOver();
        }
    }

    /** The folded convolutions, by their names in the program. */
    private static Map<String, Tensor> layers(ResNetLayout layout, Map<String, Tensor> state) {
        Map<String, Tensor> made = new LinkedHashMap<>();
        for (ResNetLayer layer : layout.layers()) {
            ConvolutionNorm.Folded folded = ConvolutionNorm.folded(state, layer.convolutionState(), layer.normState());
            made.put(
                    FoldedProgram.weight(layer),
                    folded.weight().permute(2, 3, 1, 0).flatten(0, 2)); // [k * k * inputs, outputs]
            made.put(FoldedProgram.bias(layer), folded.bias());
        }
        for (ResNetBlock block : layout.blocks()) {
            ResNetLayer down = block.downsample();
            if (down != null) { // the two are added up: one bias has both
                Tensor last = StateDict.tensor(made, FoldedProgram.bias(block.last()));
                made.computeIfPresent(FoldedProgram.bias(down), (name, bias) -> bias.add(last));
            }
        }
        return made;
    }

    /**
     * The network for single pictures.
     *
     * @param state every tensor of the network by name, float32 on the CPU; they are read now
     * @return empty where the network is of another kind (only ResNets without groups with filters of one place, the same for all
     *     pictures, without adapter, on pictures of at most 64 by 64 pixels), or where its numbers are such that folding would
     *     change a score by more than 1e-5 of the largest; the caller closes it
     */
    public static Optional<FoldedNetwork> of(
            DynamicFilterNetwork network, Map<String, Tensor> state, ChannelStatistics statistics) {
        NetworkShape shape = network.shape();
        if (!(shape.backbone() instanceof ResNetArchitecture resnet)
                || resnet.layout().groups() > 1
                || shape.adapter()
                || shape.imageSize() > LARGEST) {
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
                FoldedNetwork folded =
                        building.keep(new FoldedNetwork(resnet.layout(), shape, state, filters.weights(), statistics));
                if (!folded.agreesWith(network, filters, statistics)) {
                    return Optional.empty();
                }
                building.handOver();
                return Optional.of(folded);
            }
        }
    }

    /** True: the scores of some pictures are the plain network's; false: they are off. */
    private boolean agreesWith(DynamicFilterNetwork network, LabelFilters filters, ChannelStatistics statistics) {
        try (Normalization normalization = new Normalization(statistics, ComputeDevice.CPU)) {
            SplitMix random = SplitMix.at(1, 0);
            byte[] planes = new byte[sizes.pixels()];
            for (int trial = 0; trial < TRIALS; trial++) {
                for (int i = 0; i < planes.length; i++) {
                    planes[i] = (byte) random.below(256);
                }
                Tensor pixels = TensorBytes.of(planes).view(3, sizes.image(), sizes.image());
                Tensor images = normalization.apply(Classifier.batch(List.of(pixels), ComputeDevice.CPU));
                float[] wanted = TensorBytes.floats(network.scores(network.features(images, false), filters));
                if (!isNear(scores(planes), wanted)) {
                    return false;
                }
            }
            return true;
        }
    }

    private static boolean isNear(float[] found, float[] wanted) {
        double largest = 0;
        double off = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(wanted[i]));
            off = Math.max(off, Math.abs(found[i] - wanted[i]));
        }
        return off <= TOLERANCE * largest; // false for NaN
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
            call = new FoldedCall(sizes, shared);
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
